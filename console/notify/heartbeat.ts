// A sign of life to a watcher elsewhere: signed like a webhook, and with what the console says of itself. When it stops coming, the
// watcher (deadman.ts) speaks; so nothing here has to work for silence to be noticed.
import { randomUUID } from "node:crypto";
import { post, type WebhookParts } from "./channels/webhook.ts";
import type { NotifyRules } from "./policy.ts";

export interface HeartbeatParts extends Omit<WebhookParts, "url" | "keySecret"> {
  rules(): NotifyRules["heartbeat"];
  /** Why the record does not take what comes; undefined when it does. */
  ready(): string | undefined;
  /** Which console it is. */
  url: string;
  /** A sign of life was sent. `result`: `ok`, or the code of why it was not taken. */
  onBeat(result: string): void;
  log: { warn(facts: object): void; info(facts: object): void };
}
export interface Heartbeat {
  stop(): void;
}

const LOOK_MS = 1_000;

export function startHeartbeat(parts: HeartbeatParts): Heartbeat {
  let [sentAt, failing, busy] = [0, false, false];
  const timer = setInterval(async () => {
    const rule = parts.rules();
    if (!rule || busy || parts.now() - sentAt < rule.everySeconds * 1_000) return;
    busy = true;
    sentAt = parts.now();
    const trouble = parts.ready();
    const body = JSON.stringify({ type: "vonggac.beat", console: parts.url, ready: trouble === undefined });
    const outcome = await post({ ...parts, url: rule.url, keySecret: rule.keySecret }, randomUUID(), body);
    busy = false;
    parts.onBeat(outcome.ok ? "ok" : outcome.code);
    // Said once each way: the watcher is the one that repeats itself.
    if (!outcome.ok && !failing)
      parts.log.warn({ event: "heartbeat-not-taken", why: outcome.code, detail: outcome.detail });
    if (outcome.ok && failing) parts.log.info({ event: "heartbeat-taken-again" });
    failing = !outcome.ok;
  }, LOOK_MS);
  return { stop: () => clearInterval(timer) };
}
