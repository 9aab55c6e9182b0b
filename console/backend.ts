// The console as its API sees it, put together from record, view and pipeline.
import type { Incident } from "../protocol/index.ts";
import type { Alarm, Backend, CaseworkDoor } from "./api/ports.ts";
import { runDeclaration, runVerb } from "./casework.ts";
import type { Clock } from "./clock.ts";
import type { Desk } from "./incidents/desk.ts";
import { timelineCsv, timelineHtml, timelineJson } from "./incidents/timeline.ts";
import { partOfCase } from "./people/redact.ts";
import type { Pipeline } from "./pipeline.ts";
import { readersOf } from "./reader.ts";
import type { Store } from "./store/store.ts";
import type { View } from "./view.ts";

/** How the record and the view are read, by whom and how far. */
export function readersOver(store: Store, view: View, clock: Clock, desk: Desk) {
  const withWork = (incident: Incident): Incident => {
    const work = desk.summary(incident, clock.now());
    return work ? { ...incident, work } : incident;
  };
  return readersOf({
    registry: () => view.registry,
    incidents: (...asked) => store.scoped.incidents(...asked).map((r) => ({ ...r, incident: withWork(r.incident) })),
    incident: (scope, id) => {
      const incident = store.scoped.incident(scope, id);
      return incident && withWork(incident);
    },
    concerned: store.scoped.concerned,
    joinedAt: store.scoped.joinedAt,
    agents: view.agents,
    targets: view.targets,
    itemsOf: store.items.ofTargets,
    hours: store.history.hours,
    search: store.history.search,
    now: clock.now,
  });
}

/** People's work as the API asks for it. */
export function caseworkDoor(
  pipeline: Pick<Pipeline, "atDesk" | "declare" | "keepEvidence">,
  view: Pick<View, "registry">,
): CaseworkDoor {
  const names = () => new Map([...view.registry.assets, ...view.registry.agencies].map((x) => [x.id, x.name] as const));
  return {
    view: (account, id) => pipeline.atDesk(account, undefined, (desk, who) => desk.view(id, who.now)),
    part: (account, id, scope) =>
      pipeline.atDesk(account, undefined, (desk, who) => {
        const whole = desk.view(id, who.now);
        if (!whole.ok) return whole;
        return { ok: true, value: partOfCase(whole.value.state, whole.value.events, scope, account) };
      }),
    verb: (account, id, name, body, agencies) => runVerb(pipeline, account, id, name, body, agencies),
    declare: (account, body) => runDeclaration(pipeline, account, body),
    addEvidence: (account, id, bytes, { name, note, type }) => {
      const kept = pipeline.keepEvidence(bytes, type);
      if (!kept.ok) return Promise.resolve(kept);
      return pipeline.atDesk(account, id, (desk, who) => desk.addEvidence(who, id, kept.value, { name, note }));
    },
    readEvidence: (account, id, sha256) =>
      pipeline.atDesk(account, id, (desk, who) => {
        const read = desk.readEvidence(who, id, sha256);
        if (!read.ok) return read;
        const { item, bytes } = read.value;
        return { ok: true, value: { ...item, base64: Buffer.from(bytes).toString("base64") } };
      }),
    timeline: (account, id, format, language) =>
      pipeline.atDesk(account, undefined, (desk, who) => {
        const source = desk.view(id, who.now);
        return source.ok ? { ok: true, value: TIMELINES[format](source.value, language, names()) } : source;
      }),
  };
}
const TIMELINES = { json: timelineJson, csv: timelineCsv, html: timelineHtml };

export interface BackendParts {
  url: string;
  store: Store;
  view: View;
  pipeline: Pipeline;
  reader: Backend["reader"];
  clock: Clock;
  enrolments: Backend["enrolments"];
  software: Backend["software"];
  alarm(alarm: Alarm): void;
  notifications: Backend["notifications"];
}

export function backendOf({
  url,
  store,
  view,
  pipeline,
  reader,
  clock,
  enrolments,
  software,
  alarm,
  notifications,
}: BackendParts): Backend {
  const countOf = (presence: string) => view.agents().filter((a) => a.presence === presence).length;
  return {
    accounts: store.accounts,
    passkeys: store.passkeys,
    tokens: store.tokens,
    idempotency: store.idempotency,
    audit: store.audit,
    transaction: store.transaction,
    backUp: () => store.backUp(clock.now()),
    act: pipeline.act,
    casework: caseworkDoor(pipeline, view),
    enrolments,
    software,
    reader,
    notifications,
    hasAgency: (id) => view.registry.agencies.some((a) => a.id === id),
    rebuildHistory: () => store.transaction(store.history.startAnew),
    itemsAfter: store.items.after,
    alarm,
    status: () => {
      const trouble = pipeline.trouble();
      return {
        agents: {
          live: countOf("live"),
          silent: countOf("silent"),
          unknown: countOf("unknown"),
          misconfigured: pipeline.misconfigured(),
        },
        incidents: store.incidents.countByState(),
        targets: view.registry.targets.length,
        record: { bytes: store.size(), ...store.items.counts() },
        registry: view.registry.version,
        url: url,
        ready: trouble === undefined,
        ...(trouble === undefined ? {} : { trouble }),
      };
    },
    now: clock.now,
    monotonic: clock.monotonic,
  };
}
