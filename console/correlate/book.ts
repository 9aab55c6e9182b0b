// The book of incidents that are followed, and which of them answers for the key of each cause or attack. The rules:
// - A key is answered for by one incident at most; the newest that took it.
// - An incident leaves the book when it is closed; its keys leave with it.
import {
  endsByPerson,
  type Incident,
  type IncidentEvent,
  type IncidentEventKind,
  type Indicator,
  type Reason,
} from "../../protocol/index.ts";
import type { Cause, State, Tracked } from "./state.ts";
import { DEFAULT_POLICY } from "./state.ts";
import type { Topology } from "./topology.ts";
import { enter } from "./tracked.ts";

const MOST_HISTORY = 500;
/** Keys that the record keeps of one incident. A storm may hold more: after a restart a later return of such a key is counted again. */
const MOST_KEYS = 1_000;

export const policyOf = (state: State) => state.settings.policy ?? DEFAULT_POLICY;

/** Follows an incident that is not closed, under its keys. */
export function track(state: State, key: string, incident: Incident, at: number, stands: boolean): Tracked {
  const tracked: Tracked = { key, incident, stands, stoodAt: at, held: stands, heldAt: at };
  state.tracked.set(incident.id, tracked);
  if (!endsByPerson(incident)) {
    state.hot.add(tracked);
    enter(state, tracked);
  }
  for (const k of [key, ...(incident.answersFor ?? [])]) answerFor(state, tracked, k);
  return tracked;
}

export function answerFor(state: State, tracked: Tracked, key: string): void {
  state.answering.set(key, tracked.incident.id);
  tracked.incident.answersFor ??= [];
  const kept = tracked.incident.answersFor;
  if (kept.length < MOST_KEYS && !kept.includes(key)) kept.push(key);
}

/** The incident that answers for a key, if one does. */
export function answering(state: State, key: string): Tracked | undefined {
  const id = state.answering.get(key);
  return id === undefined ? undefined : state.tracked.get(id);
}

export function untrack(state: State, tracked: Tracked): void {
  const { id, answersFor = [] } = tracked.incident;
  state.tracked.delete(id);
  state.hot.delete(tracked);
  state.attacks.delete(id);
  const keys = answersFor.length < MOST_KEYS ? [tracked.key, ...answersFor] : [...state.answering.keys()];
  for (const key of keys) if (state.answering.get(key) === id) state.answering.delete(key);
  for (const indicator of tracked.incident.indicators ?? []) {
    const seen = state.sightings.get(indicatorKey(indicator));
    seen?.delete(id);
    if (seen?.size === 0) state.sightings.delete(indicatorKey(indicator));
  }
}

export const indicatorKey = (i: Indicator): string => `${i.type}:${i.value}`;

/** A bare incident with the next number. */
export function newIncident(
  state: State,
  of: Pick<Cause, "asset" | "class" | "severity" | "since">,
  receivedAt: number,
  now: number,
  id = nextId(state),
): Incident {
  return {
    id,
    cause: { asset: of.asset, name: { vi: of.asset, en: of.asset } },
    class: of.class,
    severity: of.severity,
    state: "new",
    detectedAt: Math.min(of.since, now),
    earliest: { agentAt: of.since, receivedAt, skewMs: receivedAt - of.since },
    openedAt: now,
    impact: { lost: [], degraded: [], affected: [] },
    explains: [],
    evidence: [],
    history: [],
  };
}

export function nextId(state: State): string {
  state.lastNumber += 1;
  return `INC-${String(state.lastNumber).padStart(6, "0")}`;
}

/** No longer answers for this key. */
export function letGo(state: State, tracked: Tracked, key: string): void {
  if (state.answering.get(key) === tracked.incident.id) state.answering.delete(key);
  tracked.incident.answersFor = (tracked.incident.answersFor ?? []).filter((k) => k !== key);
}

/** Gives it to a person; from then on it is no longer new. */
export function noteOwner(incident: Incident, owner: string): void {
  incident.owner = owner;
  if (incident.state === "new") incident.state = "acknowledged";
}

/** Work on it begins again: with its owner, or from the start. */
export function resume(incident: Incident, at: number): void {
  incident.state = incident.owner === undefined ? "new" : "acknowledged";
  incident.reopenedAt = at;
  delete incident.recoveredAt;
  delete incident.quietAt;
}

/** The number in an id; 0 for none. */
export const numberOf = (id: string | undefined): number => Number(id?.replace(/^\D+/, "")) || 0;

/** Counts an earlier detection, if this is one. */
export function noteDetectedAt(incident: Incident, agentAt: number, receivedAt: number): void {
  if (agentAt >= incident.detectedAt) return;
  incident.detectedAt = agentAt;
  incident.earliest = { agentAt, receivedAt, skewMs: receivedAt - agentAt };
}

export function note(tracked: Tracked, at: number, what: IncidentEventKind, reason: Reason, by = "machine"): void {
  const { history } = tracked.incident;
  history.push({ at, by, what, reason });
  if (history.length > MOST_HISTORY) history.splice(leastMissed(history), 1);
}

/** The oldest of what came again and again, else of what the machine noted; never the opening. What people did leaves last. */
function leastMissed(history: readonly IncidentEvent[]): number {
  const oldest = (is: (e: IncidentEvent) => boolean) =>
    history.findIndex((e, i) => i > 0 && e.by === "machine" && is(e));
  const again = oldest((e) => e.what === "evidence-added");
  return Math.max(1, again > 0 ? again : oldest(() => true));
}

export function nameOf(topology: Topology, asset: string) {
  return topology.assets.get(asset)?.name ?? { vi: asset, en: asset };
}
