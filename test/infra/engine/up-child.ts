// An `up` in a process of its own, for tests that kill it. Argument: {lab, port} as JSON.
import { up } from "../../../infra/engine/engine.ts";
import type { Lab } from "../../../infra/platforms/lab/names.ts";
import { labProgram } from "../../../infra/program.ts";
import { smallDeployment } from "../platforms/lab/small.ts";

const { lab, port } = JSON.parse(process.argv[2]!) as { lab: Lab; port: number };
const placeOf = (host: string) =>
  host === "c1" ? ({ kind: "data-centre", name: "dc1" } as const) : ({ kind: "wan", name: "wan" } as const);
await up({ ...lab, program: labProgram(smallDeployment(port), placeOf, lab) });
process.exit(0);
