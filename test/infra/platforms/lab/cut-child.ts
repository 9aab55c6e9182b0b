// Changes a host in a process of its own, for a test that kills it before the change is confirmed. Argument: {lab, inputs, timing} as JSON.
import { changeHost } from "../../../../infra/platforms/lab/change.ts";

const { lab, inputs, timing } = JSON.parse(process.argv[2]!);
await changeHost(lab, inputs, timing);
