// So much at once that one incident a cause would bury the people: when many of a class have opened within the window, what
// follows of that class is collapsed into one incident that counts. Nothing is lost: each cause or actor is still answered for, by
// that incident, and a person can split it. Pure.
import type { Incident, IncidentClass } from "../../protocol/index.ts";
import { isWorking } from "../../protocol/index.ts";
import { answerFor, answering, newIncident, note, policyOf, track } from "./book.ts";
import type { State, Tracked } from "./state.ts";

const keyOf = (cls: IncidentClass) => `storm:${cls}`;

/** Counts an opening of this class. */
export function noteOpening(state: State, cls: IncidentClass, now: number): void {
  const { at, windowMs } = policyOf(state).storm;
  const recent = (state.openings.get(cls) ?? []).filter((t) => t > now - windowMs);
  state.openings.set(cls, [...recent, now].slice(-at));
}

/** After a restart: the openings that the record tells of. */
export function restoreOpenings(state: State, incidents: Incident[]): void {
  for (const i of incidents.toSorted((a, b) => a.openedAt - b.openedAt))
    if (i.declared === undefined && i.storm === undefined) noteOpening(state, i.class, i.openedAt);
}

/** The incident that takes in one more of its class, which is answered for from now on; undefined in quieter times. */
export function collapse(
  state: State,
  key: string,
  of: { asset: string; class: IncidentClass; severity: Tracked["incident"]["severity"]; since: number },
  receivedAt: number,
  now: number,
): { storm: Tracked; began: boolean } | undefined {
  const { at, windowMs } = policyOf(state).storm;
  const recent = (state.openings.get(of.class) ?? []).filter((t) => t > now - windowMs);
  if (recent.length < at) return undefined;
  // What goes on keeps the storm going.
  noteOpening(state, of.class, now);
  const going = answering(state, keyOf(of.class));
  const known = going && isWorking(going.incident) ? going : undefined;
  const storm = known ?? begin(state, of, receivedAt, now);
  answerFor(state, storm, key);
  const counted = storm.incident.storm!;
  counted.count += 1;
  if (counted.count > 1 && isRound(counted.count))
    note(storm, now, "storm", { key: "reason.storm-grew", facts: { count: counted.count } });
  return { storm, began: known === undefined };
}

function begin(state: State, of: Parameters<typeof newIncident>[1], receivedAt: number, now: number): Tracked {
  const { at, windowMs } = policyOf(state).storm;
  const incident = newIncident(state, of, receivedAt, now);
  const key = keyOf(of.class);
  incident.cause = { asset: key, name: { vi: "Nhiều nơi cùng lúc", en: "Many places at once" } };
  incident.storm = { count: 0, since: now };
  const storm = track(state, key, incident, now, true);
  note(storm, now, "opened", { key: "reason.storm", facts: { count: at, minutes: Math.round(windowMs / 60_000) } });
  return storm;
}

/** 10, 100, 1000, …: a history that grows with the logarithm. */
const isRound = (n: number) => /^10+$/.test(String(n));
