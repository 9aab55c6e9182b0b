// Which incidents a decision has to look at: who stands for which cause, who answers for what it left behind, who may recover. The
// rules of incidents.ts use it, so that no decision has to look at every open incident. Pure.
import { isWorking } from "../../protocol/index.ts";
import type { State, Tracked } from "./state.ts";

/** How long after its cause was last seen an incident still answers for remnants that were there before. */
export const REMNANT_MS = 30_000;

/** Makes an incident found by its asset, and among those that may answer for remnants. After a change of either, again. */
export function enter({ derived }: State, t: Tracked): void {
  const asset = t.incident.cause.asset;
  derived.byAsset.set(asset, (derived.byAsset.get(asset) ?? new Set()).add(t));
  if (t.incident.class !== "connectivity") return;
  derived.covering.add(t);
  derived.coveringVersion += 1;
}

/** Begins anew with who is followed: a person, or a restart, may have changed any incident. */
export function reindex(state: State): void {
  const { derived } = state;
  for (const map of [derived.byAsset, derived.covering, derived.pending, derived.adoptions]) map.clear();
  for (const map of [derived.holder, derived.standingFor, derived.loose]) map.clear();
  derived.trackedStale = false;
  for (const t of state.hot) enter(state, t);
}

/** Incidents on that asset that a decision has to look at. */
export function hotAt(state: State, asset: string): Tracked[] {
  const set = state.derived.byAsset.get(asset) ?? new Set<Tracked>();
  for (const t of set) if (!state.hot.has(t) || t.incident.cause.asset !== asset) set.delete(t);
  if (set.size === 0) state.derived.byAsset.delete(asset);
  return [...set];
}

/** An incident changed. If it may answer for others' causes, it may now do so for more, or fewer. */
export function noteChanged({ derived }: State, t: Tracked): void {
  if (derived.covering.has(t)) derived.coveringVersion += 1;
}

/** Connectivity incidents that may answer for remnants now, in one order. */
export function coveringNow(state: State, now: number): Tracked[] {
  const { covering } = state.derived;
  for (const t of covering)
    if (!state.hot.has(t) || t.incident.class !== "connectivity" || (!t.stands && now >= t.stoodAt + REMNANT_MS))
      covering.delete(t);
  return [...covering].sort((a, b) => (a.incident.id < b.incident.id ? -1 : 1));
}

/** A cause has no incident of its own; `by` answers for it, or nobody. */
export function pend(state: State, key: string, by: Tracked | undefined, now: number): void {
  const { derived } = state;
  const before = derived.pending.get(key)?.by;
  // Last in the map: the order is that of versions, so that who was judged by an older one is found without a search.
  derived.pending.delete(key);
  derived.pending.set(key, { version: derived.coveringVersion, by });
  adoptedBy(state, before, by, now);
}

function adoptedBy(state: State, from: Tracked | undefined, to: Tracked | undefined, now: number): void {
  if (from === to) return;
  const { adoptions } = state.derived;
  if (to) adoptions.set(to, (adoptions.get(to) ?? 0) + 1);
  if (from) adoptions.set(from, (adoptions.get(from) ?? 1) - 1);
  for (const t of [from, to]) if (t) hold(state, t, now);
}

/** Pending causes that were judged by an older state of the incidents that may answer for them. */
export function judgedBefore({ derived }: State): string[] {
  const keys: string[] = [];
  for (const [key, { version }] of derived.pending) {
    if (version === derived.coveringVersion) break;
    keys.push(key);
  }
  return keys;
}

/** A cause stands for that incident from now on. */
export function standFor(state: State, key: string, t: Tracked, now: number): void {
  const { derived } = state;
  settle(state, key, now);
  if (derived.holder.get(key) !== t) leave(state, key, now);
  derived.holder.set(key, t);
  derived.standingFor.set(t, (derived.standingFor.get(t) ?? new Set()).add(key));
  if (!t.stands) noteChanged(state, t);
  t.stands = t.held = true;
}

function settle(state: State, key: string, now: number): void {
  const before = state.derived.pending.get(key)?.by;
  state.derived.pending.delete(key);
  adoptedBy(state, before, undefined, now);
}

/** A cause is gone. Gives the incident that it stood for. */
export function goes(state: State, key: string, now: number): Tracked | undefined {
  settle(state, key, now);
  return leave(state, key, now);
}

function leave(state: State, key: string, now: number): Tracked | undefined {
  const { derived } = state;
  const t = derived.holder.get(key);
  if (!t) return undefined;
  derived.holder.delete(key);
  const rest = derived.standingFor.get(t);
  rest?.delete(key);
  if (rest && rest.size > 0) return t;
  derived.standingFor.delete(t);
  t.stoodAt = now;
  t.stands = false;
  noteChanged(state, t);
  hold(state, t, now);
  return t;
}

/** Works out anew what holds an incident open: its causes, causes that it answers for, or that nobody knows yet. */
export function hold(state: State, t: Tracked, now: number): void {
  const adopts = isWorking(t.incident) && (state.derived.adoptions.get(t) ?? 0) > 0;
  const held = t.stands || adopts || staysUnknown(state, t);
  if (t.held && !held) t.heldAt = now;
  t.held = held;
  if (!held && state.hot.has(t)) state.derived.loose.add(t);
}

/** After a restart nobody knows yet whether a silent agent still is: that is no recovery. */
export function staysUnknown(state: State, t: Tracked): boolean {
  if (t.incident.class !== "agent" || !isWorking(t.incident)) return false;
  const agent = state.topology?.agentOf.get(t.incident.cause.asset);
  const known = agent === undefined ? [...state.presence.values()] : [state.presence.get(agent)];
  return known.every((p) => p === undefined || p.presence === "unknown");
}
