// What an agent is told to watch, signed by a key that the console's gateway does not hold (docs/adr/).
import Type from "typebox";
import { TargetSchema } from "./target.ts";

export const AssignmentSchema = Type.Object(
  {
    agent: Type.String({ minLength: 1, maxLength: 160 }),
    /** Rises with each issue: an agent never goes back to an older one. */
    serial: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    targets: Type.Array(TargetSchema, { maxItems: 2_000 }),
  },
  { additionalProperties: false },
);
export type Assignment = Type.Static<typeof AssignmentSchema>;

/** One line of `assignments.json` beside the console: the signed text for one agent. */
export const SignedAssignmentSchema = Type.Object({
  agent: Type.String({ minLength: 1, maxLength: 160 }),
  payload: Type.String(),
  signature: Type.String(),
});
export type SignedAssignment = Type.Static<typeof SignedAssignmentSchema>;
