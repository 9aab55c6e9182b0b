// The signed assignments that the gateway hands on. It cannot sign: it only sees to it that each text is for the agent
// that it names, so that a mixed-up file is found here and not on 84 sites.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { AssignmentSchema, SignedAssignmentSchema } from "../../protocol/assignment.ts";
import { jsonFileReader } from "../json-file.ts";
import { Problem } from "../problem.ts";

export interface HeldAssignment {
  serial: number;
  payload: string;
  signature: string;
}

export type AssignmentsCode = "assignment-payload-invalid" | "assignment-for-another" | "assignment-doubled";

const REMEDY = "Provision again: the file is written by it. The assignments from before stay in force.";
const payloadShape = Compile(AssignmentSchema);
const readFile = jsonFileReader(Type.Array(SignedAssignmentSchema), "the assignments", REMEDY);

/** Reads the file, a JSON array of signed assignments, whole. Throws Problem<JsonFileCode | AssignmentsCode>. */
export function readAssignments(path: string): Map<string, HeldAssignment> {
  const held = new Map<string, HeldAssignment>();
  for (const { agent, payload, signature } of readFile(path)) {
    if (held.has(agent)) throw wrong("assignment-doubled", path, `${agent} has two`);
    const value = parsed(payload);
    if (!payloadShape.Check(value))
      throw wrong("assignment-payload-invalid", path, `that of ${agent} has not the shape of one`);
    if (value.agent !== agent) throw wrong("assignment-for-another", path, `that of ${agent} is for ${value.agent}`);
    held.set(agent, { serial: value.serial, payload, signature });
  }
  return held;
}

const wrong = (code: AssignmentsCode, path: string, detail: string) => new Problem(code, path, detail, REMEDY);

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
