// What the command line prints: texts by key in the user's language, and failures by their code. May touch the terminal only.
import { readFileSync } from "node:fs";

type Facts = Record<string, string | number>;
type Language = "vi" | "en";

/** The language of the texts for an environment: `vi` where the locale says so, else `en`. */
export const languageOf = (env: NodeJS.ProcessEnv): Language =>
  /^vi/i.test(env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "") ? "vi" : "en";

const tableOf = (language: Language) =>
  JSON.parse(readFileSync(new URL(`./locales/${language}.json`, import.meta.url), "utf8")) as Record<string, string>;

let language = languageOf(process.env);
let texts = tableOf(language);

/** From here on the other language, for a verb that was told one. */
export function speak(wanted: Language): void {
  if (wanted === language) return;
  language = wanted;
  texts = tableOf(wanted);
}
export const spoken = (): Language => language;

/** The text of a key with its {placeholders} filled; a key without a text shows as itself. */
export const text = (key: string, facts: Facts = {}): string =>
  (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? ""));

export const line = (words = ""): void => void process.stdout.write(`${words}\n`);

/** One line that is written over on a terminal; in a log, every tenth of its states. */
export function progressLine(): { show(words: string): void; end(): void } {
  const live = process.stderr.isTTY === true;
  let shown = 0;
  return {
    show(words) {
      if (live) process.stderr.write(`\r\u001b[K${words.slice(0, (process.stderr.columns || 80) - 1)}`);
      else if (shown++ % 10 === 0) process.stderr.write(`${words}\n`);
    },
    end() {
      if (live) process.stderr.write("\r\u001b[K");
      shown = 0;
    },
  };
}

interface Named {
  code?: unknown;
  where?: unknown;
  remedy?: unknown;
  message?: unknown;
  stack?: unknown;
}

/** A failure by name: what, where, what the tool itself said, and what to do. The stack only under DEBUG. */
export function printFailure(error: unknown): void {
  const { code, where, remedy, message, stack } = (error ?? {}) as Named;
  const named = typeof code === "string";
  const title = named && texts[`error.${code}`] ? text(`error.${code}`) : "";
  const out = [`${text("error.head")}${named ? ` [${code}]` : ""} ${title || (where ?? "")}`.trimEnd()];
  if (title && typeof where === "string") out.push(`  ${text("error.where")}: ${where}`);
  out.push(
    ...String(message ?? error)
      .split("\n")
      .map((words) => `  | ${words}`),
  );
  const advice = named && texts[`remedy.${code}`] ? text(`remedy.${code}`) : remedy;
  if (typeof advice === "string") out.push(`  ${text("error.remedy")}: ${advice}`);
  if (process.env["DEBUG"] && typeof stack === "string") out.push(stack);
  process.stderr.write(`${out.join("\n")}\n`);
}
