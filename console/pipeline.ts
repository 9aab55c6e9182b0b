// Joins the stages: gateway → store and correlate, in one commit → ack and feed. The only place where an item becomes
// durable, and the only caller of the correlator.
// Rules: nothing is acknowledged before its commit; what the correlator changed is in the same commit as what caused it;
// after a rollback everything in memory is built again from the store, so that memory never knows more than the disk.

import type { AgentStatus, ConfigState, Incident, Item, Registry, TargetStatus } from "../protocol/index.ts";
import type { Clock } from "./clock.ts";
import type { Change, Input } from "./correlate/index.ts";
import type { Delivery, LostRange, Sink, Taken } from "./gateway/sink.ts";
import { groupCommit, type Job } from "./group-commit.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { PresenceBook, PresenceChange } from "./presence.ts";
import { messageOf } from "./problem.ts";
import { isDiskFailure, type Store } from "./store/store.ts";
import type { View } from "./view.ts";

/** The correlator's own surface (correlate/index.ts), so that a test can put a simpler one in its place. */
export interface Correlator<State> {
  initialState(settings: CorrelatorSettings): State;
  restore(state: State, registry: Registry, incidents: Incident[], reports: Reported[]): void;
  step(state: State, input: Input, now: number): Change[];
  nextWake(state: State): number | undefined;
}
export interface CorrelatorSettings {
  settleMs: number;
  recoverMs: number;
  graceMs: number;
}
type Reported = ReturnType<Store["items"]["allLatest"]>[number];

/** What a commit changed, for screens. */
export interface Changes {
  agents: AgentStatus[];
  targets: TargetStatus[];
  removedTargets: string[];
  incidents: Incident[];
}

export type Act = { kind: "acknowledge" } | { kind: "close"; resolution: string };
export type ActRefusal =
  | "incident-unknown"
  | "incident-closed"
  | "incident-open"
  | "owned-by-other"
  | "store-unavailable";
export type ActResult = { ok: true; incident: Incident } | { ok: false; code: ActRefusal };

export interface Pipeline extends Sink {
  act(account: string, incident: string, act: Act): Promise<ActResult>;
  setRegistry(registry: Registry): void;
  /** Builds the correlator's state again from the store: after the machine's clock went back. */
  startAnew(): void;
  /** Undefined when the record takes what comes; else why not. */
  trouble(): string | undefined;
  /** Agents whose assignment could not be applied, with the reason. */
  misconfigured(): Record<string, string>;
  /** Commits what waits and ends the timers. */
  stop(): void;
}

export interface PipelineParts<State> {
  store: Store;
  view: View;
  presence: PresenceBook;
  correlator: Correlator<State>;
  settings: CorrelatorSettings;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  publish(changes: Changes): void;
  /** The registry is another: every screen needs a new snapshot. */
  republish(): void;
}

const GROUP_MS = 4;
const SWEEP_MS = 250;
const RETRY_MS = 3_000;
const MOST_PENDING = 20_000;
/** Between two requests for whole reports to an agent whose digest stays different: first and longest. */
const FULL_AGAIN_MS = { first: 5_000, longest: 300_000 };

export function createPipeline<State>(parts: PipelineParts<State>): Pipeline {
  const { store, view, presence, correlator, clock, log, metrics } = parts;
  let state = correlator.initialState(parts.settings);
  let stale = true;
  let troubled: string | undefined;
  let lastNow = 0;
  let began = 0;
  let wakeTimer: NodeJS.Timeout | undefined;
  let stopped = false;
  /** What the running transaction has changed. */
  let incidents = new Map<string, Incident>();
  let changedTargets = new Set<string>();
  const fullAsked = new Map<string, { again: number; delay: number }>();
  const failedConfig = new Map<string, string>();

  /** The time of decisions: never goes back while one correlator state lives. */
  const now = () => {
    lastNow = Math.max(lastNow, clock.now());
    return lastNow;
  };

  const correlate = (input: Input): Change[] => {
    try {
      const changes = correlator.step(state, input, now());
      for (const change of changes) incidents.set(change.incident.id, change.incident);
      return changes;
    } catch (error) {
      // A mistake of ours must not stop the record: the item is kept, and the state is built again from what is kept.
      stale = true;
      metrics.correlatorFailures.inc();
      log.error({
        problem: "correlator-failed",
        input: input.type,
        detail: messageOf(error),
        stack: (error as Error).stack,
      });
      return [];
    }
  };

  const rebuild = (): void => {
    const latest = store.items.allLatest();
    for (const { agent, said } of view.reload(latest)) store.items.dropLatest(agent, said.report.target);
    state = correlator.initialState(parts.settings);
    lastNow = 0;
    // The newest incident, closed or not, tells the correlator which number was given last.
    const kept = new Map([...store.incidents.newest(1), ...store.incidents.unclosed()].map((i) => [i.id, i]));
    correlator.restore(state, view.registry, [...kept.values()], latest);
    stale = false;
  };

  const commits = groupCommit(
    {
      transaction: (work) => store.transaction(work),
      isDiskFailure,
      before() {
        began = performance.now();
        incidents = new Map();
        changedTargets = new Set();
        rebuilt = stale;
        if (stale) rebuild();
      },
      inside() {
        if (rebuilt) for (const a of view.agents()) if (a.presence !== "unknown") correlate({ ...presenceInput(a) });
        for (const incident of incidents.values()) store.incidents.save(incident, now());
      },
      committed() {
        if (troubled) log.info({ event: "store-recovered" });
        troubled = undefined;
        metrics.commits.observe((performance.now() - began) / 1000);
        publishCommitted();
        scheduleWake();
      },
      rolledBack(error) {
        stale = true;
        metrics.failedCommits.inc();
        if (!troubled)
          log.error({
            problem: "store-unavailable",
            detail: messageOf(error),
            remedy: "Free the disk or mend it; nothing is acknowledged meanwhile.",
          });
        troubled = messageOf(error);
        retryLater();
      },
    },
    GROUP_MS,
  );
  let rebuilt = false;

  const publishCommitted = (): void => {
    if (incidents.size === 0 && changedTargets.size === 0) return;
    parts.publish({
      agents: [],
      targets: [...changedTargets].map((id) => view.target(id)).filter((t) => t !== undefined),
      removedTargets: [],
      // The correlator goes on changing its own objects; screens get what was committed.
      incidents: [...incidents.values()].map((i) => structuredClone(i)),
    });
  };

  const addInput = (input: Input): void =>
    commits.add({
      run: () => {
        correlate(input);
      },
      done() {},
      failed() {},
    });

  const scheduleWake = (): void => {
    clearTimeout(wakeTimer);
    const at = stopped ? undefined : correlator.nextWake(state);
    if (at === undefined) return;
    const delay = Math.min(Math.max(at - clock.now() + 1, 10), 3_600_000);
    wakeTimer = setTimeout(() => addInput({ type: "tick" }), delay);
  };
  const retryLater = (): void => {
    clearTimeout(wakeTimer);
    if (!stopped) wakeTimer = setTimeout(() => addInput({ type: "tick" }), RETRY_MS);
  };

  const notePresence = (change: PresenceChange | undefined): void => {
    if (!change) return;
    view.setPresence(change.agent, change.presence, change.since);
    log.info({ event: "presence", agent: change.agent, presence: change.presence });
    parts.publish({
      agents: [view.agent(change.agent)],
      targets: view.targetsOf(change.agent),
      removedTargets: [],
      incidents: [],
    });
    addInput({ type: "presence", ...change });
  };

  const sweeper = setInterval(() => {
    for (const change of presence.sweep(clock.monotonic())) notePresence(change);
  }, SWEEP_MS);

  /** Takes one item that is new and durable with this transaction. */
  const takeIn = (agent: string, item: Item, receivedAt: number): void => {
    metrics.items.inc({ kind: item.type });
    if (!view.targetOf(agent, item.target)) {
      // Kept in the log, and no more: an agent speaks of its own targets only.
      metrics.strayItems.inc();
      return;
    }
    if (item.type === "detection") {
      correlate({ type: "detection", agent, detection: item, receivedAt });
      return;
    }
    store.items.saveLatest({ agent, ...view.hear(agent, item, receivedAt) });
    changedTargets.add(item.target);
    correlate({ type: "report", agent, report: item, receivedAt });
  };

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

  const busy = (): Taken => ({ ok: false, code: "try-later", detail: "too much is waiting", retryAfterMs: RETRY_MS });
  const unavailable = (): Taken => ({
    ok: false,
    code: "store-unavailable",
    detail: "the record cannot be written",
    retryAfterMs: RETRY_MS,
  });
  const hole = (last: number): Taken => ({ ok: false, code: "sequence-hole", detail: `the last seq kept is ${last}` });

  const queued = (run: () => Taken): Promise<Taken> =>
    new Promise((resolve) => {
      if (stopped) return resolve(unavailable());
      if (commits.pending() > MOST_PENDING) return resolve(busy());
      let taken: Taken = unavailable();
      commits.add({
        run: () => {
          taken = run();
        },
        done: () => resolve(taken),
        failed: () => resolve(unavailable()),
      });
    });

  return {
    knowsAgent: (agent) => view.knowsAgent(agent),
    lastSeq: (agent, epoch) => store.items.lastSeq(agent, epoch),
    heard: (agent) => notePresence(presence.heard(agent, clock.monotonic(), clock.now())),
    configured(agent, config) {
      noteConfig(failedConfig, agent, config, log);
    },
    deliver: (d: Delivery) =>
      queued(() => {
        const receivedAt = now();
        const appended = store.items.append(d.agent, d.epoch, d.firstSeq, d.items, receivedAt);
        if (!appended.ok) return hole(appended.last);
        for (const item of appended.fresh) takeIn(d.agent, item, receivedAt);
        return { ok: true, seq: appended.last, full: wantsFull(d.agent, d.digest) };
      }),
    lost: (r: LostRange) =>
      queued(() => {
        const appended = store.items.gap(r.agent, r.epoch, r.from, r.to, r.reason, now());
        if (!appended.ok) return hole(appended.last);
        log.warn({ event: "gap", agent: r.agent, epoch: r.epoch, from: r.from, to: r.to, reason: r.reason });
        return { ok: true, seq: appended.last, full: false };
      }),
    act: (account, id, act) =>
      new Promise((resolve) => {
        let result: ActResult = { ok: false, code: "store-unavailable" };
        const job: Job = {
          run: () => {
            result = runAct(account, id, act);
          },
          done: () => resolve(result.ok ? { ok: true, incident: structuredClone(result.incident) } : result),
          failed: () => resolve({ ok: false, code: "store-unavailable" }),
        };
        commits.add(job);
      }),
    setRegistry(registry) {
      const removed = view.setRegistry(registry);
      presence.setAgents(
        registry.agents.map((a) => a.id),
        clock.monotonic(),
        clock.now(),
      );
      commits.add({
        run: () => {
          for (const { agent, said } of removed) store.items.dropLatest(agent, said.report.target);
          correlate({ type: "registry", registry });
        },
        done: () => parts.republish(),
        failed: () => parts.republish(),
      });
    },
    startAnew() {
      stale = true;
      addInput({ type: "tick" });
    },
    trouble: () => troubled,
    misconfigured: () => Object.fromEntries(failedConfig),
    stop() {
      stopped = true;
      clearInterval(sweeper);
      clearTimeout(wakeTimer);
      commits.flush();
    },
  };

  function runAct(account: string, id: string, act: Act): ActResult {
    const before = store.incidents.get(id);
    if (!before) return { ok: false, code: "incident-unknown" };
    const incident = correlate({ type: "person", account, incident: id, act }).find(
      (c) => c.incident.id === id,
    )?.incident;
    if (!incident) return refusalOf(before, account, act);
    store.audit.write({
      at: now(),
      account,
      act: act.kind === "close" ? "incident-closed" : "incident-acknowledged",
      subject: id,
      detail: act.kind === "close" ? { resolution: act.resolution } : {},
    });
    return { ok: true, incident };
  }
}

/** Why the correlator did nothing with what a person asked. */
function refusalOf(incident: Incident, account: string, act: Act): ActResult {
  if (incident.state === "closed") return { ok: false, code: "incident-closed" };
  if (act.kind === "acknowledge") return { ok: true, incident };
  if (incident.owner !== undefined && incident.owner !== account) return { ok: false, code: "owned-by-other" };
  return { ok: false, code: "incident-open" };
}

const presenceInput = (a: AgentStatus) =>
  ({ type: "presence", agent: a.agent, presence: a.presence, since: a.since }) as const;

function noteConfig(failed: Map<string, string>, agent: string, config: ConfigState, log: Logger): void {
  if (config.status !== "failed") return void failed.delete(agent);
  const why = config.error ?? "no reason given";
  if (failed.get(agent) === why) return;
  failed.set(agent, why);
  log.warn({ problem: "assignment-not-applied", agent, serial: config.serial, detail: why });
}
