// Joins the stages: gateway → store and correlate, in one commit → ack and feed. The only place where an item becomes
// durable. Rules: nothing is acknowledged before its commit; what the correlator changed is in the same commit as what
// caused it; after a rollback everything in memory is built again from the record.

import type { CaseResult } from "../protocol/casework.ts";
import type {
  Act,
  ActResult,
  AgentStatus,
  ConfigState,
  Incident,
  Registry,
  Silence,
  TargetStatus,
} from "../protocol/index.ts";
import { runAct, runDeclare } from "./acts.ts";
import type { Declared, Input } from "./correlate/index.ts";
import { type Correlation, type CorrelationParts, createCorrelation } from "./correlation.ts";
import type { Delivery, Sink, Taken } from "./gateway/sink.ts";
import { groupCommit } from "./group-commit.ts";
import type { Desk, Who } from "./incidents/desk.ts";
import { createIntake } from "./intake.ts";
import type { Logger } from "./log.ts";
import type { PresenceBook, PresenceChange } from "./presence.ts";
import { messageOf } from "./problem.ts";
import { isDiskFailure } from "./store/store.ts";

/** What a commit changed, for screens. */
export interface Changes {
  agents: AgentStatus[];
  targets: TargetStatus[];
  removedTargets: string[];
  incidents: Incident[];
}

export interface Pipeline extends Sink {
  act(account: string, incident: string, act: Act): Promise<ActResult>;
  /** Opens an incident that a person tells of. */
  declare(account: string, declared: Declared): Promise<ActResult>;
  /** Puts evidence into the safe, before it is recorded at the desk. */
  keepEvidence: Desk["keep"];
  /** Runs people's work in the next transaction; screens see the incident that it was done on. */
  atDesk<T>(account: string, incident: string | undefined, run: AtDesk<T>): Promise<CaseResult<T>>;
  setRegistry(registry: Registry): void;
  /** Builds the correlator's state again from the record: after the machine's clock went back. */
  startAnew(): void;
  /** Undefined when the record takes what comes; else why not. */
  trouble(): string | undefined;
  /** Agents whose assignment could not be applied, with the reason. */
  misconfigured(): Record<string, string>;
  /** Commits what waits, sees it onto the disk and ends the timers. */
  stop(): Promise<void>;
}

export type AtDesk<T> = (desk: Desk, who: Who) => CaseResult<T>;

export interface PipelineParts<State> extends CorrelationParts<State> {
  desk?: Desk;
  presence: PresenceBook;
  publish(changes: Changes): void;
  /** The disk broke its promise: what it has is not known, and only a new start from the record can tell. */
  lost(error: unknown): void;
  /** The registry is another: every screen needs a new snapshot. */
  republish(): void;
}

const GROUP_MS = 4;
const SHOW_MS = 40;
/** An incident that changes all the time is shown this often. */
const SHOW_AGAIN_MS = 400;
const SWEEP_MS = 250;
const RETRY_MS = 3_000;
/** Items that wait: from the first number on agents are read more slowly, at the second they are sent away. */
const PENDING = { pressed: 20_000, most: 400_000 };
/** Whose work it is when no agent sent it. */
const CONSOLE = { owner: "", cost: 1, urgent: true };
/** A tick is not asked for sooner than this, nor a timer set longer than that. */
const WAKE_MS = { least: 10, most: 3_600_000 };

export function createPipeline<State>(parts: PipelineParts<State>): Pipeline {
  const { store, view, presence, clock, log, metrics } = parts;
  const correlation: Correlation = createCorrelation(parts);
  const intake = createIntake({ ...parts, correlation });
  const failedConfig = new Map<string, string>();
  let troubled: string | undefined;
  let wakeTimer: NodeJS.Timeout | undefined;
  let stopped = false;
  let silencesKnown = "[]";
  let lifecycleKnown = JSON.stringify(parts.desk?.lifecycle());
  const unshown = { targets: new Set<string>(), incidents: new Set<string>() };
  const shownAt = new Map<string, number>();
  let showTimer: NodeJS.Timeout | undefined;

  /** Screens see what is on the disk, as it stands when they are told: much that changes often is told once a while. */
  const show = (): void => {
    showTimer ??= setTimeout(() => {
      showTimer = undefined;
      const targets = [...unshown.targets].map((id) => view.target(id)).filter((t) => t !== undefined);
      unshown.targets.clear();
      const mono = clock.monotonic();
      for (const [id, at] of shownAt) if (mono - at >= SHOW_AGAIN_MS) shownAt.delete(id);
      const due = [...unshown.incidents].filter((id) => !shownAt.has(id));
      for (const id of due) {
        unshown.incidents.delete(id);
        shownAt.set(id, mono);
      }
      const incidents = due.map((id) => store.incidents.get(id)).filter((i) => i !== undefined);
      publish({ targets, incidents: withWork(incidents) });
      if (unshown.incidents.size > 0) show();
    }, SHOW_MS);
  };
  /** Incidents on which people worked in this transaction. */
  const worked = new Set<string>();

  const commits = groupCommit(
    {
      transaction: store.unsynced,
      sync: store.sync,
      syncFailed: parts.lost,
      synced: show,
      isDiskFailure,
      begin() {
        intake.begin();
        worked.clear();
        correlation.begin();
      },
      end() {
        intake.save();
        correlation.save();
      },
      committed(tookMs) {
        if (troubled) log.info({ event: "store-recovered" });
        troubled = undefined;
        metrics.commits.observe(tookMs / 1000);
        for (const id of intake.touched) unshown.targets.add(id);
        for (const id of correlation.changed()) unshown.incidents.add(id);
        for (const id of worked) unshown.incidents.add(id);
        wakeIn(correlation.wakeInMs());
      },
      rolledBack(error) {
        correlation.invalidate();
        // What the correlator was told in it is not known any more.
        silencesKnown = "";
        lifecycleKnown = "";
        metrics.failedCommits.inc();
        const remedy = "Free the disk or mend it; nothing is acknowledged meanwhile.";
        if (!troubled) log.error({ problem: "store-unavailable", detail: messageOf(error), remedy });
        troubled = messageOf(error);
        wakeIn(RETRY_MS);
      },
    },
    GROUP_MS,
  );

  const withWork = (incidents: Incident[]): Incident[] =>
    incidents.map((i) => {
      const work = parts.desk?.summary(i, correlation.now());
      return work ? { ...i, work } : i;
    });
  const publish = (some: Partial<Changes>): void => {
    const changes = { agents: [], targets: [], removedTargets: [], incidents: [], ...some };
    if (Object.values(changes).some((part) => part.length > 0)) parts.publish(changes);
  };
  const wakeIn = (ms: number | undefined): void => {
    clearTimeout(wakeTimer);
    if (ms === undefined || stopped) return;
    wakeTimer = setTimeout(() => enter({ type: "tick" }), Math.min(Math.max(ms, WAKE_MS.least), WAKE_MS.most));
  };

  /** Runs in the next transaction; resolves with what `run` gave after the commit, or with `otherwise` after a rollback. */
  const queued = <T>(run: () => T, otherwise: T, place = CONSOLE): Promise<T> =>
    new Promise((resolve) => {
      if (stopped) return resolve(otherwise);
      let result = otherwise;
      commits.add({
        ...place,
        run: () => {
          result = run();
        },
        done: () => resolve(result),
        failed: () => resolve(otherwise),
      });
    });
  /** What silences hold back or let go is for the correlator to say; most work changes none. */
  const noteSilences = (silences: Silence[]): void => {
    const mark = JSON.stringify(silences);
    if (mark === silencesKnown) return;
    silencesKnown = mark;
    correlation.step({ type: "silences", silences });
  };
  const noteLifecycle = (desk: Desk): void => {
    const policy = desk.lifecycle();
    const mark = JSON.stringify(policy);
    if (mark === lifecycleKnown) return;
    lifecycleKnown = mark;
    correlation.step({ type: "policy", policy });
  };
  const enter = (input: Input): void => void queued<unknown>(() => correlation.step(input), undefined);
  const taken = (place: typeof CONSOLE, run: () => Taken): Promise<Taken> =>
    commits.pending() > PENDING.most
      ? Promise.resolve({ ok: false, code: "try-later", detail: "too much is waiting", retryAfterMs: RETRY_MS })
      : queued(run, UNAVAILABLE, place);

  const notePresence = (change: PresenceChange | undefined): void => {
    if (!change) return;
    view.setPresence(change.agent, change.presence, change.since);
    log.info({ event: "presence", agent: change.agent, presence: change.presence });
    publish({ agents: [view.agent(change.agent)], targets: view.targetsOf(change.agent) });
    enter({ type: "presence", ...change });
  };
  let ticking = false;
  const sweeper = setInterval(() => {
    for (const change of presence.sweep(clock.monotonic())) notePresence(change);
    const { desk } = parts;
    if (desk && !ticking && desk.dueAt() <= clock.now()) {
      ticking = true;
      void queued(() => desk.tick(correlation.now()), undefined).then(() => {
        ticking = false;
      });
    }
  }, SWEEP_MS);

  return {
    knowsAgent: view.knowsAgent,
    lastSeq: store.items.lastSeq,
    heard: (agent) => notePresence(presence.heard(agent, clock.monotonic(), clock.now())),
    configured: (agent, config) => noteConfig(failedConfig, agent, config, log),
    deliver: (delivery) => taken(placeOf(delivery), () => intake.take(delivery)),
    lost: (range) => taken({ owner: range.agent, cost: 1, urgent: false }, () => intake.takeGap(range)),
    pressed: () => commits.pending() > PENDING.pressed,
    act: (account, id, act) =>
      queued<ActResult>(() => runAct(store, correlation, account, id, act), { ok: false, code: "store-unavailable" }),
    declare: (account, declared) =>
      queued<ActResult>(() => runDeclare(store, correlation, account, declared), {
        ok: false,
        code: "store-unavailable",
      }),
    keepEvidence: (bytes, type) => parts.desk?.keep(bytes, type) ?? { ok: false, code: "store-unavailable" },
    atDesk(account, incident, run) {
      const { desk } = parts;
      if (!desk) return Promise.resolve({ ok: false, code: "store-unavailable" });
      return queued<ReturnType<typeof run>>(
        () => {
          const now = correlation.now();
          const result = run(desk, { account, now });
          if (result.ok && incident !== undefined) worked.add(incident);
          if (result.ok && incident === undefined) {
            noteSilences(desk.unendedSilences(now));
            noteLifecycle(desk);
          }
          return result;
        },
        { ok: false, code: "store-unavailable" },
      );
    },
    setRegistry(registry) {
      const removed = view.setRegistry(registry);
      const agents = registry.agents.map((a) => a.id);
      presence.setAgents(agents, clock.monotonic(), clock.now());
      const run = () => {
        for (const { agent, said } of removed) store.items.dropLatest(agent, said.report.target);
        correlation.step({ type: "registry", registry });
      };
      void queued(run, undefined).then(parts.republish);
    },
    startAnew() {
      correlation.invalidate();
      enter({ type: "tick" });
    },
    trouble: () => troubled,
    misconfigured: () => Object.fromEntries(failedConfig),
    async stop() {
      const flushed = commits.flush();
      stopped = true;
      clearInterval(sweeper);
      clearTimeout(wakeTimer);
      await flushed;
      clearTimeout(showTimer);
    },
  };
}

const UNAVAILABLE: Taken = {
  ok: false,
  code: "store-unavailable",
  detail: "the record cannot be written",
  retryAfterMs: RETRY_MS,
};

const placeOf = ({ agent, items }: Delivery) => ({
  owner: agent,
  cost: Math.max(1, items.length),
  urgent: items.some((item) => item.type === "detection"),
});

function noteConfig(failed: Map<string, string>, agent: string, config: ConfigState, log: Logger): void {
  if (config.status !== "failed") return void failed.delete(agent);
  const why = config.error ?? "no reason given";
  if (failed.get(agent) === why) return;
  failed.set(agent, why);
  log.warn({ problem: "assignment-not-applied", agent, serial: config.serial, detail: why });
}
