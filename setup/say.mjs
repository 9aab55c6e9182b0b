// What set-up prints. One line a step; long work shows how far it is: in place on a terminal, a line every ten seconds
// in a log. Texts come from locales/{en,vi}.json by the user's LC_ALL, LC_MESSAGES or LANG.
import { readFileSync } from "node:fs";

const QUIET_LOG_MS = 10_000;

/** The language of the texts for an environment: `vi` where the locale says so, else `en`. @param {NodeJS.ProcessEnv} env */
export function languageOf(env) {
  return /^vi/i.test(env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "") ? "vi" : "en";
}

/** @param {"en" | "vi"} language @returns {Record<string, string>} */
export function texts(language) {
  return JSON.parse(readFileSync(new URL(`./locales/${language}.json`, import.meta.url), "utf8"));
}

const own = texts(languageOf(process.env));

/**
 * The text of a key with its {placeholders} filled; a key without a text is a mistake of ours and shows as itself.
 * @param {string} key @param {Record<string, string | number>} [facts]
 */
export function text(key, facts = {}) {
  return (own[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(facts[name] ?? ""));
}

/** @param {string} line */
export const line = (line = "") => void process.stdout.write(`${line}\n`);

/** @param {string} mark @param {string} id @param {string} detail */
const row = (mark, id, detail) => `  ${mark} ${text(`step.${id}`).padEnd(14)} ${detail}`;

/** The lines of one step, from its start to its end. @param {string} id the step's name, a key `step.<id>` */
export function stepLines(id) {
  const live = process.stdout.isTTY === true;
  const startedAt = Date.now();
  let shownAt = startedAt;
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
  const wipe = () => live && process.stdout.write("\r\u001b[K");
  return {
    /** @param {string} detail */
    there: (detail) => line(row("✓", id, detail)),
    /** @param {string} why */
    skipped: (why) => line(row("-", id, text("step.skipped", { why }))),
    /** @param {string} what */
    begins: (what) => line(row("…", id, what)),
    /** How far it is. May be called as often as the tool speaks. @param {string} howFar */
    progress: (howFar) => {
      if (live) {
        const width = (process.stdout.columns || 80) - 1;
        process.stdout.write(`\r\u001b[K${row(" ", id, `${seconds()}  ${howFar}`).slice(0, width)}`);
      } else if (Date.now() - shownAt >= QUIET_LOG_MS) {
        shownAt = Date.now();
        line(row(" ", id, `${seconds()}  ${howFar}`));
      }
    },
    /** @param {string} detail */
    done: (detail) => {
      wipe();
      line(row("✓", id, `${detail} (${seconds()})`));
    },
    wipe,
  };
}

/** @typedef {ReturnType<typeof stepLines>} StepLines */

/** Prints a failure: its name, where, what the tool said, the remedy; the stack only under DEBUG. @param {unknown} error */
export function failure(error) {
  const e =
    /** @type {{ code?: string, where?: string, detail?: string, facts?: Record<string, string | number>, stack?: string }} */ (
      error
    );
  const named = typeof e.code === "string" && typeof e.where === "string";
  const code = named ? /** @type {string} */ (e.code) : "unexpected";
  const facts = { ...e.facts, where: e.where ?? "" };
  const out = [`${text("failure.head")} [${code}] ${text(`failure.${code}`, facts)}`];
  if (named) out.push(`  ${text("failure.where")}: ${e.where}`);
  const said = named ? e.detail : String(error);
  if (said) out.push(...said.split("\n").map((l) => `  | ${l}`));
  out.push(`  ${text("failure.remedy")}: ${text(`remedy.${code}`, facts)}`);
  if (process.env["DEBUG"]) out.push(String(e.stack ?? error));
  process.stderr.write(`\n${out.join("\n")}\n`);
}
