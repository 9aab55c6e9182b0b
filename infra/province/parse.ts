// The text of a province → what was written, or every mistake in it at once: document → agencies of the CSV joined → shape → rules.
// A mistake in one section hides none in another, and a bad agency hides none of its neighbours'. Pure.
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Check } from "typebox/value";
import { type Document, LineCounter, parseDocument } from "yaml";
import { agenciesOf } from "./agencies-csv.ts";
import { type LineOf, locator, type Path } from "./locate.ts";
import { type Problem, ProvinceError } from "./problem.ts";
import { broken } from "./rules.ts";
import { AgencySchema, ProvinceSchema, type Written } from "./schema.ts";
import { shapeProblems } from "./shape.ts";

/** A province as it was written, and where each part of it stands. */
export interface Source {
  file: string;
  written: Written;
  locate: LineOf;
}

const shape = Compile(ProvinceSchema);
const agencyShape = Compile(AgencySchema);
/** More than ten times what ten thousand agencies need. */
const MOST_CHARACTERS = 64 * 2 ** 20;

/** `file` is the name used in messages, `beside` gives the text of a file next to it. Throws `ProvinceError`. */
export function parseSource(text: string, file: string, beside: (name: string) => string): Source {
  const { value, locate: inYaml } = document(text, file);
  const joined = joinAgencies(value, inYaml, beside);
  const { problems } = joined;
  const wrong = new Set<string>(problems.length > 0 ? ["lab"] : []);
  if (!shape.Check(joined.head)) {
    for (const p of shapeProblems(ProvinceSchema, joined.head, inYaml)) {
      problems.push(p);
      wrong.add(/^\w*/.exec(p.path)![0]);
    }
  }
  // Where each agency that can be judged stood among all: rules see those alone.
  const places: number[] = [];
  const agencies = joined.agencies.flatMap((given, i) => {
    const at = ["agencies", i];
    const found = agencyShape.Check(given) ? [] : shapeProblems(AgencySchema, given, joined.locate, at);
    problems.push(...found);
    const agency = found.length === 0 ? given : withoutFaults(given);
    if (agency === undefined) return [];
    places.push(i);
    return [agency as Written["agencies"][number]];
  });
  if (places.length < joined.agencies.length) wrong.add("lab");
  if (typeof joined.head === "object" && joined.head !== null && !Array.isArray(joined.head)) {
    const written = { ...joined.head, agencies } as Written;
    const locate: LineOf = ([first, index, ...rest]) =>
      first === "agencies" && typeof index === "number"
        ? joined.locate([first, places[index]!, ...rest])
        : joined.locate(index === undefined ? [first!] : [first!, index, ...rest]);
    problems.push(...broken(written, wrong).map((b) => located(b, locate)));
    if (problems.length === 0) return { file, written, locate };
  }
  throw new ProvinceError(file, problems);
}

/** An agency without those of its values that are wrong, if what is left can still be held against the others. */
function withoutFaults(agency: unknown): unknown {
  if (typeof agency !== "object" || agency === null || Array.isArray(agency)) return undefined;
  const parts: Record<string, TSchema> = AgencySchema.properties;
  const sound = Object.entries(agency).filter(([key, v]) => Object.hasOwn(parts, key) && Check(parts[key]!, v));
  const rest = { name: { vi: "-", en: "-" }, ...Object.fromEntries(sound) };
  return agencyShape.Check(rest) ? rest : undefined;
}

function located({ at, wrong, ...rest }: ReturnType<typeof broken>[number], locate: LineOf): Problem {
  const where = (path: Path) => {
    const place = locate(path);
    return place.file === undefined ? place.path : `${place.file}:${place.line}`;
  };
  return { ...rest, wrong: typeof wrong === "string" ? wrong : wrong(where), ...locate(at) };
}

/** YAML → a value. Throws with every mistake of the text itself; what a hostile text does to the parser is one, too. */
function document(text: string, file: string): { value: unknown; locate: LineOf } {
  const lines = new LineCounter();
  const refuse = (line: number, wrong: string, right = "YAML 1.2 with each key once"): Problem => ({
    code: "yaml-invalid",
    line,
    path: "",
    wrong,
    right,
  });
  if (text.length > MOST_CHARACTERS)
    throw new ProvinceError(file, [refuse(1, "the file is too long", `at most ${MOST_CHARACTERS} characters`)]);
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = [...parsed.errors, ...parsed.warnings].map((e) => refuse(lines.linePos(e.pos[0]).line, e.message));
  if (faults.length > 0) throw new ProvinceError(file, faults);
  return { value: javascriptOf(parsed), locate: locator(parsed, lines) };

  function javascriptOf(of: Document): unknown {
    try {
      return of.toJS();
    } catch (error) {
      throw new ProvinceError(file, [refuse(1, (error as Error).message, "no alias that grows without end")]);
    }
  }
}

interface Joined {
  /** The value without its agencies' own shapes: a list of one that is right stands for them. */
  head: unknown;
  agencies: unknown[];
  /** Of paths in which `agencies` is one list. */
  locate: LineOf;
  problems: Problem[];
}

/** The agencies of the list, then those of the CSV. */
function joinAgencies(value: unknown, inYaml: LineOf, beside: (name: string) => string): Joined {
  const given = (value as { agencies?: unknown } | null)?.agencies;
  if (Array.isArray(given) && given.length > 0) {
    const head = { ...(value as object), agencies: STANDS_FOR_ALL };
    return { head, agencies: given, locate: inYaml, problems: [] };
  }
  const { csv, list } = (typeof given === "object" && given !== null ? given : {}) as { csv?: unknown; list?: unknown };
  if (typeof csv !== "string" || (list !== undefined && !Array.isArray(list)))
    return { head: value, agencies: [], locate: inYaml, problems: [] };
  const rows = readBeside(csv, beside, inYaml(["agencies", "csv"]));
  const own = (list ?? []) as unknown[];
  const rest = { ...(given as object), ...(list !== undefined && own.length > 0 && { list: STANDS_FOR_ALL }) };
  return {
    head: { ...(value as object), agencies: rest },
    agencies: [...own, ...rows.values],
    problems: rows.problems,
    locate: ([first, index, ...path]) => {
      if (first !== "agencies" || typeof index !== "number") return inYaml([first!, index!, ...path]);
      return index < own.length ? inYaml([first, "list", index, ...path]) : rows.locate([index - own.length, ...path]);
    },
  };
}

const STANDS_FOR_ALL = [{ id: "xa", level: "xa", name: { vi: "x", en: "x" }, uplinks: ["x"] }];

function readBeside(name: string, beside: (name: string) => string, at: ReturnType<LineOf>) {
  const refuse = (wrong: string, right: string) => ({
    values: [],
    locate: () => at,
    problems: [{ code: "file-unreadable" as const, ...at, wrong, right }],
  });
  if (/[/\\\0]/.test(name) || name === "..")
    return refuse(`${name} is no file's name`, "the name of a file beside this one");
  try {
    const text = beside(name);
    return text.length > MOST_CHARACTERS
      ? refuse(`${name} is too long`, `at most ${MOST_CHARACTERS} characters`)
      : agenciesOf(text, name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return refuse(`${name} cannot be read${code ? ` (${code})` : ""}`, "a readable file beside this one");
  }
}
