// Which incidents stand in which part of the list, in which order, and why an incident began. Pure.
import type { Incident, IncidentEvent, Reason } from "../../../protocol/incident.ts";
import { endsByPerson, phaseOf, refusalOf } from "../../../protocol/lifecycle.ts";
import { tagRow } from "../../../protocol/tags.ts";
import { severityRank } from "./agency.ts";

export interface IncidentGroups {
  open: Incident[];
  /** Recovered or quiet: over, but a person has to close them. */
  waiting: Incident[];
  closed: Incident[];
}

/** Open by severity then newest; the others by their latest change, newest first. */
export function groupIncidents(incidents: Iterable<Incident>): IncidentGroups {
  const groups: IncidentGroups = { open: [], waiting: [], closed: [] };
  for (const i of incidents) groups[phaseOf(i)].push(i);
  groups.open.sort((a, b) => severityRank(a.severity) - severityRank(b.severity) || b.openedAt - a.openedAt);
  groups.waiting.sort((a, b) => lastChange(b) - lastChange(a));
  groups.closed.sort((a, b) => lastChange(b) - lastChange(a));
  return groups;
}

const lastChange = (i: Incident): number => i.closedAt ?? i.recoveredAt ?? i.history.at(-1)?.at ?? i.openedAt;

/** When it was over: told by the machine, or for a detection when it turned quiet. */
export const endOf = (i: Incident): number | undefined =>
  phaseOf(i) === "open" ? undefined : (i.recoveredAt ?? i.quietAt ?? i.closedAt);

/** Reasons that speak of a change to the incident and not of its cause. */
const NOT_A_CAUSE = new Set(["reason.refined", "reason.more-evidence", "reason.returned", "reason.person"]);
const SAYS_CAUSE: readonly IncidentEvent["what"][] = ["opened", "reopened", "evidence-added", "merged"];

/** The machine's latest words for the cause: a refined cause speaks again after the refinement. */
export const causeReason = (i: Incident): Reason | undefined =>
  i.history.findLast((e) => SAYS_CAUSE.includes(e.what) && !NOT_A_CAUSE.has(e.reason.key))?.reason;

/**
 * The tags that say what is wrong with the cause itself, worst first: those of a thing that is down come before those of the
 * incident's own class, and those before what merely follows.
 */
export function mainTags(i: Incident): string[] {
  const tags = [...new Set(i.evidence.map((e) => e.tag))];
  const own = tags.filter((tag) => tagRow(tag).class === i.class || i.class === "intrusion");
  const down = own.filter((tag) => tagRow(tag).down);
  const chosen = down.length > 0 ? down : own.length > 0 ? own : tags;
  return chosen.sort((a, b) => severityRank(tagRow(a).severity) - severityRank(tagRow(b).severity));
}

/** Why this person may not close it now; undefined when they may (recovered or quiet, and not over its owner). */
export function closeRefusal(i: Incident, account: string): "open" | "intrusion" | "owner" | "closed" | undefined {
  switch (refusalOf(i, account, { kind: "close", resolution: "?" })) {
    case undefined:
      return undefined;
    case "incident-closed":
      return "closed";
    case "incident-open":
      return endsByPerson(i) ? "intrusion" : "open";
    default:
      return "owner";
  }
}

/** When what the screen shows began: the return of an incident that had been over, else its first evidence. */
export const beganAt = (incident: Incident): number => incident.reopenedAt ?? incident.detectedAt;
