// What became of a release, as the updater leaves it for the agent, which tells the console.
import Type from "typebox";
import { Compile } from "typebox/compile";

const OutcomeSchema = Type.Object({
  serial: Type.Integer({ minimum: 0 }),
  version: Type.String({ maxLength: 64 }),
  outcome: Type.Union([Type.Literal("installed"), Type.Literal("rolled-back"), Type.Literal("refused")]),
  /** Why not: a name. */
  code: Type.Optional(Type.String({ maxLength: 64 })),
  /** Milliseconds since 1970. */
  at: Type.Integer(),
});
export type Outcome = Type.Static<typeof OutcomeSchema>;
const shape = Compile(OutcomeSchema);

export function parseOutcome(text: string): Outcome | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return shape.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
