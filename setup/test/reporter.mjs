// How test results are shown: a line a file, what failed with its reason, what was skipped with its reason. The counts of
// the whole run, what failed, and the files of which there were results go to the file that VONGGAC_TEST_COUNTS names.
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { inspect } from "node:util";

/** Of what a file prints, so much is kept for the case that it fails. */
const KEPT = 4_000;
const LONG_MS = 20_000;

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @param {AsyncIterable<{ type: string, data: any }>} events */
export default async function* reporter(events) {
  /** @type {Counts} */
  const total = { passed: 0, failed: 0, skipped: 0 };
  /** @type {Map<string, { counts: Counts, lines: string[], said: string, shown: boolean }>} */
  const files = new Map();
  const seenOf = (/** @type {string} */ path) => {
    const seen = files.get(path) ?? { counts: { passed: 0, failed: 0, skipped: 0 }, lines: [], said: "", shown: false };
    files.set(path, seen);
    return seen;
  };
  for await (const { type, data } of events) {
    const path = relative(process.cwd(), data?.file ?? data?.name ?? "");
    if (type === "test:pass" || type === "test:fail") {
      const empty = type === "test:pass" && isFileItself(data, path);
      const container = data.details?.type === "suite" || isFileItself(data, path);
      const skipped = data.skip !== undefined || data.todo !== undefined;
      // A suite says nothing that its tests do not, unless it was skipped whole or failed by itself.
      if (container && !empty && !skipped && !failedByItself(type, data)) continue;
      const seen = seenOf(path);
      const kind = type === "test:fail" || empty ? "failed" : skipped ? "skipped" : "passed";
      seen.counts[kind]++;
      total[kind]++;
      if (kind === "skipped") seen.lines.push(`    - ${data.name}: skipped: ${reason(data)}`);
      if (empty) seen.lines.push("    ✗ there is no test in it");
      else if (kind === "failed") seen.lines.push(`    ✗ ${data.name}`, indent(why(data.details?.error)));
      // Where a test takes long, one sees that something goes on.
      if (kind === "passed" && data.details?.duration_ms > LONG_MS)
        yield `    ✓ ${data.name}  (${(data.details.duration_ms / 1000).toFixed(0)} s)\n`;
      // A file that could not be read in said so on its stderr only.
      if (kind === "failed" && container && seen.said) seen.lines.push(indent(seen.said));
    } else if (type === "test:summary" && data.file) {
      yield shown(path, seenOf(path), data.duration_ms);
    } else if (type === "test:stderr" || type === "test:stdout") {
      const seen = seenOf(path);
      seen.said = (seen.said + data.message).slice(-KEPT);
      if (process.env["DEBUG"]) yield data.message;
    }
  }
  for (const [path, seen] of files) if (!seen.shown && seen.lines.length > 0) yield shown(path, seen);
  const file = process.env["VONGGAC_TEST_COUNTS"];
  const heard = [...files].filter(([, { counts }]) => counts.passed + counts.failed + counts.skipped > 0);
  const failures = heard.filter(([, { counts }]) => counts.failed > 0).map(([path, seen]) => shown(path, seen));
  if (file) writeFileSync(file, JSON.stringify({ ...total, failures, files: heard.map(([path]) => path) }));
}

/** @param {string} path @param {{ counts: Counts, lines: string[], shown: boolean }} seen @param {number} [tookMs] */
function shown(path, seen, tookMs) {
  seen.shown = true;
  const { passed, failed, skipped } = seen.counts;
  const parts = [`${passed} passed`, failed && `${failed} failed`, skipped && `${skipped} skipped`].filter(Boolean);
  const took = tookMs === undefined ? "" : `  (${(tookMs / 1000).toFixed(1)} s)`;
  const head = `  ${failed > 0 ? "✗" : "✓"} ${path.padEnd(52)} ${parts.join(", ")}${took}`;
  return `${[head, ...seen.lines].join("\n")}\n`;
}

/** A hook or an import that throws. @param {string} type @param {any} data */
const failedByItself = (type, data) => type === "test:fail" && data.details?.error?.failureType !== "subtestsFailed";

/** A file shows up as a test of its own when it has none, or cannot be read in. @param {any} data @param {string} path */
const isFileItself = (data, path) =>
  data.nesting === 0 && (data.name === path || data.name === data.file || data.name.endsWith(`/${path}`));

/** @param {any} data */
const reason = (data) => [data.skip, data.todo].find((r) => typeof r === "string" && r) ?? "no reason given";

/** @param {any} error */
function why(error) {
  const cause = error?.cause ?? error;
  return typeof cause === "object" && cause !== null ? (cause.stack ?? inspect(cause)) : String(cause);
}

/** @param {string} text */
const indent = (text) =>
  text
    .split("\n")
    .filter((l) => !/^\s+at .*\(?node:internal\//.test(l))
    .slice(0, 40)
    .map((l) => `      ${l}`)
    .join("\n");
