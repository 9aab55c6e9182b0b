// What people do to incidents: the moves of lifecycle.ts carried out, each noted with who and why. What is refused changes
// nothing; the caller learns why from refusalOf(). Pure.
import { type Act, endsByPerson, type Incident, isWorking, refusalOf } from "../../protocol/index.ts";
import {
  answerFor,
  answering,
  nameOf,
  newIncident,
  note,
  noteDetectedAt,
  noteOwner,
  resume,
  track,
  untrack,
} from "./book.ts";
import { enlist, sight } from "./campaigns.ts";
import { detectionsIn, isAttackKey, partKey } from "./detections.ts";
import type { Change, Declared, Input, State, Tracked } from "./state.ts";
import type { Topology } from "./topology.ts";

type Asked = Extract<Input, { type: "person" }>;

/** Carries out what a person asks for. Nothing changed means that it was refused, or was so already. */
export function actOf(state: State, asked: Asked, now: number): Change[] {
  const tracked = state.tracked.get(asked.incident) ?? (asked.act.kind === "reopen" ? revived(asked.kept) : undefined);
  if (!tracked || tracked.shadow !== undefined) return [];
  if (refusalOf(tracked.incident, asked.account, asked.act) !== undefined) return [];
  const changed = carryOut(state, tracked, asked.account, asked.act, now);
  return changed.map((t) => ({ type: "incident", incident: t.incident }));
}

/** An incident that was closed and is not followed any more. */
const revived = (kept: Incident | undefined): Tracked | undefined =>
  kept && { key: "", incident: structuredClone(kept), stands: false, stoodAt: 0, held: false, heldAt: 0 };

function carryOut(state: State, tracked: Tracked, account: string, act: Act, now: number): Tracked[] {
  const { incident } = tracked;
  const say = (what: Parameters<typeof note>[2], reason: string, facts: Record<string, string | number> = {}) =>
    note(tracked, now, what, { key: "reason.person", facts: { ...facts, ...(reason ? { reason } : {}) } }, account);
  switch (act.kind) {
    case "acknowledge": {
      if (incident.owner === account && incident.state !== "new") return [];
      const from = incident.owner;
      noteOwner(incident, account);
      say("acknowledged", act.reason?.trim() ?? "", from === undefined || from === account ? {} : { from });
      return [tracked];
    }
    case "assign":
      noteOwner(incident, act.to);
      say("assigned", act.reason.trim(), { to: act.to });
      return [tracked];
    case "investigate":
      noteOwner(incident, incident.owner ?? account);
      incident.state = "investigating";
      say("investigating", "");
      return [tracked];
    case "contain":
      incident.state = "contained";
      say("contained", act.reason.trim());
      return [tracked];
    case "recover":
      incident.state = "recovered";
      incident.recoveredAt = now;
      say("recovered", act.reason.trim());
      return [tracked];
    case "close":
      incident.resolution = act.resolution.trim();
      say("closed", "", { resolution: incident.resolution });
      return [close(state, tracked, now)];
    case "reopen":
      say("reopened", act.reason.trim());
      return [reopen(state, tracked, account, act.reason.trim(), now)];
    case "merge":
      return merge(state, tracked, account, act, now);
    case "split":
      return split(state, tracked, account, act, now);
    case "set-severity":
      incident.severity = act.severity;
      incident.severityBy = account;
      incident.severityReason = { key: "reason.person", facts: { reason: act.reason.trim() } };
      say("severity-changed", act.reason.trim(), { severity: `severity.${act.severity}` });
      return [tracked];
    case "correct-detection":
      say("detection-corrected", act.reason.trim(), { before: incident.detectedAt });
      incident.detectedAt = act.at;
      return [tracked];
  }
}

function close(state: State, tracked: Tracked, now: number): Tracked {
  tracked.incident.state = "closed";
  tracked.incident.closedAt = now;
  untrack(state, tracked);
  return tracked;
}

/** Followed again, under those of its keys that nothing newer answers for; from now on a person says when it is over. */
function reopen(state: State, was: Tracked, account: string, reason: string, now: number): Tracked {
  const { incident } = was;
  const free = (incident.answersFor ?? []).filter((k) => (answering(state, k) ?? was).incident.id === incident.id);
  incident.owner ??= account;
  resume(incident, now);
  incident.state = "investigating";
  incident.declared = { by: account, summary: reason };
  delete incident.closedAt;
  delete incident.resolution;
  incident.answersFor = free;
  state.hot.delete(was);
  const tracked = track(state, free[0] ?? `declared:${incident.id}`, incident, now, false);
  sight(state, tracked, []);
  return tracked;
}

function merge(
  state: State,
  from: Tracked,
  account: string,
  act: Extract<Act, { kind: "merge" }>,
  now: number,
): Tracked[] {
  const into = state.tracked.get(act.into);
  if (!into || into.shadow !== undefined) return [];
  const [a, b] = [from.incident, into.incident];
  const reason = { key: "reason.merged", facts: { from: a.id, into: b.id, reason: act.reason.trim() } };
  const keys = [from.key, ...(a.answersFor ?? [])];
  const attack = state.attacks.get(a.id);
  a.mergedInto = b.id;
  a.resolution = act.reason.trim();
  note(from, now, "merged", reason, account);
  close(state, from, now);
  for (const key of keys) answerFor(state, into, key);
  if (attack) state.attacks.set(b.id, later(attack, state.attacks.get(b.id)));
  if (!isWorking(b) && !attackOver(a)) resume(b, now);
  if (endsByPerson(a) && !endsByPerson(b)) b.declared = a.declared ?? { by: account, summary: act.reason.trim() };
  b.evidence = [...b.evidence, ...a.evidence].sort((x, y) => x.since - y.since);
  b.explains = [...new Set([...b.explains, ...a.explains, a.cause.asset])].filter((x) => x !== b.cause.asset).sort();
  b.impact = {
    lost: both(b.impact.lost, a.impact.lost),
    degraded: both(b.impact.degraded, a.impact.degraded),
    affected: both(b.impact.affected, a.impact.affected),
  };
  const detections = (a.detections ?? 0) + (b.detections ?? 0);
  if (detections > 0) b.detections = detections;
  if (a.earliest) noteDetectedAt(b, a.detectedAt, a.earliest.receivedAt);
  note(into, now, "merged", reason, account);
  sight(state, into, a.indicators ?? []);
  const others = enlist(state, into, now).map((c) => state.tracked.get(c.incident.id)!);
  return [from, into, ...others];
}

const attackOver = (i: Incident) => i.quietAt !== undefined || i.recoveredAt !== undefined;
const both = (a: string[], b: string[]): string[] => [...new Set([...a, ...b])].sort();
const later = <T extends { lastAt: number }>(a: T, b: T | undefined): T => (b && b.lastAt > a.lastAt ? b : a);

/** What happened at some agencies becomes an incident of its own, and what the same attack does there from now on goes to it. */
function split(
  state: State,
  from: Tracked,
  account: string,
  act: Extract<Act, { kind: "split" }>,
  now: number,
): Tracked[] {
  const { incident } = from;
  const leaves = new Set(act.agencies);
  const moved = incident.evidence.filter((e) => leaves.has(e.agency));
  const asset = state.topology?.targets.get(moved[0]!.target)?.asset ?? incident.cause.asset;
  const since = Math.min(...moved.map((e) => e.since));
  const part = newIncident(state, { asset, class: incident.class, severity: incident.severity, since }, now, now);
  part.cause = {
    asset,
    name: state.topology ? nameOf(state.topology, asset) : incident.cause.name,
    ...(incident.cause.actor === undefined ? {} : { actor: incident.cause.actor }),
  };
  part.declared = { by: account, summary: act.reason.trim() };
  part.splitFrom = incident.id;
  part.owner = incident.owner ?? account;
  part.state = "acknowledged";
  part.evidence = moved;
  const only = (list: string[]) => list.filter((a) => leaves.has(a));
  const rest = (list: string[]) => list.filter((a) => !leaves.has(a));
  const { lost, degraded, affected } = incident.impact;
  part.impact = { lost: only(lost), degraded: only(degraded), affected: only(affected) };
  incident.impact = { lost: rest(lost), degraded: rest(degraded), affected: rest(affected) };
  incident.evidence = incident.evidence.filter((e) => !leaves.has(e.agency));
  incident.leftOut = both(incident.leftOut ?? [], act.agencies);
  if (incident.detections !== undefined) {
    part.detections = moved.reduce((n, piece) => n + detectionsIn(piece), 0);
    incident.detections -= part.detections;
  }
  // It is as quiet, or as loud, as what it was split from.
  if (incident.quietAt !== undefined) part.quietAt = incident.quietAt;
  const tracked = track(state, `declared:${part.id}`, part, now, false);
  const attack = state.attacks.get(incident.id);
  if (attack) state.attacks.set(part.id, { ...attack });
  for (const key of incident.answersFor ?? [])
    if (isAttackKey(key)) for (const agency of act.agencies) answerFor(state, tracked, partKey(key, agency));
  const reason = {
    key: "reason.split",
    facts: { from: incident.id, part: part.id, agencies: act.agencies, reason: act.reason.trim() },
  };
  note(from, now, "split", reason, account);
  note(tracked, now, "opened", reason, account);
  sight(state, tracked, incident.indicators ?? []);
  const others = enlist(state, tracked, now).map((c) => state.tracked.get(c.incident.id)!);
  return [...new Set([from, tracked, ...others])];
}

/** Opens an incident that a person tells of, or the console itself (`machine`). */
export function declare(state: State, topology: Topology, account: string, d: Declared, now: number): Change[] {
  const incident = newIncident(
    state,
    { asset: d.asset, class: d.class, severity: d.severity, since: d.detectedAt },
    now,
    now,
  );
  incident.cause.name = nameOf(topology, d.asset);
  incident.declared = { by: account, summary: d.summary };
  incident.severityBy = account;
  incident.impact.affected = [...new Set(d.agencies)].sort();
  const tracked = track(state, `declared:${incident.id}`, incident, now, false);
  const key = account === "machine" ? "reason.noticed" : "reason.declared";
  note(tracked, now, "opened", { key, facts: { summary: d.summary } }, account);
  sight(state, tracked, d.indicators);
  return [{ type: "incident", incident }, ...enlist(state, tracked, now)];
}
