// What is wrong in province.yaml, in the form that a person can act upon: where, what, and what would be right.

export type ProblemCode =
  | "file-unreadable"
  | "yaml-invalid"
  | "key-missing"
  | "key-unknown"
  | "value-wrong"
  | "id-repeated"
  | "id-reserved"
  | "number-repeated"
  | "reference-unknown"
  | "prefix-wrong"
  | "prefix-overlap"
  | "network-wrong";

export interface Problem {
  code: ProblemCode;
  /** 1-based; 0 when the file could not be read at all. */
  line: number;
  /** As one would say it: `agencies[3].uplinks[0]`. */
  path: string;
  wrong: string;
  right: string;
}

/** Every mistake of one file, in the order of its lines. */
export class ProvinceError extends Error {
  readonly code = "province-invalid";
  readonly file: string;
  readonly problems: readonly Problem[];
  constructor(file: string, problems: readonly Problem[]) {
    const sorted = [...problems].sort((a, b) => a.line - b.line);
    super(sorted.map((p) => problemText(file, p)).join("\n"));
    this.name = "ProvinceError";
    this.file = file;
    this.problems = sorted;
  }
}

/** One problem as a line: `province.yaml:12: upstreams[0].border: … (right: …)`. */
export const problemText = (file: string, p: Problem): string =>
  `${file}:${p.line}: ${p.path === "" ? "" : `${p.path}: `}${p.wrong} (right: ${p.right})`;

/** `["agencies", 3, "id"]` → `agencies[3].id` */
export function pathText(path: readonly (string | number)[]): string {
  let out = "";
  for (const step of path) out += typeof step === "number" ? `[${step}]` : out === "" ? step : `.${step}`;
  return out;
}
