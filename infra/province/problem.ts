// What is wrong in a province's files, in the form that a person can act upon: where, what, and what would be right.

export type ProblemCode =
  | "file-unreadable"
  | "yaml-invalid"
  | "csv-invalid"
  | "key-missing"
  | "key-unknown"
  | "value-wrong"
  | "id-repeated"
  | "id-reserved"
  | "role-unusable"
  | "number-repeated"
  | "reference-unknown"
  | "prefix-wrong"
  | "prefix-overlap"
  | "network-wrong"
  | "retention-too-short"
  | "lock-missing"
  | "lock-invalid"
  | "lock-disagrees"
  | "number-taken"
  | "prefix-exhausted"
  | "prefix-changed";

export interface Problem {
  code: ProblemCode;
  /** Where it is another than the province's file: the agencies' CSV, the lock. */
  file?: string;
  /** 1-based; 0 when the file could not be read at all. */
  line: number;
  /** As one would say it: `agencies[3].uplinks[0]`. */
  path: string;
  wrong: string;
  right: string;
}

/** Every mistake of a province, in the order of the lines; those of further files behind. */
export class ProvinceError extends Error {
  readonly code = "province-invalid";
  readonly file: string;
  readonly problems: readonly Problem[];
  constructor(file: string, problems: readonly Problem[]) {
    const sorted = [...problems].sort((a, b) => (a.file ?? "").localeCompare(b.file ?? "") || a.line - b.line);
    super(sorted.map((p) => problemText(file, p)).join("\n"));
    this.name = "ProvinceError";
    this.file = file;
    this.problems = sorted;
  }
}

/** One problem as a line: `province.yaml:12: upstreams[0].border: … (right: …)`. */
export const problemText = (file: string, p: Problem): string =>
  `${p.file ?? file}:${p.line}: ${p.path === "" ? "" : `${p.path}: `}${p.wrong} (right: ${p.right})`;

/** `["agencies", 3, "id"]` → `agencies[3].id` */
export function pathText(path: readonly (string | number)[]): string {
  let out = "";
  for (const step of path) out += typeof step === "number" ? `[${step}]` : out === "" ? step : `.${step}`;
  return out;
}
