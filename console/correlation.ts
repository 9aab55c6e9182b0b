// The correlator's state beside the record: steps within a transaction, saved at its end, built again from the record when
// the two may differ. Memory never knows more than the disk.

import type { Incident, Registry } from "../protocol/index.ts";
import type { Clock } from "./clock.ts";
import type { Change, Input, Policy } from "./correlate/index.ts";
import type { Desk } from "./incidents/desk.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { messageOf } from "./problem.ts";
import type { Store } from "./store/store.ts";
import type { View } from "./view.ts";

/** The correlator's own surface (correlate/index.ts), so that a test can put another in its place. */
export interface Correlator<State> {
  initialState(settings: CorrelatorSettings): State;
  restore(state: State, registry: Registry, incidents: Incident[], reports: Kept[]): void;
  step(state: State, input: Input, now: number): Change[];
  nextWake(state: State): number | undefined;
}
export interface CorrelatorSettings {
  settleMs: number;
  recoverMs: number;
  graceMs: number;
  policy?: Policy;
}
type Kept = ReturnType<Store["items"]["allLatest"]>[number];

export interface Correlation {
  /** The time of decisions, ms: never goes back while one state of the correlator lives. */
  now(): number;
  /** First thing inside a transaction: builds the state again if need be. */
  begin(): void;
  /** Inside a transaction. Gives what changed; an input on which the correlator throws changes nothing. */
  step(input: Input): Change[];
  /** Last thing inside a transaction: keeps what changed. */
  save(): void;
  /** Ids of the incidents that the last transaction changed. */
  changed(): string[];
  /** What is in memory may not be what the record says. */
  invalidate(): void;
  /** In how many ms a tick is due; undefined for never. */
  wakeInMs(): number | undefined;
}

export interface CorrelationParts<State> {
  correlator: Correlator<State>;
  settings: CorrelatorSettings;
  store: Store;
  view: View;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  /** The stage of people's work, in the same transaction: it looks at what changed and gives the silences. */
  desk?: Pick<Desk, "attend" | "reload" | "unendedSilences" | "lifecycle">;
}

export function createCorrelation<State>(parts: CorrelationParts<State>): Correlation {
  const { correlator, store, view, clock } = parts;
  const anew = () =>
    correlator.initialState({ ...parts.settings, ...(parts.desk && { policy: parts.desk.lifecycle() }) });
  let state = anew();
  let stale = true;
  let lastNow = 0;
  let incidents = new Map<string, Incident>();
  /** Of those that are worked on: state and severity as they were saved last, to know what a change is. */
  const saved = new Map<string, Incident>();

  const now = () => {
    lastNow = Math.max(lastNow, clock.now());
    return lastNow;
  };
  const mistake = (problem: string, error: unknown, input?: string) => {
    parts.metrics.correlatorFailures.inc();
    parts.log.error({ problem, input, detail: messageOf(error), stack: (error as Error)?.stack });
  };
  const step = (input: Input): Change[] => {
    try {
      const changes = correlator.step(state, input, now());
      for (const { incident } of changes) incidents.set(incident.id, incident);
      return changes;
    } catch (error) {
      // A mistake of ours must not stop the record: the item is kept, and the state is built again from what is kept.
      stale = true;
      mistake("correlator-failed", error, input.type);
      return [];
    }
  };

  /** With all that is kept; if the correlator cannot take that, with less: a record that is kept without it is worth more than none. */
  const restore = (kept: Incident[], latest: Kept[]) => {
    for (const [who, what] of [
      [kept, latest],
      [kept, []],
      [[], []],
    ] as [Incident[], Kept[]][]) {
      state = anew();
      try {
        return correlator.restore(state, view.registry, who, what);
      } catch (error) {
        mistake("correlator-not-restored", error, `${who.length} incidents, ${what.length} reports`);
      }
    }
  };

  const rebuild = (): void => {
    const latest = store.items.allLatest();
    for (const { agent, said } of view.reload(latest)) store.items.dropLatest(agent, said.report.target);
    lastNow = 0;
    // The newest incident, closed or not, tells the correlator which number was given last.
    const kept = new Map([...store.incidents.newest(1), ...store.incidents.unclosed()].map((i) => [i.id, i]));
    restore([...kept.values()], latest);
    stale = false;
    if (parts.desk) step({ type: "silences", silences: parts.desk.unendedSilences(now()) });
    for (const { agent, presence, since } of view.agents())
      if (presence !== "unknown") step({ type: "presence", agent, presence, since });
  };

  return {
    now,
    step,
    begin() {
      incidents = new Map();
      if (stale) rebuild();
    },
    save() {
      for (const incident of incidents.values()) {
        const before = parts.desk && (saved.get(incident.id) ?? store.incidents.get(incident.id));
        store.incidents.save(incident, now());
        parts.desk?.attend(before, incident, now());
        if (incident.state === "closed") saved.delete(incident.id);
        else saved.set(incident.id, { ...incident });
      }
    },
    changed: () => [...incidents.keys()],
    invalidate() {
      stale = true;
      saved.clear();
      parts.desk?.reload();
    },
    wakeInMs() {
      if (stale) return 0;
      const at = correlator.nextWake(state);
      return at === undefined ? undefined : Math.max(0, at - now());
    },
  };
}
