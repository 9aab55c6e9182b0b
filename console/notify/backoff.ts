// When to try again. Pure: the spread comes from the message's own id, so that many do not come back at one moment.
const FIRST_MS = 15_000;
const MOST_MS = 15 * 60_000;

/** Milliseconds until try number `attempts` + 1: doubling from 15 s to 15 min, up to a quarter less by `id`. */
export function backoffMs(attempts: number, id: string): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 10));
  let spread = 0;
  for (const c of id) spread = (spread * 31 + c.charCodeAt(0)) % 1_000;
  return Math.round(full * (1 - spread / 4_000));
}
