// What an agent sent, on its way into the record: kept in the log, put beside what was said before, and correlated. Runs
// inside a transaction of the pipeline.

import type { Item } from "../protocol/index.ts";
import type { Clock } from "./clock.ts";
import type { Correlation } from "./correlation.ts";
import type { Delivery, LostRange, Taken } from "./gateway/sink.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Store } from "./store/store.ts";
import type { View } from "./view.ts";

/** Between two requests for whole reports to an agent whose digest stays different: first and longest. */
const FULL_AGAIN_MS = { first: 5_000, longest: 300_000 };

export interface Intake {
  take(delivery: Delivery): Taken;
  takeGap(range: LostRange): Taken;
  /** Targets of which something was said in this transaction; forgotten by `begin`. */
  touched: ReadonlySet<string>;
  begin(): void;
  /** Last thing inside a transaction: keeps what each target said last in it. */
  save(): void;
}

export interface IntakeParts {
  store: Store;
  view: View;
  correlation: Correlation;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
}

export function createIntake({ store, view, correlation, clock, log, metrics }: IntakeParts): Intake {
  const touched = new Set<string>();
  const latest = new Map<string, Parameters<Store["items"]["saveLatest"]>[0]>();
  const fullAsked = new Map<string, { again: number; delay: number }>();

  const takeIn = (agent: string, item: Item, receivedAt: number): void => {
    if (!view.targetOf(agent, item.target)) {
      // Kept in the log, and no more: an agent speaks of its own targets only.
      metrics.strayItems.inc();
      return;
    }
    if (item.type === "detection") {
      correlation.step({ type: "detection", agent, detection: item, receivedAt });
      return;
    }
    latest.set(item.target, { agent, ...view.hear(agent, item, receivedAt) });
    touched.add(item.target);
    correlation.step({ type: "report", agent, report: item, receivedAt });
  };

  const count = (items: Item[]): void => {
    const reports = items.filter((i) => i.type === "report").length;
    if (reports > 0) metrics.items.inc({ kind: "report" }, reports);
    if (reports < items.length) metrics.items.inc({ kind: "detection" }, items.length - reports);
  };

  /** True when the agent's view of what it said differs from ours; then not again for a while, and ever longer. */
  const wantsFull = (agent: string, digest: string | undefined): boolean => {
    if (digest === undefined) return false;
    if (digest === view.digest(agent)) {
      fullAsked.delete(agent);
      return false;
    }
    const mono = clock.monotonic();
    const asked = fullAsked.get(agent);
    if (asked && mono < asked.again) return false;
    const delay = asked ? Math.min(asked.delay * 2, FULL_AGAIN_MS.longest) : FULL_AGAIN_MS.first;
    fullAsked.set(agent, { again: mono + delay, delay });
    metrics.fullRequests.inc();
    return true;
  };
  const hole = (last: number): Taken => ({ ok: false, code: "sequence-hole", detail: `the last seq kept is ${last}` });

  return {
    touched,
    begin() {
      touched.clear();
      latest.clear();
    },
    save() {
      for (const said of latest.values()) store.items.saveLatest(said);
    },
    take({ agent, epoch, firstSeq, items, digest, frame }) {
      const receivedAt = correlation.now();
      const appended = store.items.append(agent, epoch, firstSeq, items, receivedAt, frame);
      if (!appended.ok) return hole(appended.last);
      for (const item of appended.fresh) takeIn(agent, item, receivedAt);
      count(appended.fresh);
      return { ok: true, seq: appended.last, full: wantsFull(agent, digest) };
    },
    takeGap({ agent, epoch, from, to, reason }) {
      const appended = store.items.gap(agent, epoch, from, to, reason, correlation.now());
      if (!appended.ok) return hole(appended.last);
      log.warn({ event: "gap", agent, epoch, from, to, reason });
      return { ok: true, seq: appended.last, full: false };
    },
  };
}
