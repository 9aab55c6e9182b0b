// Reasons, tags and evidence in words. Pure: ids become names here, and what the tables do not know is shown as it came.
import type { Evidence } from "../../../protocol/finding.ts";
import type { Reason } from "../../../protocol/incident.ts";
import {
  joinList,
  type Language,
  saidText,
  type TextFacts,
  text,
  textIfKnown,
} from "../../../protocol/locales/index.ts";
import type { Bilingual } from "../../../protocol/registry.ts";
import { DETECTION_CLASSES, tagRow } from "../../../protocol/tags.ts";
import { dateTime } from "./time.ts";

export type Names = ReadonlyMap<string, Bilingual>;

/** Facts of reasons that name tags or detection classes rather than assets. */
const TAG_FACTS = new Set(["tags", "tag"]);
/** Facts that are keys of the texts. */
const KEY_FACTS = new Set(["base", "importance", "breadth", "severity"]);
/** Facts in a person's own words. */
const WORD_FACTS = new Set(["resolution", "reason", "summary", "from", "to", "into", "part", "campaign"]);
/** Facts that give a reason a sentence of its own, `<reason>.<fact>`, the most telling first. */
const FULLER = ["resolution", "severity", "to", "from", "before", "reason"];
/** Lists in a sentence name this many, then count. */
const NAMED = 2;

/** The name of an asset, agency or agent; the id itself when nobody knows it. */
export const nameOf = (names: Names, language: Language, id: string): string =>
  names.get(id)?.[language] || names.get(id)?.vi || id;

/**
 * A reason as a sentence, or its key and facts when a newer console gives one that the tables do not know. Each list also
 * gives its length, as `linksCount` for `links`. `tags`: what is wrong by the evidence, where the reason does not say.
 */
export function describeReason(language: Language, reason: Reason, names: Names, tags: string[] = []): string {
  const lists = Object.entries(reason.facts).filter(([, v]) => Array.isArray(v)) as [string, string[]][];
  const facts: TextFacts = Object.fromEntries(lists.map(([k, v]) => [`${k}Count`, v.length]));
  facts["tags"] = factText(language, "tags", tags, names) || text(language, "value.fault");
  Object.assign(
    facts,
    Object.fromEntries(
      Object.entries(reason.facts).map(([k, v]) => [
        k,
        typeof v === "number" ? numberText(k, v) : factText(language, k, v, names),
      ]),
    ),
  );
  const key = reason.key.startsWith("reason.") ? reason.key : `reason.${reason.key}`;
  // A reason in a person's words, or with a name beside them, has its own sentence.
  const fuller = FULLER.filter((f) => facts[f]).map((f) => textIfKnown(language, `${key}.${f}`, facts));
  return (
    fuller.find((told) => told !== undefined) ??
    textIfKnown(language, key, facts) ??
    `${reason.key} ${JSON.stringify(reason.facts)}`
  );
}

/** Facts that are instants rather than counts. */
const numberText = (name: string, value: number): string | number =>
  name === "since" || name === "before" ? dateTime(value) : value;

function factText(language: Language, name: string, value: string | string[], names: Names): string {
  const one = (id: string): string => {
    if (TAG_FACTS.has(name)) return tagTitle(language, id);
    if (name === "detector") return detectionTitle(language, id);
    if (KEY_FACTS.has(name)) return textIfKnown(language, id) ?? id;
    return WORD_FACTS.has(name) && !names.has(id) ? id : nameOf(names, language, id);
  };
  return Array.isArray(value) ? joinList(language, value.map(one), NAMED) : one(value);
}

/** What a tag says is wrong; evidence of a detection bears its class in a tag's spelling. An unknown one stays as it came. */
export const tagTitle = (language: Language, tag: string): string =>
  textIfKnown(language, `tag.${tag}.title`) ?? detectionTitle(language, tag);

const classOf = (tag: string) => tag.toLowerCase().replaceAll("_", "-");
const detectionTitle = (language: Language, tag: string): string =>
  textIfKnown(language, `detection.${classOf(tag)}.title`) ?? tag;

export const tagRemedy = (language: Language, tag: string): string | undefined =>
  textIfKnown(language, `tag.${tag}.remedy`) ?? textIfKnown(language, `detection.${classOf(tag)}.remedy`);

/** The clause behind a tag or a detection's class, with the kind of text in the reader's language; empty when unknown. */
export function clauseOf(language: Language, tag: string): string {
  return clauseText(language, tagRow(tag).clause || (DETECTION_CLASSES[classOf(tag)]?.clause ?? ""));
}

/** The kinds of text in a clause, in the reader's language. */
export function clauseText(language: Language, clause: string): string {
  return clause
    .replaceAll("Law ", `${text(language, "status.clause.law")} `)
    .replaceAll("Circular ", `${text(language, "status.clause.circular")} `)
    .replaceAll("Decree ", `${text(language, "status.clause.decree")} `)
    .replaceAll("art. ", `${text(language, "status.clause.article")} `);
}

/** The label of a family of checks, or of a detector; an unknown one shows its id. */
export const kindTitle = (language: Language, kind: string): string =>
  textIfKnown(language, `kind.${kind}.title`) ?? textIfKnown(language, `detection.${kind}.title`) ?? kind;
export const kindShort = (language: Language, kind: string): string =>
  textIfKnown(language, `kind.${kind}.short`) ?? kind;

/** Evidence whose values are ids of assets. */
const ASSET_FACTS = new Set(["asset", "path", "hub"]);
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

export interface Fact {
  label: string;
  value: string;
  /** A name that people read, rather than an address or a code. */
  isName: boolean;
}

/** Evidence to print: labels where the tables have one, instants in Vietnam's time, ids of assets as names. */
export const factsOf = (language: Language, evidence: Evidence, names: Names): Fact[] =>
  Object.entries(evidence).map(([key, value]) => {
    const values = (Array.isArray(value) ? value : [value]).map((v) => valueText(language, key, v, names));
    return {
      label: textIfKnown(language, `evidence.${key}`) ?? key,
      value: values.length > 0 ? joinList(language, values) : text(language, "value.none"),
      isName: ASSET_FACTS.has(key),
    };
  });

function valueText(language: Language, key: string, value: string | number | boolean, names: Names): string {
  if (typeof value === "boolean") return text(language, value ? "value.yes" : "value.no");
  if (typeof value === "number") return String(value);
  if (INSTANT.test(value)) return dateTime(Date.parse(value));
  return ASSET_FACTS.has(key) ? nameOf(names, language, value) : saidText(language, value);
}
