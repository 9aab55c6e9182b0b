// Reads province.yaml and the agencies' CSV beside it. The only file of the province's folder that touches the disk.
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseSource, type Source } from "./province/parse.ts";
import { ProvinceError } from "./province/problem.ts";
import type { Written } from "./province/schema.ts";

/** Reads and validates a file. Throws `ProvinceError` with every problem found, each with file, line, path and remedy. */
export const readProvince = (file: string): Written => readSource(file).written;

/** The same, with the place of each part: for who finds a mistake later (the lock's reader). */
export function readSource(file: string): Source {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const wrong = (error as Error).message;
    throw new ProvinceError(basename(file), [
      { code: "file-unreadable", line: 0, path: "", wrong, right: "a readable file, such as the sample province.yaml" },
    ]);
  }
  return parseSource(text, basename(file), (name) => readFileSync(join(dirname(file), name), "utf8"));
}

/** The same of a text; `file` is the name used in messages, `beside` gives the text of a file next to it. */
export function parseProvince(text: string, file: string, beside?: (name: string) => string): Written {
  const none = (name: string): string => {
    throw new Error(`there is no ${name} beside it`);
  };
  return parseSource(text, file, beside ?? none).written;
}
