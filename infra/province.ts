// Reads province.yaml. The only file of the province's folder that touches the disk: text → document → shape → rules, and
// every mistake of a stage at once.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { Compile } from "typebox/compile";
import { LineCounter, parseDocument } from "yaml";
import { locator } from "./province/locate.ts";
import { type Problem, ProvinceError } from "./province/problem.ts";
import { broken } from "./province/rules.ts";
import { type Intent, ProvinceSchema } from "./province/schema.ts";
import { shapeProblems } from "./province/shape.ts";

const shape = Compile(ProvinceSchema);

/** Reads and validates a file. Throws `ProvinceError` with every problem found, each with line, path and remedy. */
export function readProvince(file: string): Intent {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const wrong = (error as Error).message;
    throw new ProvinceError(file, [
      { code: "file-unreadable", line: 0, path: "", wrong, right: "a readable file, such as the sample province.yaml" },
    ]);
  }
  return parseProvince(text, basename(file));
}

/** The same of a text; `file` is the name used in messages. */
export function parseProvince(text: string, file: string): Intent {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fail = (problems: Problem[]) => {
    if (problems.length > 0) throw new ProvinceError(file, problems);
  };
  fail(
    [...document.errors, ...document.warnings].map((e) => ({
      code: "yaml-invalid",
      line: lines.linePos(e.pos[0]).line,
      path: "",
      wrong: e.message,
      right: "YAML 1.2 with each key once",
    })),
  );
  const value: unknown = document.toJS();
  const lineOf = locator(document, lines);
  if (!shape.Check(value)) fail(shapeProblems(ProvinceSchema, value, lineOf));
  const intent = value as Intent;
  fail(broken(intent).map(({ at, ...rest }) => ({ ...rest, ...lineOf(at) })));
  return intent;
}
