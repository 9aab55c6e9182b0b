// Whether `vonggac check` may be run from the one file that set-up made of it (prepare/check-bundle.mjs): it is, while every source
// is as it was then, and while nobody but the code's owner could have written it. Else the sources are run, to the same end.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CODE, isTrusted } from "./code-folder.mjs";

const ROOT = join(CODE, "../../..");
export const BUNDLE = join(CODE, "check.mjs");
/** `[path below the checkout, octets, time of change in milliseconds]` of each source. */
export const SOURCES = join(CODE, "check.json");

/** The bundle's address; undefined: run the sources. @param {string | undefined} verb of the command line */
export function bundled(verb) {
  if (verb !== "check" || !isTrusted(CODE)) return undefined;
  try {
    /** @type {[string, number, number][]} */
    const sources = JSON.parse(readFileSync(SOURCES, "utf8"));
    const same = sources.every(([path, octets, changed]) => {
      const { size, mtimeMs } = statSync(join(ROOT, path));
      return size === octets && mtimeMs === changed;
    });
    return same ? pathToFileURL(BUNDLE).href : undefined;
  } catch {
    return undefined; // not made yet, or a source is gone
  }
}
