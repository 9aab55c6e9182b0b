// What follows when two live processes go by one agent's name (gateway/clones.ts): log, audit and metric say so, and an incident opens on
// its host, so that whoever has to act is told. One that is open already says it well enough.
import type { IncidentClass } from "../protocol/index.ts";
import { text } from "../protocol/locales/index.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Pipeline } from "./pipeline.ts";
import { messageOf } from "./problem.ts";
import type { Store } from "./store/store.ts";
import type { View } from "./view.ts";

export interface CloneParts {
  store: Pick<Store, "audit" | "incidents" | "transaction">;
  view: Pick<View, "registry">;
  pipeline: Pick<Pipeline, "declare">;
  metrics: Pick<Metrics, "alarms">;
  log: Pick<Logger, "error">;
  now(): number;
}

const BY = "machine";
const CLASS: IncidentClass = "intrusion";
const REMEDY =
  "Two machines report under one name, and what one says hides the other's. Revoke the agent (vonggac agent revoke), find the copy, enrol the right one anew.";

/** For the gateway: hears of a clone and where one of the two stands. */
export function cloneHearing({ store, view, pipeline, metrics, log, now }: CloneParts) {
  return (agent: string, from: string): void => {
    const at = now();
    store.transaction(() =>
      store.audit.write({ at, account: BY, act: "agent-cloned", subject: agent, detail: { from } }),
    );
    metrics.alarms.inc({ code: "agent-cloned" });
    log.error({ problem: "agent-cloned", agent, from, remedy: REMEDY });
    const known = view.registry.agents.find((a) => a.id === agent);
    const isOpen = store.incidents
      .unclosed()
      .some((i) => i.cause.asset === known?.host && i.class === CLASS && i.declared?.by === BY);
    if (!known || isOpen) return;
    const summary = (["vi", "en"] as const).map((l) => text(l, "agent-cloned.summary", { agent, from })).join(" / ");
    pipeline
      .declare(BY, {
        asset: known.host,
        class: CLASS,
        severity: "high",
        detectedAt: at,
        summary,
        agencies: [known.agency],
        indicators: [],
      })
      .catch((error: unknown) => log.error({ problem: "agent-cloned-not-opened", agent, detail: messageOf(error) }));
  };
}
