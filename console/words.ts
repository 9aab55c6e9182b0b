// Reasons and times in words, for what leaves the console as text: the printed timeline, notifications. Pure.
import { type Language, type TextFacts, text, textIfKnown } from "../protocol/locales/index.ts";
import type { Bilingual } from "../protocol/registry.ts";

/** Names of agencies and assets by id. */
export type Names = ReadonlyMap<string, Bilingual>;

const OFFSET_MS = 7 * 3_600_000;
/** `dd/MM/yyyy HH:mm:ss` in Vietnam, which is UTC+7 all year. */
export const localTime = (at: number): string =>
  new Date(at + OFFSET_MS).toISOString().replace(/^(\d+)-(\d+)-(\d+)T(.{8}).*$/, "$3/$2/$1 $4");

/** A reason as a sentence; its key when the tables do not know it. */
export function reasonText(
  language: Language,
  reason: { key: string; facts: Record<string, unknown> },
  names: Names,
): string {
  const nameOf = (v: unknown) =>
    textIfKnown(language, String(v)) ?? names.get(String(v))?.[language] ?? names.get(String(v))?.vi ?? String(v);
  const facts: TextFacts = {};
  for (const [k, v] of Object.entries(reason.facts)) {
    if (Array.isArray(v)) facts[`${k}Count`] = v.length;
    facts[k] =
      typeof v !== "number" ? (Array.isArray(v) ? v : [v]).map(nameOf).join(", ") : TIMES.has(k) ? localTime(v) : v;
  }
  // What the screen takes from the evidence is not asked of a timeline.
  facts["tags"] ??= text(language, "value.fault");
  const fuller = ["resolution", "severity", "to", "from", "before", "reason"].filter((f) => facts[f] !== undefined);
  const told = fuller.map((f) => textIfKnown(language, `${reason.key}.${f}`, facts)).find((t) => t !== undefined);
  return told ?? textIfKnown(language, reason.key, facts) ?? reason.key;
}
const TIMES = new Set(["since", "before", "due", "until"]);
