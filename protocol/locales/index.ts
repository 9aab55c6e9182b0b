// The texts that people read, in both languages, and the one function that fills them in. Pure: no clock, no DOM, so that
// the screen, notifications and reports can all use it.
import en from "./en.json" with { type: "json" };
import vi from "./vi.json" with { type: "json" };

export const LANGUAGES = ["vi", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
/** A key that stands in the tables; test/protocol holds both languages to the same keys and placeholders. */
export type TextKey = keyof typeof vi;
export type TextFacts = Record<string, string | number>;

/** The tables themselves, for tests and for whoever prints a whole list. */
export const TEXTS: Readonly<Record<Language, Readonly<Record<string, string>>>> = { vi, en };

/** `{name}` is filled with a fact; `{name|one|other}` chooses a word by a count and prints only the word. */
const PLACEHOLDER = /\{([A-Za-z]+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g;

/** The text of a key, filled. A fact that is missing leaves its placeholder in sight rather than a hole. */
export const text = (language: Language, key: TextKey, facts: TextFacts = {}): string =>
  fill(TEXTS[language][key] ?? key, facts);

/** The same for a key that comes from data (a tag, a reason): undefined when the tables do not know it. */
export function textIfKnown(language: Language, key: string, facts: TextFacts = {}): string | undefined {
  const template = Object.hasOwn(TEXTS[language], key) ? TEXTS[language][key] : undefined;
  return template === undefined ? undefined : fill(template, facts);
}

/**
 * What a check says in fixed words, in the reader's language: `phrase` or `phrase: detail`, each part by itself. Names, addresses and
 * numbers stay as they are.
 */
export const saidText = (language: Language, value: string): string =>
  value
    .split(": ")
    .map((part) => textIfKnown(language, `said.${part}`) ?? part)
    .join(": ");

/** The names of a template's placeholders, each once, sorted. */
export const placeholders = (template: string): string[] =>
  [...new Set([...template.matchAll(PLACEHOLDER)].map((m) => m[1]!))].sort();

/**
 * "a, b và c". With `max`, what is beyond is counted instead of named: "a, b và 7 nơi khác".
 * A single item beyond `max` is named: counting it would take as much room.
 */
export function joinList(language: Language, items: readonly string[], max = Number.POSITIVE_INFINITY): string {
  const shown = items.length > max + 1 ? items.slice(0, max) : [...items];
  const rest = items.length - shown.length;
  if (rest > 0) shown.push(text(language, "list.more", { count: rest }));
  const last = shown.pop() ?? "";
  return shown.length === 0 ? last : `${shown.join(", ")} ${text(language, "list.and")} ${last}`;
}

function fill(template: string, facts: TextFacts): string {
  return template.replace(PLACEHOLDER, (whole, name: string, one?: string, other?: string) => {
    const value = facts[name];
    if (value === undefined) return whole;
    if (one === undefined || other === undefined) return String(value);
    return Number(value) === 1 ? one : other;
  });
}
