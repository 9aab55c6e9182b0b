// Causes in, incidents out. The machine opens, refines, recovers and reopens. The rules:
// - A cause opens an incident once it has stood for its settling time and no incident answers for it or covers it.
// - An incident covers what its fault leaves behind: for a while, the links of its host and the agencies that it hit.
// - A cause that explains an open incident refines it: the incident goes on under the truer cause.
// - An incident whose causes and remnants are gone for recoverMs has recovered. A return within the window reopens the same one.
// - In a storm one incident answers for all; in a maintenance window what it names is followed in the shadow.
import {
  endsByPerson,
  type Impact,
  type Incident,
  type IncidentEvidence,
  isWorking,
  SEVERITIES,
} from "../../protocol/index.ts";
import {
  answerFor,
  answering,
  letGo,
  nameOf,
  newIncident,
  nextId,
  note,
  noteDetectedAt,
  policyOf,
  resume,
  track,
  untrack,
} from "./book.ts";
import { worst } from "./diagnose.ts";
import { windowFor } from "./maintenance.ts";
import { weigh } from "./severity.ts";
import type { Cause, Change, State, Tracked } from "./state.ts";
import { wake } from "./state.ts";
import { collapse, noteOpening } from "./storms.ts";
import type { Topology } from "./topology.ts";

/** How long after its cause was last seen an incident still answers for remnants that were there before. */
const REMNANT_MS = 30_000;
/** How long after recovery a new cause next to the old one still counts as the same trouble settling. */
const FLAP_MS = 8_000;
export const MOST_EVIDENCE = 200;

/** One step over all causes: what stands for which incident, and what changed by it. */
interface Pass {
  state: State;
  topology: Topology;
  causes: Map<string, Cause>;
  now: number;
  changed: Set<Tracked>;
  /** The causes that stand for each incident now. */
  standing: Map<Tracked, Cause[]>;
}

export function assimilate(state: State, topology: Topology, causes: Map<string, Cause>, now: number): Change[] {
  const pass: Pass = { state, topology, causes, now, changed: new Set(), standing: new Map() };
  noteStanding(state, causes, now);
  beginStep(state, now);
  // Network causes first: what they refine must not be opened beside them.
  const ordered = [...causes.values()].sort((a, b) => b.explains.length - a.explains.length || a.since - b.since);
  for (const cause of ordered) {
    const own = ownerOf(pass, cause.key);
    if (own && isWorking(own.incident)) continueIncident(pass, own, cause);
    else if (adopt(pass, cause, own)) continue;
    else if (own) reopen(pass, own, cause);
    else startIncident(pass, cause);
  }
  // Of what only a person ends, a person tells the story: causes hold it, and do not rewrite it.
  for (const [tracked, its] of pass.standing)
    if (!endsByPerson(tracked.incident) && describe(pass, tracked, its)) pass.changed.add(tracked);
  for (const tracked of state.hot) end(pass, tracked);
  return [...pass.changed]
    .filter((t) => t.shadow === undefined)
    .map((t) => ({ type: "incident", incident: t.incident }));
}

function noteStanding(state: State, causes: Map<string, Cause>, now: number): void {
  for (const key of state.standing.keys()) if (!causes.has(key)) state.standing.delete(key);
  for (const key of causes.keys()) if (!state.standing.has(key)) state.standing.set(key, now);
}

/** What stood at the last step stood until now; what stands from now on, this step will say. */
function beginStep(state: State, now: number): void {
  for (const t of state.hot) {
    if (t.stands) t.stoodAt = now;
    if (t.held) t.heldAt = now;
    t.stands = false;
    t.held = staysUnknown(state, t);
  }
}

/** After a restart nobody knows yet whether a silent agent still is: that is no recovery. */
function staysUnknown(state: State, t: Tracked): boolean {
  if (t.incident.class !== "agent" || !isWorking(t.incident)) return false;
  const agent = state.topology?.agentOf.get(t.incident.cause.asset);
  const known = agent === undefined ? [...state.presence.values()] : [state.presence.get(agent)];
  return known.every((p) => p === undefined || p.presence === "unknown");
}

function settled(pass: Pass, cause: Cause): boolean {
  const at = pass.state.standing.get(cause.key)! + cause.settleMs;
  if (at > pass.now) wake(pass.state, at);
  return at <= pass.now;
}

/** The incident that answers for a cause: one that is worked on, or that recovered within the window. */
function ownerOf({ state, now }: Pass, key: string): Tracked | undefined {
  const own = answering(state, key);
  if (!own || isWorking(own.incident)) return own;
  return now - (own.incident.recoveredAt ?? now) <= policyOf(state).reopenMs ? own : undefined;
}

function stand(pass: Pass, own: Tracked, cause: Cause): void {
  own.stands = own.held = true;
  pass.standing.set(own, [...(pass.standing.get(own) ?? []), cause]);
}

function continueIncident(pass: Pass, own: Tracked, cause: Cause): void {
  stand(pass, own, cause);
  if (own.shadow !== undefined && !windowFor(pass.state, pass.topology, cause, pass.now)) unveil(pass, own, cause);
}

function reopen(pass: Pass, own: Tracked, cause: Cause): void {
  if (!settled(pass, cause)) return;
  resume(own.incident, Math.max(cause.since, own.incident.recoveredAt ?? cause.since));
  own.stoodAt = own.heldAt = pass.now;
  pass.state.hot.add(own);
  note(own, pass.now, "reopened", cause.reason);
  pass.changed.add(own);
  continueIncident(pass, own, cause);
}

/** Lets an incident answer for a cause that its own fault left behind. */
function adopt({ state, topology, now }: Pass, cause: Cause, own: Tracked | undefined): boolean {
  const firstAt = state.standing.get(cause.key)!;
  for (const t of state.hot) {
    if (t === own || t.incident.class !== "connectivity") continue;
    const { incident } = t;
    const until = firstAt <= (incident.recoveredAt ?? now) ? t.stoodAt + REMNANT_MS : t.stoodAt + FLAP_MS;
    if (now >= until || !covers(topology, incident, cause)) continue;
    if (isWorking(incident)) t.held = true;
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

function startIncident(pass: Pass, cause: Cause): void {
  if (!settled(pass, cause)) return;
  const [first, ...others] = explainedBy(pass, cause);
  if (first) refine(pass, first, cause);
  else if (!joinStorm(pass, cause)) open(pass, cause);
  for (const other of others) {
    note(other, pass.now, "merged", { key: "reason.explained-by", facts: { cause: cause.asset } });
    pass.changed.add(other);
  }
}

/** Older incidents none of whose causes stands by itself any more, because this one explains it. */
function explainedBy({ state, causes }: Pass, cause: Cause): Tracked[] {
  return [...state.hot]
    .filter((t) => isWorking(t.incident) && cause.explains.includes(t.incident.cause.asset))
    .filter((t) => (t.incident.answersFor ?? []).every((key) => !causes.has(key)))
    .sort((a, b) => a.incident.openedAt - b.incident.openedAt);
}

function refine(pass: Pass, first: Tracked, cause: Cause): void {
  const { state, topology, now } = pass;
  const { incident } = first;
  note(first, now, "cause-refined", {
    key: "reason.refined",
    facts: { from: incident.cause.asset, to: cause.asset },
  });
  letGo(state, first, first.key);
  first.key = cause.key;
  answerFor(state, first, cause.key);
  incident.cause = { asset: cause.asset, name: nameOf(topology, cause.asset) };
  incident.class = cause.class;
  note(first, now, "evidence-added", cause.reason);
  first.stoodAt = first.heldAt = now;
  pass.changed.add(first);
  continueIncident(pass, first, cause);
}

function open(pass: Pass, cause: Cause): void {
  const { state, topology, now } = pass;
  const window = windowFor(state, topology, cause, now);
  const receivedAt = state.standing.get(cause.key)!;
  const id = window ? `shadow:${cause.key}` : nextId(state);
  const incident = newIncident(state, cause, receivedAt, now, id);
  incident.cause.name = nameOf(topology, cause.asset);
  const tracked = track(state, cause.key, incident, now, true);
  if (window) tracked.shadow = window.id;
  else {
    noteOpening(state, cause.class, now);
    note(tracked, now, "opened", cause.reason);
  }
  pass.changed.add(tracked);
  stand(pass, tracked, cause);
}

/** The window is over and the cause still stands: from now on it is an incident like any other. */
function unveil(pass: Pass, own: Tracked, cause: Cause): void {
  const { state, now } = pass;
  state.tracked.delete(own.incident.id);
  own.incident.id = nextId(state);
  own.incident.openedAt = now;
  delete own.shadow;
  state.tracked.set(own.incident.id, own);
  for (const key of own.incident.answersFor ?? []) answerFor(state, own, key);
  own.incident.history = [];
  noteOpening(state, cause.class, now);
  note(own, now, "opened", cause.reason);
  note(own, now, "evidence-added", { key: "reason.maintenance-over", facts: {} });
  pass.changed.add(own);
}

function joinStorm(pass: Pass, cause: Cause): boolean {
  const { state, topology, now } = pass;
  if (windowFor(state, topology, cause, now)) return false;
  const joined = collapse(state, cause.key, cause, state.standing.get(cause.key)!, now);
  if (!joined) return false;
  stand(pass, joined.storm, cause);
  pass.changed.add(joined.storm);
  return true;
}

/** Brings what the incident says up to its causes as they stand. Returns whether anything changed. */
function describe(pass: Pass, tracked: Tracked, causes: Cause[]): boolean {
  const { incident } = tracked;
  const told = (i: Incident) => JSON.stringify([i.severity, i.impact, i.explains, i.evidence, i.detectedAt]);
  const was = told(incident);
  const before = incident.severity;
  const leftOut = new Set(incident.leftOut);
  incident.impact = without(together(causes.map((c) => c.impact)), leftOut);
  incident.explains = union(
    causes.map((c) => (c.asset === incident.cause.asset ? c.explains : [...c.explains, c.asset])),
  );
  incident.evidence = causes
    .flatMap((c) => c.clues.map(evidenceOf))
    .filter((e) => !leftOut.has(e.agency))
    .sort((a, b) => a.since - b.since || a.target.localeCompare(b.target))
    .slice(0, MOST_EVIDENCE);
  for (const c of causes) noteDetectedAt(incident, c.since, pass.state.standing.get(c.key)!);
  weigh(pass.topology, incident, worst(causes.map((c) => c.severity)));
  const worse = SEVERITIES.indexOf(incident.severity) < SEVERITIES.indexOf(before);
  if (worse && incident.history.length > 1) note(tracked, pass.now, "severity-changed", incident.severityReason!);
  return was !== told(incident);
}

const evidenceOf = (c: Cause["clues"][number]): IncidentEvidence => ({
  agent: c.agent,
  agency: c.agency,
  check: c.check,
  target: c.target,
  subject: c.subject,
  tag: c.tag,
  since: c.since,
  evidence: c.evidence,
});

const union = (lists: string[][]): string[] =>
  lists.length === 1 ? lists[0]! : [...new Set(lists.flat())].sort((a, b) => (a < b ? -1 : 1));

/** Each agency once, under the worst that any cause does to it. */
function together(impacts: Impact[]): Impact {
  if (impacts.length === 1) return impacts[0]!;
  const lost = union(impacts.map((i) => i.lost));
  const degraded = union(impacts.map((i) => i.degraded)).filter((a) => !lost.includes(a));
  const worse = new Set([...lost, ...degraded]);
  return { lost, degraded, affected: union(impacts.map((i) => i.affected)).filter((a) => !worse.has(a)) };
}

const without = (i: Impact, out: ReadonlySet<string>): Impact =>
  out.size === 0
    ? i
    : {
        lost: i.lost.filter((a) => !out.has(a)),
        degraded: i.degraded.filter((a) => !out.has(a)),
        affected: i.affected.filter((a) => !out.has(a)),
      };

/** Recovery, then what policy closes by itself, then out of sight of the next steps. */
function end(pass: Pass, tracked: Tracked): void {
  const { state, now } = pass;
  const { incident } = tracked;
  // A merge or a reopening may have made it one that only a person ends.
  if (endsByPerson(incident)) return void state.hot.delete(tracked);
  if (isWorking(incident)) {
    recover(pass, tracked);
    return;
  }
  const { closes, closeAfterMs } = policyOf(state);
  const coldAt = Math.max(tracked.stoodAt + REMNANT_MS, (incident.recoveredAt ?? now) + FLAP_MS);
  const closesAt = closes.includes(incident.class) ? (incident.recoveredAt ?? now) + closeAfterMs : undefined;
  if (closesAt !== undefined && tracked.shadow === undefined) {
    if (closesAt > now) {
      wake(state, closesAt);
      return;
    }
    incident.state = "closed";
    incident.closedAt = now;
    note(tracked, now, "closed", {
      key: "reason.policy-closes",
      facts: { hours: Math.round(closeAfterMs / 3_600_000) },
    });
    pass.changed.add(tracked);
    untrack(state, tracked);
  } else if (now >= coldAt) {
    if (tracked.shadow === undefined) state.hot.delete(tracked);
    else untrack(state, tracked);
  }
}

function recover(pass: Pass, tracked: Tracked): void {
  const { state, now } = pass;
  const { incident } = tracked;
  if (tracked.held) return;
  const at = tracked.heldAt + state.settings.recoverMs;
  if (at > now) {
    wake(state, at);
    return;
  }
  incident.state = "recovered";
  incident.recoveredAt = now;
  const { closes, closeAfterMs } = policyOf(state);
  if (closes.includes(incident.class)) wake(state, now + closeAfterMs);
  note(tracked, now, "recovered", {
    key: "reason.evidence-gone",
    facts: { seconds: Math.round(state.settings.recoverMs / 1000) },
  });
  pass.changed.add(tracked);
}
