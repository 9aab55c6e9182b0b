// The data as one viewer may see it. For the whole province it is what there is; for some agencies the query limits what is
// read (store/scoped.ts), and people/redact.ts what of a shared incident is told. Screens, REST, search and export all read here.
import type { AgentStatus, Incident, Registry, TargetStatus } from "../protocol/index.ts";
import type { FeedChanges, Found, Hour, LogEntry, Reader, Snapshot, Viewer } from "./api/ports.ts";
import { redact } from "./people/redact.ts";
import { type Scope, type Sight, sightOf } from "./people/scope.ts";

export interface ReaderSources {
  registry(): Registry;
  incidents(
    scope: Scope,
    before: number | undefined,
    limit: number,
    open: boolean,
  ): { n: number; incident: Incident }[];
  incident(scope: Scope, id: string): Incident | undefined;
  concerned(scope: Scope, id: string): boolean;
  joinedAt(scope: Scope, id: string): number | undefined;
  agents(): AgentStatus[];
  targets(): TargetStatus[];
  itemsOf(targets: ReadonlySet<string>, fromAt: number, toAt: number, limit: number): LogEntry[];
  hours(scope: Scope, fromAt: number, toAt: number): Hour[];
  search(scope: Scope, words: string, before: number | undefined, limit: number): Found[];
  now(): number;
}

/** Closed incidents are history: the screen starts with the newest. */
const SHOWN = 200;
const MOST_OPEN = 100_000;
/** A search looks through this many incidents a page at most; the next page goes on from there. */
const MOST_SEARCHED = 2_000;
const MOST_SIGHTS = 200;

/** Makes readers; what a scope may see is worked out once for a registry. */
export function readersOf(sources: ReaderSources): (viewer: Viewer) => Reader {
  let version = "";
  const sights = new Map<string, Sight>();
  const sightFor = (scope: ReadonlySet<string>): Sight => {
    const registry = sources.registry();
    if (registry.version !== version || sights.size > MOST_SIGHTS) sights.clear();
    version = registry.version;
    const key = [...scope].sort().join(" ");
    const sight = sights.get(key) ?? sightOf(registry, scope);
    sights.set(key, sight);
    return sight;
  };
  return ({ account, scope }) =>
    readerOf(sources, scope, {
      sight: () => (scope === undefined ? undefined : sightFor(scope)),
      account,
    });
}

function readerOf(
  sources: ReaderSources,
  scope: Scope,
  viewer: { sight(): Sight | undefined; account: string },
): Reader {
  const { sight } = viewer;
  const told = (incident: Incident): Incident => {
    const s = sight();
    return s ? redact(incident, s, viewer.account, sources.joinedAt(scope, incident.id)) : incident;
  };
  const agents = () => ofScope(sources.agents(), scope);
  const targets = () => {
    const s = sight();
    return s ? sources.targets().filter((t) => s.targets.has(t.target)) : sources.targets();
  };
  const shown = (): Incident[] => {
    const found = new Map(
      [
        ...sources.incidents(scope, undefined, SHOWN, false),
        ...sources.incidents(scope, undefined, MOST_OPEN, true),
      ].map(({ incident }) => [incident.id, incident]),
    );
    return [...found.values()].map(told);
  };

  return {
    snapshot: () => ({
      ...headOf(sources.registry(), sight()),
      t: "snapshot",
      at: sources.now(),
      agents: agents(),
      targets: targets(),
      incidents: shown(),
    }),
    changes(all: FeedChanges): FeedChanges {
      const s = sight();
      if (!s) return all;
      return {
        agents: ofScope(all.agents, scope),
        targets: all.targets.filter((t) => s.targets.has(t.target)),
        removedTargets: all.removedTargets.filter((id) => s.agents.has(id.split("/", 1)[0]!)),
        incidents: all.incidents.filter((i) => sources.concerned(scope, i.id)).map(told),
      };
    },
    incidents({ before, limit, open, search }) {
      const most = search === undefined ? limit : MOST_SEARCHED;
      const page = sources.incidents(scope, before, most, open);
      const items: Incident[] = [];
      for (const { n, incident } of page) {
        // Looked for in what is told, not in what is kept: a search must not answer what a page would not.
        const said = told(incident);
        if (search === undefined || textOf(said).includes(search.toLowerCase())) items.push(said);
        if (items.length === limit) return n === page.at(-1)!.n && page.length < most ? { items } : { items, next: n };
      }
      return page.length < most ? { items } : { items, next: page.at(-1)!.n };
    },
    incident(id) {
      const found = sources.incident(scope, id);
      return found && told(found);
    },
    agencies: () => headOf(sources.registry(), sight()).agencies,
    agents,
    targets,
    hours: (fromAt, toAt) => sources.hours(scope, fromAt, toAt),
    search({ words, before, limit }) {
      const found = sources.search(scope, words, before, limit);
      const s = sight();
      // An agency's target that another's agent watches is in the query, and not in what its own people may read.
      const items = s ? found.filter((f) => s.targets.has(f.target)) : found;
      return found.length < limit ? { items } : { items, next: found.at(-1)!.id };
    },
    itemsOf(wanted, fromAt, toAt, limit) {
      const s = sight();
      const allowed = s ? new Set([...wanted].filter((t) => s.targets.has(t))) : wanted;
      return allowed.size === 0 ? [] : sources.itemsOf(allowed, fromAt, toAt, limit);
    },
  };
}

const ofScope = <T extends { agency: string }>(rows: T[], scope: Scope): T[] =>
  scope === undefined ? rows : rows.filter((r) => scope.has(r.agency));

/** What a search finds an incident by. */
const textOf = (i: Incident): string =>
  JSON.stringify([
    i.id,
    i.cause,
    i.class,
    i.impact,
    i.owner,
    i.evidence.map((e) => [e.subject, e.target, e.tag]),
  ]).toLowerCase();

/** Names of what is seen. Shared infrastructure is named without saying whose it is. */
function headOf(
  registry: Registry,
  sight: Sight | undefined,
): Pick<Snapshot, "province" | "levels" | "agencies" | "assets"> {
  const { province, levels } = registry;
  const agencies = registry.agencies.map(({ id, level, name }) => ({ id, level, name }));
  const assets = registry.assets.map(({ id, kind, name, agency }) => ({ id, kind, name, agency }));
  if (!sight) return { province, levels, agencies, assets };
  return {
    province,
    levels,
    agencies: agencies.filter((a) => sight.scope.has(a.id)),
    assets: assets
      .filter((a) => sight.assetNames.has(a.id))
      .map((a) => (sight.scope.has(a.agency) ? a : { ...a, agency: "" })),
  };
}
