// Reads a JSON file of a known shape, or says by name what is wrong with it. Touches the disk only.
import { readFileSync, statSync } from "node:fs";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { messageOf, Problem } from "./problem.ts";

export type JsonFileCode = "file-unreadable" | "file-too-large" | "file-not-json" | "file-invalid";

/**
 * A reader for files of one shape. The reader takes a path and gives the value; `what` names the file in errors.
 * Throws Problem<JsonFileCode>; at most `maxBytes` are read.
 */
export function jsonFileReader<S extends TSchema>(
  schema: S,
  what: string,
  remedy: string,
  maxBytes = 64 * 1024 * 1024,
) {
  const shape = Compile(schema);
  return (path: string): Static<S> => {
    const value = parse(readBounded(path, what, maxBytes), path, what, remedy);
    if (shape.Check(value)) return value as Static<S>;
    const first = shape.Errors(value).reduce((a, b) => (b.instancePath.length > a.instancePath.length ? b : a));
    throw new Problem<JsonFileCode>(
      "file-invalid",
      path,
      `${what}: ${first.instancePath || "/"} ${first.message}`,
      remedy,
    );
  };
}

function readBounded(path: string, what: string, maxBytes: number): string {
  try {
    const { size } = statSync(path);
    if (size > maxBytes)
      throw new Problem<JsonFileCode>(
        "file-too-large",
        path,
        `${what} has ${size} bytes, at most ${maxBytes}`,
        "Check that it is the right file.",
      );
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem<JsonFileCode>(
      "file-unreadable",
      path,
      `${what} cannot be read: ${messageOf(error)}`,
      "Check that it exists and that this account may read it.",
      error,
    );
  }
}

function parse(text: string, path: string, what: string, remedy: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem<JsonFileCode>("file-not-json", path, `${what} is not JSON: ${messageOf(error)}`, remedy, error);
  }
}
