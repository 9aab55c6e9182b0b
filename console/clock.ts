// Time for the console's decisions: a wall clock that does not run backwards in small steps, and a monotonic one for
// timers. A large jump of the machine's clock is followed, and said.
import { performance } from "node:perf_hooks";

export interface Clock {
  /** Milliseconds since 1970, for what is kept and shown. */
  now(): number;
  /** Milliseconds since some start, for timers. */
  monotonic(): number;
}

export interface SteadyClock extends Clock {
  /** Compares with the machine's clock, follows it, and gives the jump in ms (negative: backwards) when it is large. */
  settle(): number | undefined;
}

/** Differences above this are jumps; those below are drift, followed forwards at once and never backwards. */
export const JUMP_MS = 2_000;

/** `wall` and `monotonic` are injected by tests. */
export function steadyClock(wall = Date.now, monotonic = () => performance.now()): SteadyClock {
  let anchorWall = wall();
  let anchorMono = monotonic();
  const now = () => Math.round(anchorWall + (monotonic() - anchorMono));
  const anchor = () => {
    anchorWall = wall();
    anchorMono = monotonic();
  };
  return {
    now,
    monotonic,
    settle() {
      const difference = wall() - now();
      if (difference > 0 || difference < -JUMP_MS) anchor();
      return Math.abs(difference) > JUMP_MS ? Math.round(difference) : undefined;
    },
  };
}
