// Attacks: one incident for an actor and a class of attack, wherever it is seen. It has no end of its own: after the
// window that its class states it is quiet, and a person says that it is over. In a storm of actors one incident counts them. Pure.
import {
  DETECTION_CLASSES,
  type Detection,
  type IncidentEvidence,
  type Indicator,
  SEVERITIES,
  type Severity,
} from "../../protocol/index.ts";
import { answering, nameOf, newIncident, note, noteDetectedAt, policyOf, resume, track } from "./book.ts";
import { enlist, sight } from "./campaigns.ts";
import { worst } from "./groups.ts";
import { MOST_EVIDENCE } from "./incidents.ts";
import { weigh } from "./severity.ts";
import type { Change, State, Tracked } from "./state.ts";
import { collapse, noteOpening } from "./storms.ts";
import type { Topology } from "./topology.ts";
import { wakeOf } from "./wakes.ts";

const DEFAULT_CLASS = { class: "intrusion", quietAfterMs: 600_000 } as const;
const QUIET = "quiet";
const rulesOf = (detectionClass: string) => DETECTION_CLASSES[detectionClass] ?? DEFAULT_CLASS;

interface Seen {
  key: string;
  agency: string;
  asset: string;
  agent: string;
  detection: Detection;
}

/** Takes one detection in: the incident that answers for its actor, and others that its indicators bring into a campaign. */
export function applyDetection(
  state: State,
  topology: Topology,
  agent: string,
  detection: Detection,
  now: number,
): Change[] {
  const target = topology.targets.get(detection.target);
  if (!target || target.agent !== agent) return [];
  const key = attackKey(detection.class, detection.actor ?? target.asset);
  const seen: Seen = { key, agency: target.agency, asset: target.asset, agent, detection };
  const tracked = ongoing(state, seen, now) ?? begin(state, topology, seen, now);
  noteSign(tracked, seen, now);
  addEvidence(topology, tracked, seen, now);
  const { quietAfterMs } = rulesOf(detection.class);
  state.attacks.set(tracked.incident.id, { lastAt: now, quietAfterMs });
  state.nextQuietAt = Math.min(state.nextQuietAt, now + quietAfterMs);
  wakeOf(state.wakes, QUIET, state.nextQuietAt);
  sight(state, tracked, indicatorsOf(detection));
  return [{ type: "incident", incident: tracked.incident }, ...enlist(state, tracked, now)];
}

/** Attacks without a new detection for their class's window become quiet. */
export function quieten(state: State, now: number): Change[] {
  if (now < state.nextQuietAt) {
    if (Number.isFinite(state.nextQuietAt)) wakeOf(state.wakes, QUIET, state.nextQuietAt);
    return [];
  }
  const changes: Change[] = [];
  state.nextQuietAt = Number.POSITIVE_INFINITY;
  for (const [id, attack] of state.attacks) {
    const tracked = state.tracked.get(id);
    if (!tracked || tracked.incident.quietAt !== undefined || tracked.incident.state === "recovered") {
      state.attacks.delete(id);
      continue;
    }
    const at = attack.lastAt + attack.quietAfterMs;
    if (at > now) {
      state.nextQuietAt = Math.min(state.nextQuietAt, at);
      continue;
    }
    state.attacks.delete(id);
    tracked.incident.quietAt = now;
    note(tracked, now, "quiet", {
      key: "reason.quiet",
      facts: { minutes: Math.round(attack.quietAfterMs / 60_000) },
    });
    changes.push({ type: "incident", incident: tracked.incident });
  }
  if (Number.isFinite(state.nextQuietAt)) wakeOf(state.wakes, QUIET, state.nextQuietAt);
  return changes;
}

/** Takes up again, after a restart, what the store says was going on. */
export function restoreAttack(state: State, tracked: Tracked): void {
  const { incident } = tracked;
  sight(state, tracked, []);
  // Not by its class: an attack that a person merged into another incident goes on there.
  const classes = [tracked.key, ...(incident.answersFor ?? [])].filter(isAttackKey).map((key) => key.split(":")[1]!);
  if (classes.length === 0 || incident.quietAt !== undefined || incident.state === "recovered") return;
  const quietAfterMs = Math.max(...classes.map((c) => rulesOf(c).quietAfterMs));
  const last = incident.history.findLast((e) => SIGNS.has(e.what));
  state.attacks.set(incident.id, { lastAt: last?.at ?? incident.openedAt, quietAfterMs });
  state.nextQuietAt = 0;
}
const SIGNS: ReadonlySet<string> = new Set(["opened", "evidence-added", "reopened", "storm"]);

const attackKey = (detectionClass: string, actor: string) => `attack:${detectionClass}:${actor}`;
export const isAttackKey = (key: string): boolean => key.startsWith("attack:");
/** The key of one agency's part of an attack, once a person has split it off. */
export const partKey = (key: string, agency: string) => `${key}@${agency}`;

function ongoing(state: State, { key, agency }: Seen, now: number): Tracked | undefined {
  const tracked = answering(state, partKey(key, agency)) ?? answering(state, key);
  if (tracked?.incident.state !== "recovered") return tracked;
  return now - (tracked.incident.recoveredAt ?? now) <= policyOf(state).reopenMs ? tracked : undefined;
}

function begin(state: State, topology: Topology, { key, asset, detection }: Seen, now: number): Tracked {
  const cls = rulesOf(detection.class).class;
  const of = { asset, class: cls, severity: detection.severity, since: Math.min(detection.at, now) };
  const joined = collapse(state, key, of, now, now);
  if (joined) return joined.storm;
  const incident = newIncident(state, of, now, now);
  incident.cause = {
    asset,
    name: nameOf(topology, asset),
    ...(detection.actor === undefined ? {} : { actor: detection.actor }),
  };
  noteOpening(state, cls, now);
  return track(state, key, incident, now, false);
}

function noteSign(tracked: Tracked, { asset, detection }: Seen, now: number): void {
  const { incident } = tracked;
  const { detector, actor = "", count } = detection;
  const reason = { key: "reason.detection", facts: { detector, actor, count, asset } };
  if (incident.quietAt !== undefined || incident.state === "recovered") {
    const at = Math.min(detection.at, now);
    if (incident.state === "recovered") resume(incident, at);
    delete incident.quietAt;
    incident.reopenedAt = at;
    note(tracked, now, "reopened", reason);
  } else if (incident.history.length === 0) note(tracked, now, "opened", reason);
  else noteAgain(tracked, reason, now);
}

/**
 * What the same detector says of the same actor at the same place within a minute is one line of history, with the counts added: a flood
 * leaves what people did in it. Of evidence, which says more than a count, the minute's first pieces stay as they are, and the
 * last of them grows. The log has every detection.
 */
const SAME_MS = 60_000;
const MOST_PIECES = 5;
/** So far back the line or the pieces are looked for. */
const LOOK_BACK = 50;

function noteAgain(tracked: Tracked, reason: ReasonOfDetection, now: number): void {
  const { history } = tracked.incident;
  const { detector, actor, asset, count } = reason.facts;
  const before = history.slice(-LOOK_BACK).findLast(({ what, reason: { key, facts } }) => {
    const isSame = facts["detector"] === detector && facts["actor"] === actor && facts["asset"] === asset;
    return what === "evidence-added" && key === reason.key && isSame;
  });
  const facts = { ...reason.facts, from: now };
  const from = Number(before?.reason.facts["from"]);
  if (before && now >= before.at && now - from < SAME_MS) {
    history.splice(history.lastIndexOf(before), 1);
    Object.assign(facts, { count: Number(before.reason.facts["count"]) + count, from });
  }
  note(tracked, now, "evidence-added", { key: reason.key, facts });
}
interface ReasonOfDetection {
  key: string;
  facts: { detector: string; actor: string; count: number; asset: string };
}

function addEvidence(topology: Topology, tracked: Tracked, seen: Seen, now: number): void {
  const { incident } = tracked;
  const { agent, agency, asset, detection } = seen;
  const subject = detection.actor ?? asset;
  const tag = detection.class.toUpperCase().replaceAll("-", "_");
  const evidence = {
    agent,
    agency,
    check: detection.detector,
    target: detection.target,
    subject,
    tag,
    since: detection.at,
    evidence: { ...detection.evidence, count: detection.count },
  };
  // A target is one agent's and one agency's.
  const soon = incident.evidence.slice(-LOOK_BACK).filter((e) => {
    const isSame =
      e.target === detection.target && e.subject === subject && e.tag === tag && e.check === evidence.check;
    return isSame && detection.at >= e.since && detection.at - e.since < SAME_MS;
  });
  const grows = soon.length < MOST_PIECES ? undefined : soon.at(-1);
  if (grows) {
    evidence.since = grows.since;
    evidence.evidence.count += Number(grows.evidence["count"]);
    Object.assign(evidence.evidence, { [DETECTIONS]: detectionsIn(grows) + 1 });
  }
  const others = grows ? incident.evidence.filter((e) => e !== grows) : incident.evidence;
  incident.evidence = [...others, evidence].slice(-MOST_EVIDENCE);
  incident.detections = (incident.detections ?? 0) + 1;
  noteDetectedAt(incident, detection.at, now);
  if (asset !== incident.cause.asset && !incident.explains.includes(asset))
    incident.explains = [...incident.explains, asset].sort();
  if (!incident.impact.affected.includes(agency))
    incident.impact = { ...incident.impact, affected: [...incident.impact.affected, agency].sort() };
  weigh(topology, incident, worst([baseOf(tracked), detection.severity]));
}

const DETECTIONS = "detections";
/** How many detections a piece of evidence of an attack stands for. */
export const detectionsIn = (piece: IncidentEvidence): number => Number(piece.evidence[DETECTIONS] ?? 1);

/** The worst that a detector has said so far: the reason of the severity keeps it. */
function baseOf({ incident }: Tracked): Severity {
  const kept = String(incident.severityReason?.facts["base"] ?? "").replace("severity.", "");
  return SEVERITIES.find((s) => s === kept) ?? "info";
}

/** Its actor, and what its evidence names of a tool: hashes, domains, addresses of pages. */
function indicatorsOf(detection: Detection): Indicator[] {
  const named = (["sha256", "domain", "url"] as const).flatMap((type) => {
    const value = detection.evidence[type];
    return typeof value === "string" ? [{ type, value }] : [];
  });
  return detection.actor === undefined ? named : [{ type: "actor", value: detection.actor }, ...named];
}
