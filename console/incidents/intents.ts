// Who has to be told of a change: the difference between what an incident was and what it is. Written to the outbox in the
// same commit; whether, when and over which channel it is told is for the stage of notifications. Pure.
import type { Intent } from "../../protocol/casework.ts";
import { SEVERITIES } from "../../protocol/finding.ts";
import type { Incident, Reason } from "../../protocol/incident.ts";
import { phaseOf } from "../../protocol/lifecycle.ts";

export function changeIntents(before: Incident | undefined, after: Incident, to: string[], now: number): Intent[] {
  const intent = (kind: Intent["kind"], mark: number | string): Intent => ({
    key: `${after.id}/${kind}/${mark}`,
    at: now,
    kind,
    incident: after.id,
    to,
    reason: lastReason(after),
  });
  if (!before) return [intent("opened", after.openedAt)];
  const known = new Set(concerned(before));
  const joined = phaseOf(after) === "open" ? concerned(after).filter((a) => !known.has(a)) : [];
  return [...moved(before, after, intent, now), ...joinedIntents(intent, joined)];
}

type Make = (kind: Intent["kind"], mark: number | string) => Intent;

function moved(before: Incident, after: Incident, intent: Make, now: number): Intent[] {
  const [was, is] = [phaseOf(before), phaseOf(after)];
  if (was !== "open" && is === "open") return [intent("reopened", after.reopenedAt ?? now)];
  if (was === "open" && after.state === "recovered") return [intent("recovered", after.recoveredAt ?? now)];
  const worse = SEVERITIES.indexOf(after.severity) < SEVERITIES.indexOf(before.severity);
  return is === "open" && worse ? [intent("worsened", `${after.severity}/${after.reopenedAt ?? after.openedAt}`)] : [];
}

/** Told to the people of these agencies alone: the centre has the incident before it. */
const joinedIntents = (intent: Make, agencies: string[]): Intent[] =>
  agencies.map((agency) => ({ ...intent("joined", agency), to: [], agencies: [agency] }));

const concerned = ({ impact, evidence }: Incident): string[] => [
  ...new Set([...impact.lost, ...impact.degraded, ...impact.affected, ...evidence.map((e) => e.agency)]),
];

const lastReason = (i: Incident): Reason => i.history.at(-1)?.reason ?? { key: "reason.person", facts: {} };
