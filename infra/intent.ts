// province.yaml and province.lock → the intent with every number. The only file that reads and writes the lock.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Lock, lockText, parseLock } from "./plan/lock.ts";
import { type Fault, type Numbering, numbered } from "./plan/number.ts";
import type { Source } from "./province/parse.ts";
import { type Problem, ProvinceError } from "./province/problem.ts";
import { readSource } from "./province.ts";

/** Beside the province, with its name: `province.lock`. */
export const lockFileOf = (provinceFile: string): string =>
  join(dirname(provinceFile), `${basename(provinceFile).replace(/\.[^.]*$/, "")}.lock`);

/**
 * Reads both files and gives every number; writes nothing. `today` is an ISO 8601 day. With `provisioned`, the network stands and a
 * missing lock is refused: a new one could renumber it. Throws `ProvinceError` with everything that is wrong.
 */
export function readIntent(
  provinceFile: string,
  { today, provisioned }: { today: string; provisioned: boolean },
): Numbering {
  const source = readSource(provinceFile);
  const lockFile = lockFileOf(provinceFile);
  const lock = readLock(source, lockFile, provisioned);
  const result = numbered(source.written, lock?.value, today);
  if (!("faults" in result)) return result;
  throw new ProvinceError(
    source.file,
    result.faults.map((fault) => problemOf(fault, source, basename(lockFile), lock?.lineOf)),
  );
}

/** Writes the lock whole or not at all, and only if its text changes; tells whether it did. */
export function writeLock(provinceFile: string, lock: Lock): boolean {
  const file = lockFileOf(provinceFile);
  const text = lockText(lock);
  if (existsSync(file) && readFileSync(file, "utf8") === text) return false;
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  return true;
}

function readLock(
  source: Source,
  lockFile: string,
  needed: boolean,
): { value: Lock; lineOf(entry: number): number } | undefined {
  const file = basename(lockFile);
  const refuse = (problem: Omit<Problem, "file" | "path">) =>
    new ProvinceError(source.file, [{ ...problem, file, path: "" }]);
  if (!existsSync(lockFile)) {
    if (!needed) return undefined;
    const wrong = "is missing, and the network that was provisioned has its addresses from it";
    throw refuse({ code: "lock-missing", line: 0, wrong, right: "the committed file: git checkout -- province.lock" });
  }
  const text = readFileSync(lockFile, "utf8");
  const value = parseLock(text);
  if ("wrong" in value) throw refuse({ code: "lock-invalid", ...value, right: "the committed file, unedited" });
  const lines = text.split("\n");
  const lineOf = (entry: number) => {
    const id = JSON.stringify(value.allocations[entry]!.id);
    return lines.findLastIndex((line) => line.includes(id)) + 1;
  };
  return { value, lineOf };
}

function problemOf(
  { at, entry, ...fault }: Fault,
  { locate }: Source,
  lockFile: string,
  lineOf?: (entry: number) => number,
): Problem {
  if (at) return { ...fault, ...locate(at) };
  return { ...fault, file: lockFile, line: entry === undefined ? 1 : lineOf!(entry), path: "" };
}
