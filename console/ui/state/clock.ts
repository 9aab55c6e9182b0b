// The console's clock as this browser sees it: a wall screen's own clock may be wrong, and "4 minutes ago" must not be.
import { createStore, useStore } from "./store.ts";

let skewMs = 0;
const seconds = createStore(Math.floor(Date.now() / 1000));
let ticking = false;

/** A message's delay on the way varies by this much without meaning anything. */
const JITTER_MS = 500;

/** Tells the clock what the console's time is now, milliseconds. */
export function setConsoleTime(at: number): void {
  const skew = at - Date.now();
  if (Math.abs(skew - skewMs) > JITTER_MS) skewMs = skew;
}

/** The console's time now, milliseconds. */
export const consoleNow = (): number => Date.now() + skewMs;
/** A time of this browser's clock, told by the console's. */
export const toConsoleTime = (local: number): number => local + skewMs;

/** The console's time in whole seconds, milliseconds, rendering its component once a second and nothing else. */
export function useNow(): number {
  if (!ticking) setInterval(() => seconds.set(Math.floor(consoleNow() / 1000)), 1000);
  ticking = true;
  useStore(seconds, (s) => s);
  return consoleNow();
}
