// An `up` in a process of its own, for tests that kill it. Argument: {lab, port} as JSON.
import { up } from "../../../infra/engine/engine.ts";
import type { Lab } from "../../../infra/platforms/lab/names.ts";
import { labProgram } from "../../../infra/program.ts";
import { smallDeployment, smallTopology } from "../platforms/lab/small.ts";

const { lab, port } = JSON.parse(process.argv[2]!) as { lab: Lab; port: number };
await up({ ...lab, program: labProgram({ deployment: smallDeployment(port), topology: smallTopology, lab }) });
process.exit(0);
