// Agencies from a spreadsheet: one a row, below a header of the columns named here, in any order. What a cell must be is stated in
// schema.ts like everything else; this file only says which cell is which value. Pure.
import { readCsv } from "./csv.ts";
import type { LineOf } from "./locate.ts";
import type { Problem } from "./problem.ts";

/** Column → path of the value within an agency, and how its text is read. */
const COLUMNS = {
  id: { path: ["id"], read: String },
  number: { path: ["number"], read: numeric },
  level: { path: ["level"], read: String },
  name_vi: { path: ["name", "vi"], read: String },
  name_en: { path: ["name", "en"], read: String },
  uplinks: { path: ["uplinks"], read: words },
  dedicated: { path: ["dedicated"], read: String },
  medium: { path: ["medium"], read: String },
  provider: { path: ["provider"], read: String },
  contract: { path: ["contract"], read: String },
  capacity_mbps: { path: ["capacityMbps"], read: numeric },
  contact: { path: ["contact"], read: String },
} as const satisfies Record<string, { path: readonly string[]; read: (cell: string) => unknown }>;
type Column = keyof typeof COLUMNS;
const NEEDED: readonly Column[] = ["id", "level", "name_vi", "name_en", "uplinks"];

export interface CsvAgencies {
  /** As YAML would have given them; not yet held against the schema. */
  values: unknown[];
  problems: Problem[];
  /** Line and column of a path within `values`. */
  locate: LineOf;
}

/** Reads the text of a CSV file; `file` is its name in messages. */
export function agenciesOf(text: string, file: string): CsvAgencies {
  const { records, fault } = readCsv(text);
  const [header, ...rows] = records;
  const columns = (header?.cells ?? []).map((c) => c.trim());
  const problem = (code: Problem["code"], line: number, path: string, wrong: string, right: string): Problem => ({
    code,
    file,
    line,
    path,
    wrong,
    right,
  });
  const known = Object.keys(COLUMNS).join(", ");
  const problems: Problem[] = [
    ...columns.flatMap((c, i) => {
      if (!Object.hasOwn(COLUMNS, c))
        return [problem("key-unknown", 1, c, "no column of this name is known here", `one of ${known}`)];
      const again = columns.indexOf(c) < i;
      return again ? [problem("key-unknown", 1, c, "the column is there twice", "each column once")] : [];
    }),
    ...NEEDED.filter((c) => !columns.includes(c)).map((c) =>
      problem("key-missing", 1, c, "the column is missing", `a header with ${NEEDED.join(", ")}`),
    ),
    ...rows
      .filter((r) => r.cells.length !== columns.length)
      .map((r) =>
        problem(
          "value-wrong",
          r.line,
          "",
          `the row has ${r.cells.length} cells`,
          `${columns.length}, as the header has`,
        ),
      ),
    ...(fault
      ? [
          problem(
            "csv-invalid",
            fault.line,
            "",
            fault.wrong,
            "cells as RFC 4180 has them: quotes doubled within quotes",
          ),
        ]
      : []),
  ];
  // Where the header is wrong, every row would be, too.
  const whole = problems.some((p) => p.line <= 1) ? [] : rows.filter((r) => r.cells.length === columns.length);
  return {
    values: whole.map((r) => agencyOf(columns as Column[], r.cells)),
    problems,
    locate: ([row, ...path]) => ({
      file,
      line: whole[row as number]?.line ?? 1,
      path: Object.entries(COLUMNS).find(([, c]) => c.path.every((p, i) => path[i] === p))?.[0] ?? path.join("."),
    }),
  };
}

/** An empty cell is no value: what may be left out is left out by it. */
function agencyOf(columns: Column[], cells: string[]): unknown {
  const agency: Record<string, unknown> = {};
  columns.forEach((column, i) => {
    const cell = cells[i]!.trim();
    if (cell === "") return;
    const { path, read } = COLUMNS[column];
    const [key, inner] = path as readonly [string, string?];
    agency[key] = inner === undefined ? read(cell) : { ...(agency[key] as object), [inner]: read(cell) };
  });
  return agency;
}

/** What is no number stays text, so that the error shows what stands there. */
function numeric(cell: string): unknown {
  return /^\d{1,15}$/.test(cell) ? Number(cell) : cell;
}

function words(cell: string): string[] {
  return cell.split(/[\s,;]+/).filter(Boolean);
}
