// The names that people see of things that province.yaml does not name itself, in both languages.
import type { Bilingual } from "../../protocol/registry.ts";
import locales from "./locales.json" with { type: "json" };

export type NameKey = keyof typeof locales.en;
/** What may stand in a text; an object that has more is welcome. */
interface Fill {
  id?: string;
  a?: string;
  b?: string | Bilingual;
  name?: string | Bilingual;
}

/** Fills the text of a key in each language; a bilingual value gives its own. */
export function named(key: NameKey, fill: Fill): Bilingual {
  return { vi: filled("vi", key, fill), en: filled("en", key, fill) };
}

/** Words of a text at even places, the names of what is filled in at odd ones. Cut once: a province has many names. */
const pieces = new Map<string, string[]>();

function filled(language: "vi" | "en", key: NameKey, fill: Fill): string {
  const text = locales[language][key];
  let parts = pieces.get(text);
  if (!parts) {
    parts = text.split(/\{(\w+)\}/);
    pieces.set(text, parts);
  }
  let out = "";
  for (let i = 0; i < parts.length; i++) {
    const value = i % 2 === 0 ? parts[i]! : (fill[parts[i] as keyof Fill] ?? "");
    out += typeof value === "string" ? value : value[language];
  }
  return out;
}
