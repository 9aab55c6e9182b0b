// How a channel fares: (what was known, how a try went, now) → what is known, and what has to be told. Pure.
import { backoffMs } from "./backoff.ts";
import type { ChannelHealth, Outcome } from "./ports.ts";

export interface HealthStep {
  health: ChannelHealth;
  tell?: "channel-dead" | "channel-back";
}

/** A channel is dead when it has failed for `deadAfterMs`, at three tries at least: one refused connection is no news. */
const LEAST_FAILURES = 3;
/** A dead channel is tried this often at least: people are waiting behind it. */
const MOST_WAIT_MS = 60_000;

export function afterTry(known: ChannelHealth, outcome: Outcome, deadAfterMs: number, now: number): HealthStep {
  if (outcome.ok || outcome.of === "receiver") {
    const health: ChannelHealth = { channel: known.channel, failures: 0, retryAt: 0, lastOkAt: now };
    return known.toldAt === undefined ? { health } : { health, tell: "channel-back" };
  }
  const failures = known.failures + 1;
  const failingSince = known.failingSince ?? now;
  const { code, detail } = outcome;
  const health: ChannelHealth = {
    ...known,
    failures,
    failingSince,
    retryAt: now + Math.min(MOST_WAIT_MS, backoffMs(failures, known.channel)),
    error: { code, detail },
  };
  const dead = failures >= LEAST_FAILURES && now - failingSince >= deadAfterMs;
  return dead && known.toldAt === undefined ? { health: { ...health, toldAt: now }, tell: "channel-dead" } : { health };
}
