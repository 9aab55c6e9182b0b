// Campaigns: incidents that share an actor or an indicator belong together, and so does one incident that spans agencies. The
// rules:
// - An incident without an actor or indicator belongs to no campaign.
// - One that spans two agencies, or shares an indicator with another that is not closed, is a campaign.
// - When two campaigns turn out to be one, the older keeps its name and the other's incidents follow. Pure.
import type { Incident, Indicator } from "../../protocol/index.ts";
import { indicatorKey, note, numberOf } from "./book.ts";
import type { Change, State, Tracked } from "./state.ts";

const MOST_INDICATORS = 100;

/** Remembers what an incident was seen with. */
export function sight(state: State, tracked: Tracked, indicators: Indicator[]): void {
  const known = new Set((tracked.incident.indicators ?? []).map(indicatorKey));
  const fresh = indicators.filter((i) => i.value !== "" && !known.has(indicatorKey(i)));
  if (fresh.length > 0)
    tracked.incident.indicators = [...(tracked.incident.indicators ?? []), ...fresh].slice(0, MOST_INDICATORS);
  for (const i of tracked.incident.indicators ?? []) {
    const key = indicatorKey(i);
    const seen = state.sightings.get(key) ?? new Set();
    state.sightings.set(key, seen.add(tracked.incident.id));
  }
}

/** Puts an incident into its campaign. Gives the others that changed by it. */
export function enlist(state: State, tracked: Tracked, now: number): Change[] {
  const related = relatedTo(state, tracked);
  if (related.length === 1 && agenciesOf(tracked.incident).length < 2) return [];
  const names = related.map((t) => t.incident.campaign).filter((c) => c !== undefined);
  const name = names.sort((a, b) => numberOf(a) - numberOf(b))[0] ?? nameAfter(related);
  const leaving = new Set(names.filter((n) => n !== name));
  const followers =
    leaving.size === 0 ? [] : [...state.tracked.values()].filter((t) => leaving.has(t.incident.campaign ?? ""));
  const members = [...new Set([...related, ...followers])];
  const changed = members.filter((t) => t.incident.campaign !== name);
  const agencies = [...new Set(members.flatMap((t) => agenciesOf(t.incident)))].sort();
  for (const t of changed) {
    t.incident.campaign = name;
    note(t, now, "campaign", { key: "reason.campaign", facts: { campaign: name, agencies } });
  }
  return changed.filter((t) => t !== tracked).map((t) => ({ type: "incident", incident: t.incident }));
}

/** Those with which it shares an indicator, itself among them. */
function relatedTo(state: State, tracked: Tracked): Tracked[] {
  const ids = new Set([tracked.incident.id]);
  for (const i of tracked.incident.indicators ?? [])
    for (const id of state.sightings.get(indicatorKey(i)) ?? []) ids.add(id);
  return [...ids].map((id) => state.tracked.get(id)).filter((t) => t !== undefined);
}

const agenciesOf = (i: Incident): string[] => [
  ...new Set([...i.impact.lost, ...i.impact.degraded, ...i.impact.affected]),
];

/** A campaign bears the number of its oldest incident: unique without a counter, and the same after a restart. */
const nameAfter = (members: Tracked[]): string =>
  `CAM-${String(Math.min(...members.map((t) => numberOf(t.incident.id)))).padStart(6, "0")}`;
