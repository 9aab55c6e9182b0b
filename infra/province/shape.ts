// Compares a value with a schema and tells each difference in words. Walks by itself instead of using TypeBox's errors,
// which end after the eighth and speak of keywords rather than of what would be right.
import type { TSchema } from "typebox";
import { Check } from "typebox/value";
import type { LineOf, Path } from "./locate.ts";
import type { Problem } from "./problem.ts";

/** The parts of JSON Schema that schema.ts uses. */
type Shape = TSchema & {
  type?: string;
  description?: string;
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape | Shape[];
  minItems?: number;
  anyOf?: Shape[];
};

/** Every difference, in the order of the schema's keys. */
export function shapeProblems(schema: TSchema, value: unknown, lineOf: LineOf, from: Path = []): Problem[] {
  const problems: Problem[] = [];
  walk(schema as Shape, value, [...from]);
  return problems;

  function walk(stated: Shape, v: unknown, path: (string | number)[]): void {
    const shape = memberFor(stated, v);
    const right = shape.description ?? "";
    const say = (code: Problem["code"], at: (string | number)[], wrong: string, what: string) =>
      problems.push({ code, ...lineOf(at), wrong, right: what });
    if (shape.properties) {
      if (typeof v !== "object" || v === null || Array.isArray(v)) {
        say("value-wrong", path, `${shown(v)} is not a map`, right);
        return;
      }
      const given = v as Record<string, unknown>;
      for (const key of Object.keys(given))
        if (!Object.hasOwn(shape.properties, key))
          say(
            "key-unknown",
            [...path, key],
            "nothing of this name is known here",
            `one of ${Object.keys(shape.properties).join(", ")}`,
          );
      for (const [key, inner] of Object.entries(shape.properties)) {
        if (given[key] !== undefined) walk(inner, given[key], [...path, key]);
        else if (shape.required?.includes(key))
          say("key-missing", [...path, key], "is missing", inner.description ?? "");
      }
    } else if (shape.type === "array") {
      if (!Array.isArray(v)) {
        say("value-wrong", path, `${shown(v)} is not a list`, right);
        return;
      }
      const { items } = shape;
      const tooFew = Array.isArray(items) ? v.length !== items.length : v.length < (shape.minItems ?? 0);
      if (tooFew) say("value-wrong", path, `has ${v.length} entries`, right);
      else for (const [i, entry] of v.entries()) walk(Array.isArray(items) ? items[i]! : items!, entry, [...path, i]);
    } else if (!Check(shape, v)) say("value-wrong", path, `${shown(v)} does not fit`, right);
  }
}

/** Of a union of a map, a list and plain values, the member that the value was meant for: its mistakes are worth telling. */
function memberFor(shape: Shape, v: unknown): Shape {
  const meant = Array.isArray(v) ? "array" : typeof v;
  return shape.anyOf?.find((m) => m.type === meant && (meant === "array" || meant === "object")) ?? shape;
}

const shown = (v: unknown): string => (JSON.stringify(v) ?? "nothing").slice(0, 60);
