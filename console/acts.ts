// What a person does to an incident: judged, asked of the correlator, kept and audited in one transaction, or refused by name.

import { type Act, type ActRefusal, type ActResult, type Incident, refusalOf } from "../protocol/index.ts";
import type { Declared } from "./correlate/index.ts";
import type { Correlation } from "./correlation.ts";
import type { Store } from "./store/store.ts";

/** Runs inside a transaction. */
export function runAct(store: Store, correlation: Correlation, account: string, id: string, act: Act): ActResult {
  const before = store.incidents.get(id);
  if (!before) return { ok: false, code: "incident-unknown" };
  const code = refusalOf(before, account, act) ?? refusalOfOther(store, act);
  if (code) return { ok: false, code };
  const kept = before.state === "closed" ? { kept: before } : {};
  const changes = correlation.step({ type: "person", account, incident: id, act, ...kept });
  const incident = changes.find((c) => c.incident.id === id)?.incident;
  // To take what one has taken already is no refusal.
  if (!incident) return { ok: true, incident: before };
  store.audit.write({
    at: correlation.now(),
    account,
    act: `incident-${act.kind}`,
    subject: id,
    ...factsOf(act),
  });
  return { ok: true, incident: structuredClone(incident) };
}

/** Opens an incident that a person tells of. Runs inside a transaction. */
export function runDeclare(store: Store, correlation: Correlation, account: string, declared: Declared): ActResult {
  const [change] = correlation.step({ type: "declare", account, declared });
  if (!change) return { ok: false, code: "store-unavailable" };
  const { incident } = change;
  const [detail, personal] = [{ asset: declared.asset }, { summary: declared.summary }];
  store.audit.write({
    at: correlation.now(),
    account,
    act: "incident-declared",
    subject: incident.id,
    detail,
    personal,
  });
  return { ok: true, incident: structuredClone(incident) };
}

/** A merge speaks of a second incident, which must still be open to it. */
function refusalOfOther(store: Store, act: Act): ActRefusal | undefined {
  if (act.kind !== "merge") return undefined;
  const other: Incident | undefined = store.incidents.get(act.into);
  if (!other) return "incident-unknown";
  return other.state === "closed" ? "nothing-to-merge" : undefined;
}

/** What people wrote, and about whom, stands beside the audit's chain: it may have to be erased. */
const WRITTEN = new Set(["reason", "resolution", "to"]);

function factsOf({ kind: _, ...said }: Act): { detail: Record<string, string>; personal?: Record<string, string> } {
  const facts = Object.entries(said).map(([k, v]) => [k, Array.isArray(v) ? v.join(", ") : String(v)] as const);
  const written = facts.filter(([k]) => WRITTEN.has(k));
  const detail = Object.fromEntries(facts.filter(([k]) => !WRITTEN.has(k)));
  return { detail, ...(written.length > 0 ? { personal: Object.fromEntries(written) } : {}) };
}
