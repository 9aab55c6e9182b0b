// How long to wait before the next try. Pure: the chance comes in as a number from 0 up to 1. A province that lost its console
// comes back all at once, so that every wait is drawn, and grows while it is in vain.

const SHORTEST_MS = 300;
const LONGEST_MS = 5_000;

/** @param failures tries in vain since the last that went well */
export function retryAfter(failures: number, chance: number): number {
  const reach = Math.min(LONGEST_MS, 700 * 2 ** Math.min(failures, 10));
  return Math.round(SHORTEST_MS + chance * (reach - SHORTEST_MS));
}

/** The console named a time: no earlier, and spread over half as much again. */
export function retryAsTold(toldMs: number, chance: number): number {
  return Math.round(Math.max(toldMs, SHORTEST_MS) + chance * Math.max(toldMs / 2, SHORTEST_MS));
}

/** Refusals that the next try will meet again unless a person does something: 5 to 15 s. */
export const retryHopeless = (chance: number): number => Math.round(5_000 + chance * 10_000);
