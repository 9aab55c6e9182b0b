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
  const text = (language: "vi" | "en") =>
    locales[language][key].replace(/\{(\w+)\}/g, (_, word: string) => {
      const value = fill[word as keyof Fill] ?? "";
      return typeof value === "string" ? value : value[language];
    });
  return { vi: text("vi"), en: text("en") };
}
