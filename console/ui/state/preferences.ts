// Language and theme, kept in this browser. Vietnamese and the system's theme unless the user chose.
import { LANGUAGES, type Language } from "../../../protocol/locales/index.ts";
import { createStore } from "./store.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const language = createStore<Language>(remembered("language", LANGUAGES, "vi"));
export const theme = createStore<Theme>(remembered("theme", THEMES, "system"));

/** Applies both to the document, now and after each change, and remembers them. */
export function startPreferences(): void {
  const apply = () => {
    const root = document.documentElement;
    root.lang = language.get();
    if (theme.get() === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme.get();
  };
  apply();
  language.watch(() => remember("language", language.get()));
  theme.watch(() => remember("theme", theme.get()));
  language.watch(apply);
  theme.watch(apply);
}

function remembered<T extends string>(key: string, allowed: readonly T[], otherwise: T): T {
  try {
    const kept = localStorage.getItem(`vonggac.${key}`);
    return allowed.find((a) => a === kept) ?? otherwise;
  } catch {
    return otherwise; // storage may be forbidden: preferences then last as long as the page
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`vonggac.${key}`, value);
  } catch {
    // as above
  }
}
