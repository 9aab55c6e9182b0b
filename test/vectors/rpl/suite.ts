/**
 * The suite `rpl`: every .rpl file below a folder, played; what failed and what was skipped, by reason.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { parseScenario } from "./parse.ts";
import { Skip } from "./syntax.ts";
import { play } from "./world.ts";

export interface SuiteResult {
  passed: number;
  failed: number;
  skipped: number;
  failures: { file: string; detail: string }[];
  skips: Record<string, number>;
}

/** Files below `path` (or the file itself) that end in .rpl, sorted. */
export function scenarioFiles(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".rpl"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

export function runRpl(path: string): SuiteResult {
  const result: SuiteResult = { passed: 0, failed: 0, skipped: 0, failures: [], skips: {} };
  for (const file of scenarioFiles(path)) {
    const name = relative(path, file) || file;
    try {
      const { failure } = play(parseScenario(readFileSync(file, "utf8")));
      if (failure === undefined) result.passed++;
      else result.failures.push({ file: name, detail: failure });
    } catch (error) {
      if (error instanceof Skip) {
        result.skipped++;
        result.skips[error.reason] = (result.skips[error.reason] ?? 0) + 1;
      } else {
        const detail =
          error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 4).join(" | ") : String(error);
        result.failures.push({ file: name, detail });
      }
    }
  }
  result.failed = result.failures.length;
  return result;
}
