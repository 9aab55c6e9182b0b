// The language of the screen, for components: `t` fills a text, `name` picks a bilingual name.
import { useMemo } from "preact/hooks";
import { type Language, type TextFacts, type TextKey, text } from "../../../protocol/locales/index.ts";
import type { Bilingual } from "../../../protocol/registry.ts";
import { language } from "../state/preferences.ts";
import { useStore } from "../state/store.ts";

export interface Words {
  language: Language;
  t(key: TextKey, facts?: TextFacts): string;
  name(both: Bilingual): string;
}

export function useWords(): Words {
  const now = useStore(language, (l) => l);
  return useMemo(
    () => ({ language: now, t: (key, facts) => text(now, key, facts), name: (both) => both[now] || both.vi }),
    [now],
  );
}

/** Text in which `words between backticks` are commands. */
export function WithCommands({ text }: { text: string }) {
  return <>{text.split("`").map((part, i) => (i % 2 === 1 ? <code key={part}>{part}</code> : part))}</>;
}
