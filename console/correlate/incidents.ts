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
import { worst } from "./groups.ts";
import { WINDOW, windowFor } from "./maintenance.ts";
import { weigh } from "./severity.ts";
import { type Cause, type Change, causeOf, type State, type Tracked } from "./state.ts";
import { collapse, noteOpening } from "./storms.ts";
import type { Topology } from "./topology.ts";
import {
  coveringNow,
  enter,
  goes,
  hold,
  hotAt,
  judgedBefore,
  noteChanged,
  pend,
  REMNANT_MS,
  reindex,
  standFor,
  staysUnknown,
} from "./tracked.ts";
import { wakeOf } from "./wakes.ts";

/** How long after recovery a new cause next to the old one still counts as the same trouble settling. */
const FLAP_MS = 8_000;
export const MOST_EVIDENCE = 200;

/** An incident of more causes than this is told anew once a second, not at each of them. */
const MANY_CAUSES = 50;
const TELL_EVERY_MS = 1_000;

/** Sources of wakes. */
const CAUSE = "cause:";
const INCIDENT = "incident:";
const TELL = "tell:";

/** What a decision has to look at: keys of causes that came, went or changed; wakes that are due; agents whose presence changed. */
export interface News {
  touched: Set<string>;
  due: readonly string[];
  agents: readonly string[];
}

interface Pass {
  state: State;
  topology: Topology;
  now: number;
  changed: Set<Tracked>;
  /** Incidents whose causes changed: they are told anew. */
  told: Set<Tracked>;
}

export function assimilate(state: State, topology: Topology, news: News, now: number): Change[] {
  const pass: Pass = { state, topology, now, changed: new Set(), told: new Set() };
  const { derived } = state;
  const touched = derived.trackedStale ? everything(state, news.touched, now) : news.touched;
  for (const key of touched) noteStanding(pass, key);
  for (const asset of agentAssets(topology, news.agents))
    for (const t of hotAt(state, asset)) if (t.incident.class === "agent") hold(state, t, now);
  for (const source of news.due) takeWake(pass, source, touched);
  for (const key of judgedBefore(state)) touched.add(key);
  takeCauses(pass, touched);
  // Of what only a person ends, a person tells the story: causes hold it, and do not rewrite it.
  for (const tracked of pass.told) if (!endsByPerson(tracked.incident)) tell(pass, tracked);
  for (const tracked of derived.loose) if (state.hot.has(tracked)) end(pass, tracked);
  derived.loose.clear();
  return [...pass.changed]
    .filter((t) => t.shadow === undefined)
    .map((t) => ({ type: "incident", incident: t.incident }));
}

/** Begins anew: what stood at the last step stood until now; what stands from now on, this step will say. Gives all causes' keys. */
function everything(state: State, touched: Set<string>, now: number): Set<string> {
  const { derived } = state;
  reindex(state);
  for (const key of state.standing.keys()) if (!causeOf(state, key)) state.standing.delete(key);
  for (const t of state.hot) {
    if (t.stands) t.stoodAt = now;
    if (t.held) t.heldAt = now;
    t.stands = false;
    t.held = staysUnknown(state, t);
    derived.loose.add(t);
  }
  const keys = [derived.networkCauses, derived.groupCauses, derived.silentCauses].flatMap((m) => [...m.keys()]);
  return new Set([...touched, ...keys]);
}

/** Since when a cause stands. One that is gone stood until now. */
function noteStanding(pass: Pass, key: string): void {
  const { state, now } = pass;
  if (causeOf(state, key)) {
    if (!state.standing.has(key)) state.standing.set(key, now);
    return;
  }
  state.standing.delete(key);
  const t = goes(state, key, now);
  if (t?.stands) pass.told.add(t);
}

/** An agent's own host, and the console's: an incident there waits until somebody is known again. */
function agentAssets(topology: Topology, agents: readonly string[]): Set<string> {
  const hosts = agents.map((a) => topology.hostOfAgent.get(a)).filter((h) => h !== undefined);
  return new Set(hosts.length > 0 ? [...hosts, topology.registry.consoleHost] : []);
}

function takeWake(pass: Pass, source: string, touched: Set<string>): void {
  const { state } = pass;
  const of = (prefix: string) => (source.startsWith(prefix) ? source.slice(prefix.length) : undefined);
  const key = of(CAUSE) ?? of(WINDOW);
  if (key !== undefined) touched.add(key);
  const ending = state.tracked.get(of(INCIDENT) ?? "");
  if (ending) state.derived.loose.add(ending);
  const telling = state.tracked.get(of(TELL) ?? "");
  if (telling?.stands) pass.told.add(telling);
}

// Network causes first: what they refine must not be opened beside them.
const broadestFirst = (a: Cause, b: Cause) =>
  b.explains.length - a.explains.length || a.since - b.since || (a.key < b.key ? -1 : 1);

const causesOf = (state: State, keys: Iterable<string>): Cause[] =>
  [...keys].map((key) => causeOf(state, key)).filter((c) => c !== undefined);

function takeCauses(pass: Pass, touched: Set<string>): void {
  const { state } = pass;
  const queue = causesOf(state, touched).sort(broadestFirst);
  for (let i = 0; i < queue.length; i++) {
    const version = state.derived.coveringVersion;
    takeCause(pass, queue[i]!);
    if (state.derived.coveringVersion === version) continue;
    // An incident by which others' causes were judged is another now: those that come later are judged by that.
    const rest = judgedBefore(state).filter((key) => !touched.has(key));
    const later = causesOf(state, rest).filter((c) => broadestFirst(queue[i]!, c) < 0);
    for (const cause of later) touched.add(cause.key);
    if (later.length > 0) queue.push(...[...queue.splice(i + 1), ...later].sort(broadestFirst));
  }
}

function takeCause(pass: Pass, cause: Cause): void {
  const own = ownerOf(pass, cause.key);
  if (own && isWorking(own.incident)) {
    continueIncident(pass, own, cause);
    return;
  }
  const by = adopt(pass, cause, own);
  pend(pass.state, cause.key, by, pass.now);
  if (by) return;
  if (own) reopen(pass, own, cause);
  else startIncident(pass, cause);
}

function settled(pass: Pass, cause: Cause): boolean {
  const at = pass.state.standing.get(cause.key)! + cause.settleMs;
  if (at > pass.now) wakeOf(pass.state.wakes, CAUSE + cause.key, at);
  return at <= pass.now;
}

/** The incident that answers for a cause: one that is worked on, or that recovered within the window. */
function ownerOf({ state, now }: Pass, key: string): Tracked | undefined {
  const own = answering(state, key);
  if (!own || isWorking(own.incident)) return own;
  return now - (own.incident.recoveredAt ?? now) <= policyOf(state).reopenMs ? own : undefined;
}

function stand(pass: Pass, own: Tracked, cause: Cause): void {
  standFor(pass.state, cause.key, own, pass.now);
  pass.told.add(own);
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
  enter(pass.state, own);
  note(own, pass.now, "reopened", cause.reason);
  pass.changed.add(own);
  continueIncident(pass, own, cause);
}

/** The incident that answers for a cause that its own fault left behind. */
function adopt({ state, topology, now }: Pass, cause: Cause, own: Tracked | undefined): Tracked | undefined {
  const firstAt = state.standing.get(cause.key)!;
  for (const t of coveringNow(state, now)) {
    if (t === own) continue;
    const { incident } = t;
    const stoodAt = t.stands ? now : t.stoodAt;
    const until = firstAt <= (incident.recoveredAt ?? now) ? stoodAt + REMNANT_MS : stoodAt + FLAP_MS;
    if (now >= until || !covers(topology, incident, cause)) continue;
    // While its own cause stands there is no end to wait for: when it goes, this is judged again.
    if (!t.stands) wakeOf(state.wakes, CAUSE + cause.key, until);
    return t;
  }
  return undefined;
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
function explainedBy({ state }: Pass, cause: Cause): Tracked[] {
  return [...new Set(cause.explains)]
    .flatMap((asset) => hotAt(state, asset))
    .filter((t) => isWorking(t.incident))
    .filter((t) => (t.incident.answersFor ?? []).every((key) => !causeOf(state, key)))
    .sort((a, b) => a.incident.openedAt - b.incident.openedAt || (a.incident.id < b.incident.id ? -1 : 1));
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
  enter(state, first);
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

/** Tells an incident anew from its causes; of many, once a second and all at once. */
function tell(pass: Pass, tracked: Tracked): void {
  const { state, now } = pass;
  const keys = state.derived.standingFor.get(tracked) ?? new Set();
  if (keys.size === 0) return;
  if (keys.size > MANY_CAUSES && now % TELL_EVERY_MS !== 0) {
    wakeOf(state.wakes, TELL + tracked.incident.id, Math.ceil(now / TELL_EVERY_MS) * TELL_EVERY_MS);
    return;
  }
  if (!describe(pass, tracked, causesOf(state, keys).sort(broadestFirst))) return;
  noteChanged(state, tracked);
  pass.changed.add(tracked);
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
      wakeOf(state.wakes, INCIDENT + incident.id, closesAt);
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
  } else if (now < coldAt) wakeOf(state.wakes, INCIDENT + incident.id, coldAt);
  else if (tracked.shadow === undefined) state.hot.delete(tracked);
  else untrack(state, tracked);
}

function recover(pass: Pass, tracked: Tracked): void {
  const { state, now } = pass;
  const { incident } = tracked;
  if (tracked.held) return;
  const at = tracked.heldAt + state.settings.recoverMs;
  if (at > now) {
    wakeOf(state.wakes, INCIDENT + incident.id, at);
    return;
  }
  incident.state = "recovered";
  incident.recoveredAt = now;
  // What comes next, policy's closing or the end of looking at it, is asked for at once.
  wakeOf(state.wakes, INCIDENT + incident.id, now + 1);
  noteChanged(state, tracked);
  note(tracked, now, "recovered", {
    key: "reason.evidence-gone",
    facts: { seconds: Math.round(state.settings.recoverMs / 1000) },
  });
  pass.changed.add(tracked);
}
