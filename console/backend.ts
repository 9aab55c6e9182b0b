// The console as its API sees it, put together from record, view and pipeline.
import type { Alarm, Backend } from "./api/ports.ts";
import type { Clock } from "./clock.ts";
import type { Pipeline } from "./pipeline.ts";
import { readersOf } from "./reader.ts";
import type { Store } from "./store/store.ts";
import type { View } from "./view.ts";

/** How the record and the view are read, by whom and how far. */
export const readersOver = (store: Store, view: View, clock: Clock) =>
  readersOf({
    registry: () => view.registry,
    incidents: store.scoped.incidents,
    incident: store.scoped.incident,
    concerned: store.scoped.concerned,
    agents: view.agents,
    targets: view.targets,
    itemsOf: store.items.ofTargets,
    now: clock.now,
  });

export interface BackendParts {
  url: string;
  store: Store;
  view: View;
  pipeline: Pipeline;
  reader: Backend["reader"];
  clock: Clock;
  alarm(alarm: Alarm): void;
}

export function backendOf({ url, store, view, pipeline, reader, clock, alarm }: BackendParts): Backend {
  const countOf = (presence: string) => view.agents().filter((a) => a.presence === presence).length;
  return {
    accounts: store.accounts,
    tokens: store.tokens,
    idempotency: store.idempotency,
    audit: store.audit,
    transaction: store.transaction,
    act: pipeline.act,
    reader,
    hasAgency: (id) => view.registry.agencies.some((a) => a.id === id),
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
