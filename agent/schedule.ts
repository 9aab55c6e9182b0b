// When a target runs next. Pure: milliseconds of a clock that never jumps come in and go out.
import { createHash } from "node:crypto";

/** A number from 0 up to everyMs that depends on the words only: the same after each start, different between agents. */
export function phaseOf(everyMs: number, ...words: readonly string[]): number {
  const hash = createHash("sha256").update(words.join("\n")).digest();
  return (hash.readUInt32BE(0) / 2 ** 32) * everyMs;
}

/** The first time after `now` that lies `phase` behind a multiple of everyMs: what was missed is not made up for. */
export function nextRun(now: number, everyMs: number, phase: number): number {
  return (Math.floor((now - phase) / everyMs) + 1) * everyMs + phase;
}
