// The console as its API sees it, put together from record, view and pipeline.
import type { Backend } from "./api/ports.ts";
import type { Clock } from "./clock.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Store } from "./store/store.ts";
import type { View } from "./view.ts";

/** Closed incidents are history: the screen starts with the newest. */
const CLOSED_SHOWN = 200;

export function snapshotOf(store: Store, view: View, clock: Clock) {
  const { province, levels, agencies, assets } = view.registry;
  return {
    t: "snapshot" as const,
    at: clock.now(),
    province,
    levels,
    agencies: agencies.map(({ id, level, name }) => ({ id, level, name })),
    assets: assets.map(({ id, kind, name, agency }) => ({ id, kind, name, agency })),
    agents: view.agents(),
    targets: view.targets(),
    incidents: shownIncidents(store),
  };
}

/** Every incident that is not closed, and the newest of the closed. */
function shownIncidents(store: Store) {
  const newest = store.incidents.newest(CLOSED_SHOWN);
  const ids = new Set(newest.map((i) => i.id));
  return [...newest, ...store.incidents.unclosed().filter((i) => !ids.has(i.id))];
}

export function backendOf(url: string, store: Store, view: View, pipeline: Pipeline, clock: Clock): Backend {
  const countOf = (presence: string) => view.agents().filter((a) => a.presence === presence).length;
  return {
    accounts: store.accounts,
    audit: store.audit.write,
    transaction: store.transaction,
    act: pipeline.act,
    snapshot: () => snapshotOf(store, view, clock),
    incidents: () => shownIncidents(store),
    incident: store.incidents.get,
    agents: view.agents,
    targets: view.targets,
    itemsOf: store.items.ofTargets,
    itemsAfter: store.items.after,
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
