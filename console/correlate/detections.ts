// Attacks: one incident for an actor and a class of attack, wherever it is seen. It has no end of its own: after the
// window that its class states it is quiet, and a person closes it. Pure.
import { DETECTION_CLASSES, type Detection } from "../../protocol/index.ts";
import { worst } from "./diagnose.ts";
import { nameOf, newIncident, note, track } from "./incidents.ts";
import type { Change, State, Tracked } from "./state.ts";
import { wake } from "./state.ts";
import type { Topology } from "./topology.ts";

const DEFAULT_CLASS = { class: "intrusion", quietAfterMs: 600_000 } as const;
const MOST_EVIDENCE = 200;

export function applyDetection(
  state: State,
  topology: Topology,
  agent: string,
  detection: Detection,
  now: number,
): Change[] {
  const target = topology.targets.get(detection.target);
  if (!target || target.agent !== agent) return [];
  const rules = DETECTION_CLASSES[detection.class] ?? DEFAULT_CLASS;
  const key = campaignKey(detection.class, detection.actor ?? target.asset);
  const tracked = ongoing(state, key) ?? begin(state, topology, key, target.asset, detection, now);
  const { incident } = tracked;
  const evidence = {
    agent,
    agency: target.agency,
    check: detection.detector,
    target: detection.target,
    subject: detection.actor ?? target.asset,
    tag: detection.class.toUpperCase().replaceAll("-", "_"),
    since: detection.at,
    evidence: { ...detection.evidence, count: detection.count },
  };
  const reason = {
    key: "reason.detection",
    facts: {
      detector: detection.detector,
      actor: detection.actor ?? "",
      count: detection.count,
      asset: target.asset,
    },
  };
  if (incident.state === "quiet") {
    incident.state = "open";
    incident.reopenedAt = Math.min(detection.at, now);
    note(tracked, now, "reopened", reason);
  } else note(tracked, now, incident.history.length === 0 ? "opened" : "evidence-added", reason);
  incident.evidence = [...incident.evidence, evidence].slice(-MOST_EVIDENCE);
  incident.severity = worst([incident.severity, detection.severity]);
  incident.detectedAt = Math.min(incident.detectedAt, detection.at);
  if (target.asset !== incident.cause.asset && !incident.explains.includes(target.asset))
    incident.explains = [...incident.explains, target.asset].sort();
  if (!incident.impact.affected.includes(target.agency))
    incident.impact = { ...incident.impact, affected: [...incident.impact.affected, target.agency].sort() };
  state.campaigns.set(key, { incident: incident.id, lastAt: now, quietAfterMs: rules.quietAfterMs });
  wake(state, now + rules.quietAfterMs);
  return [{ type: "incident", incident }];
}

/** Attacks without a new detection for their class's window become quiet. */
export function quieten(state: State, now: number): Change[] {
  const changes: Change[] = [];
  for (const [key, campaign] of state.campaigns) {
    const tracked = state.tracked.get(campaign.incident);
    if (!tracked) {
      state.campaigns.delete(key);
      continue;
    }
    if (tracked.incident.state !== "open") continue;
    const at = campaign.lastAt + campaign.quietAfterMs;
    if (at > now) {
      wake(state, at);
      continue;
    }
    tracked.incident.state = "quiet";
    note(tracked, now, "quiet", {
      key: "reason.quiet",
      facts: { minutes: Math.round(campaign.quietAfterMs / 60_000) },
    });
    changes.push({ type: "incident", incident: tracked.incident });
  }
  return changes;
}

/** Takes up again, after a restart, what the store says was going on. */
export function restoreCampaign(state: State, tracked: Tracked): void {
  const first = tracked.incident.evidence[0];
  if (!first) return;
  const detectionClass = first.tag.toLowerCase().replaceAll("_", "-");
  const rules = DETECTION_CLASSES[detectionClass] ?? DEFAULT_CLASS;
  const last = tracked.incident.history.findLast((e) => e.what !== "acknowledged");
  tracked.key = campaignKey(detectionClass, tracked.incident.cause.actor ?? tracked.incident.cause.asset);
  state.campaigns.set(tracked.key, {
    incident: tracked.incident.id,
    lastAt: last?.at ?? tracked.incident.openedAt,
    quietAfterMs: rules.quietAfterMs,
  });
}

const campaignKey = (detectionClass: string, actor: string) => `attack:${detectionClass}:${actor}`;

function ongoing(state: State, key: string): Tracked | undefined {
  const campaign = state.campaigns.get(key);
  return campaign && state.tracked.get(campaign.incident);
}

function begin(
  state: State,
  topology: Topology,
  key: string,
  asset: string,
  detection: Detection,
  now: number,
): Tracked {
  const rules = DETECTION_CLASSES[detection.class] ?? DEFAULT_CLASS;
  const incident = newIncident(
    state,
    { asset, class: rules.class, severity: detection.severity, since: detection.at },
    now,
  );
  incident.cause = {
    asset,
    name: nameOf(topology, asset),
    ...(detection.actor === undefined ? {} : { actor: detection.actor }),
  };
  return track(state, key, incident, now, false);
}
