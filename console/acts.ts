// What a person does to an incident: asked of the correlator, kept and audited in one transaction, or refused by name.

import type { Incident } from "../protocol/index.ts";
import type { Correlation } from "./correlation.ts";
import type { Store } from "./store/store.ts";

export type Act = { kind: "acknowledge" } | { kind: "close"; resolution: string };
export type ActRefusal =
  | "incident-unknown"
  | "incident-closed"
  | "incident-open"
  | "owned-by-other"
  | "store-unavailable";
export type ActResult = { ok: true; incident: Incident } | { ok: false; code: ActRefusal };

/** Runs inside a transaction. */
export function runAct(store: Store, correlation: Correlation, account: string, id: string, act: Act): ActResult {
  const before = store.incidents.get(id);
  if (!before) return { ok: false, code: "incident-unknown" };
  const changes = correlation.step({ type: "person", account, incident: id, act });
  const incident = changes.find((c) => c.incident.id === id)?.incident;
  if (!incident) return refusalOf(before, account, act);
  store.audit.write({
    at: correlation.now(),
    account,
    act: act.kind === "close" ? "incident-closed" : "incident-acknowledged",
    subject: id,
    detail: act.kind === "close" ? { resolution: act.resolution } : {},
  });
  return { ok: true, incident: structuredClone(incident) };
}

/** Why the correlator did nothing with what was asked. To take what one has taken already is no refusal. */
function refusalOf(incident: Incident, account: string, act: Act): ActResult {
  if (incident.state === "closed") return { ok: false, code: "incident-closed" };
  if (act.kind === "acknowledge") return { ok: true, incident };
  if (incident.owner !== undefined && incident.owner !== account) return { ok: false, code: "owned-by-other" };
  return { ok: false, code: "incident-open" };
}
