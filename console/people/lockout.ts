// What a wrong guess costs. Rules: the first few are free, then the wait doubles up to a limit; it is counted both for the
// account and for where the guess came from; a wait is never for ever, so that nobody can be kept out by somebody else's
// guessing for longer than the limit. Pure.

export interface Misses {
  wrong: number;
  wrongAt: number;
  lockedUntil: number;
}

export interface LockRule {
  free: number;
  firstMs: number;
  longestMs: number;
  /** Forgotten after this long without a wrong guess. */
  forgetMs: number;
}

/** By address: many people may share one. */
export const BY_SOURCE: LockRule = { free: 5, firstMs: 1_000, longestMs: 60_000, forgetMs: 15 * 60_000 };
/** By account: guesses may come from anywhere. */
export const BY_ACCOUNT: LockRule = { free: 5, firstMs: 2_000, longestMs: 15 * 60_000, forgetMs: 24 * 3_600_000 };

export const NO_MISSES: Misses = { wrong: 0, wrongAt: 0, lockedUntil: 0 };

/** How long to wait, in ms; 0 for not at all. */
export const waitOf = (misses: Misses | undefined, now: number): number =>
  Math.max(0, (misses?.lockedUntil ?? 0) - now);

/** After another wrong guess at `now`. */
export function missed(before: Misses | undefined, rule: LockRule, now: number): Misses {
  const wrong = (before && now - before.wrongAt < rule.forgetMs ? before.wrong : 0) + 1;
  const wait = wrong < rule.free ? 0 : Math.min(rule.longestMs, rule.firstMs * 2 ** Math.min(30, wrong - rule.free));
  return { wrong, wrongAt: now, lockedUntil: now + wait };
}
