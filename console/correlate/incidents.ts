// Causes in, incidents out. The machine opens, refines, recovers and reopens; it never closes. The rules:
// - A cause opens an incident once it has stood for its settling time and no incident covers it.
// - An incident covers what its fault leaves behind: for a while, the links of its host and the agencies that it hit.
// - A cause that explains an open incident refines it: the incident goes on under the truer cause.
// - An incident whose cause and remnants are gone for recoverMs has recovered. A return reopens the same incident.
import type { Incident, IncidentEventKind, IncidentEvidence, Reason } from "../../protocol/index.ts";
import type { Cause, Change, State, Tracked } from "./state.ts";
import { wake } from "./state.ts";
import type { Topology } from "./topology.ts";

/** How long after its cause was last seen an incident still answers for remnants that were there before. */
const REMNANT_MS = 30_000;
/** A return within this time of recovery is the same incident; a later one is another. */
const REOPEN_MS = 30 * 60_000;
/** How long after recovery a new cause next to the old one still counts as the same trouble settling. */
const FLAP_MS = 8_000;
const MOST_EVIDENCE = 200;
const MOST_HISTORY = 500;

export function assimilate(state: State, topology: Topology, causes: Map<string, Cause>, now: number): Change[] {
  const changed = new Set<Tracked>();
  noteStanding(state, causes, now);
  beginStep(state, now);
  // Network causes first: what they refine must not be opened beside them.
  const ordered = [...causes.values()].sort((a, b) => b.explains.length - a.explains.length || a.since - b.since);
  for (const cause of ordered) {
    const own = byKey(state, cause.key, now);
    if (own?.incident.state === "open") continueIncident(own, cause, changed);
    else if (adopt(state, topology, cause, own, now)) continue;
    else if (own) reopen(state, own, cause, now, changed);
    else startIncident(state, topology, causes, cause, now, changed);
  }
  for (const tracked of state.tracked.values()) recover(state, tracked, now, changed);
  return [...changed].map((t) => ({ type: "incident", incident: t.incident }));
}

function noteStanding(state: State, causes: Map<string, Cause>, now: number): void {
  for (const key of state.standing.keys()) if (!causes.has(key)) state.standing.delete(key);
  for (const key of causes.keys()) if (!state.standing.has(key)) state.standing.set(key, now);
}

/** What stood at the last step stood until now; what stands from now on, this step will say. */
function beginStep(state: State, now: number): void {
  for (const t of state.tracked.values()) {
    if (t.stands) t.stoodAt = now;
    if (t.held) t.heldAt = now;
    t.stands = false;
    t.held = staysUnknown(state, t);
  }
}

/** After a restart nobody knows yet whether a silent agent still is: that is no recovery. */
function staysUnknown(state: State, t: Tracked): boolean {
  if (t.incident.class !== "agent" || t.incident.state !== "open") return false;
  const agent = state.topology?.agentOf.get(t.incident.cause.asset);
  const known = agent === undefined ? [...state.presence.values()] : [state.presence.get(agent)];
  return known.every((p) => p === undefined || p.presence === "unknown");
}

function settled(state: State, cause: Cause, now: number): boolean {
  const at = state.standing.get(cause.key)! + cause.settleMs;
  if (at > now) wake(state, at);
  return at <= now;
}

const byKey = (state: State, key: string, now: number) =>
  [...state.tracked.values()].find(
    (t) => t.key === key && (t.incident.state === "open" || now - (t.incident.recoveredAt ?? now) <= REOPEN_MS),
  );

function continueIncident(own: Tracked, cause: Cause, changed: Set<Tracked>): void {
  own.stands = own.held = true;
  if (describe(own.incident, cause)) changed.add(own);
}

/** A return within its window, that is until a person closes it, is the same incident. */
function reopen(state: State, own: Tracked, cause: Cause, now: number, changed: Set<Tracked>): void {
  if (!settled(state, cause, now)) return;
  own.incident.state = "open";
  own.incident.reopenedAt = Math.max(cause.since, own.incident.recoveredAt ?? cause.since);
  delete own.incident.recoveredAt;
  own.stoodAt = own.heldAt = now;
  note(own, now, "reopened", cause.reason);
  changed.add(own);
  continueIncident(own, cause, changed);
}

/** Lets an incident answer for a cause that its own fault left behind. */
function adopt(state: State, topology: Topology, cause: Cause, own: Tracked | undefined, now: number): boolean {
  const firstAt = state.standing.get(cause.key)!;
  for (const t of state.tracked.values()) {
    if (t === own) continue;
    const { incident } = t;
    if (incident.class !== "connectivity" || !(incident.state === "open" || incident.state === "recovered")) continue;
    const until = firstAt <= (incident.recoveredAt ?? now) ? t.stoodAt + REMNANT_MS : t.stoodAt + FLAP_MS;
    if (now >= until || !covers(topology, incident, cause)) continue;
    if (incident.state === "open") t.held = true;
    wake(state, until);
    return true;
  }
  return false;
}

function covers(topology: Topology, incident: Incident, cause: Cause): boolean {
  if (cause.explains.includes(incident.cause.asset)) return false;
  if (incident.explains.includes(cause.asset) || incident.cause.asset === cause.asset) return true;
  const asset = topology.assets.get(cause.asset);
  if (asset?.kind === "link" && asset.ends.includes(incident.cause.asset)) return true;
  if (asset?.kind === "host" && asset.role === "hub") return false;
  const hit = new Set([...incident.impact.lost, ...incident.impact.degraded]);
  return cause.clues.length > 0 && cause.clues.every((c) => c.row.needsPath && hit.has(c.agency));
}

function startIncident(
  state: State,
  topology: Topology,
  causes: Map<string, Cause>,
  cause: Cause,
  now: number,
  changed: Set<Tracked>,
): void {
  if (!settled(state, cause, now)) return;
  // Older incidents whose cause no longer stands by itself because this one explains it.
  const explained = [...state.tracked.values()]
    .filter((t) => t.incident.state === "open" && !causes.has(t.key))
    .filter((t) => cause.explains.includes(t.incident.cause.asset))
    .sort((a, b) => a.incident.openedAt - b.incident.openedAt);
  const first = explained.shift();
  const tracked = first ?? open(state, cause, now);
  if (first) {
    note(first, now, "cause-refined", {
      key: "reason.refined",
      facts: { from: first.incident.cause.asset, to: cause.asset },
    });
    first.key = cause.key;
    first.incident.cause = { asset: cause.asset, name: nameOf(topology, cause.asset) };
    first.incident.class = cause.class;
  }
  tracked.incident.cause.name = nameOf(topology, cause.asset);
  tracked.stands = tracked.held = true;
  tracked.stoodAt = tracked.heldAt = now;
  describe(tracked.incident, cause);
  note(tracked, now, first ? "evidence-added" : "opened", cause.reason);
  changed.add(tracked);
  for (const other of explained) {
    note(other, now, "merged", { key: "reason.explained-by", facts: { cause: cause.asset } });
    changed.add(other);
  }
}

function open(state: State, cause: Cause, now: number): Tracked {
  return track(state, cause.key, newIncident(state, cause, now), now, true);
}

/** Remembers an incident that is not closed. */
export function track(state: State, key: string, incident: Incident, at: number, stands: boolean): Tracked {
  const tracked: Tracked = { key, incident, stands, stoodAt: at, held: stands, heldAt: at };
  state.tracked.set(incident.id, tracked);
  return tracked;
}

/** A bare incident with the next number. Detections use it too. */
export function newIncident(
  state: State,
  of: Pick<Cause, "asset" | "class" | "severity" | "since">,
  now: number,
): Incident {
  state.lastNumber += 1;
  return {
    id: `INC-${String(state.lastNumber).padStart(6, "0")}`,
    cause: { asset: of.asset, name: { vi: of.asset, en: of.asset } },
    class: of.class,
    severity: of.severity,
    state: "open",
    detectedAt: Math.min(of.since, now),
    openedAt: now,
    impact: { lost: [], degraded: [], affected: [] },
    explains: [],
    evidence: [],
    history: [],
  };
}

/** Brings what the incident says up to the cause as it stands. Returns whether anything changed. */
function describe(incident: Incident, cause: Cause): boolean {
  const evidence = cause.clues
    .map(
      (c): IncidentEvidence => ({
        agent: c.agent,
        agency: c.agency,
        check: c.check,
        target: c.target,
        subject: c.subject,
        tag: c.tag,
        since: c.since,
        evidence: c.evidence,
      }),
    )
    .sort((a, b) => a.since - b.since || a.target.localeCompare(b.target))
    .slice(0, MOST_EVIDENCE);
  const next = {
    severity: cause.severity,
    impact: cause.impact,
    explains: cause.explains,
    evidence,
    detectedAt: Math.min(incident.detectedAt, cause.since),
  };
  const was = JSON.stringify([
    incident.severity,
    incident.impact,
    incident.explains,
    incident.evidence,
    incident.detectedAt,
  ]);
  if (was === JSON.stringify(Object.values(next))) return false;
  Object.assign(incident, next);
  return true;
}

function recover(state: State, tracked: Tracked, now: number, changed: Set<Tracked>): void {
  const { incident } = tracked;
  if (incident.state !== "open" || state.campaigns.has(tracked.key) || tracked.held) return;
  const at = tracked.heldAt + state.settings.recoverMs;
  if (at > now) {
    wake(state, at);
    return;
  }
  incident.state = "recovered";
  incident.recoveredAt = now;
  note(tracked, now, "recovered", {
    key: "reason.evidence-gone",
    facts: { seconds: Math.round(state.settings.recoverMs / 1000) },
  });
  changed.add(tracked);
}

export function note(tracked: Tracked, at: number, what: IncidentEventKind, reason: Reason, by = "machine"): void {
  tracked.incident.history.push({ at, by, what, reason });
  if (tracked.incident.history.length > MOST_HISTORY) tracked.incident.history.splice(1, 1);
}

export function nameOf(topology: Topology, asset: string) {
  return topology.assets.get(asset)?.name ?? { vi: asset, en: asset };
}
