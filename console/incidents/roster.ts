// Who is on duty, and who is told while nobody takes an incident. Pure: (roster, now) → accounts.
import type { Intent } from "../../protocol/casework.ts";
import type { Incident } from "../../protocol/incident.ts";
import { phaseOf } from "../../protocol/lifecycle.ts";
import type { Roster } from "./schema.ts";

const WEEK_MS = 7 * 86_400_000;
type Schedule = Roster["schedules"][number];

/** Who has a schedule's watch at an instant, and until when; the latest override that holds stands above the rota. */
export function onDuty(
  roster: Roster,
  scheduleId: string,
  now: number,
): { account: string; until: number } | undefined {
  const schedule = roster.schedules.find((s) => s.id === scheduleId);
  if (!schedule) return undefined;
  const override = schedule.overrides.findLast((o) => Date.parse(o.from) <= now && now < Date.parse(o.until));
  if (override) return { account: override.account, until: Date.parse(override.until) };
  const week = Math.floor((now - startOf(roster, schedule)) / WEEK_MS);
  const next = schedule.overrides.map((o) => Date.parse(o.from)).filter((at) => at > now);
  const size = schedule.rota.length;
  return {
    account: schedule.rota[((week % size) + size) % size]!,
    until: Math.min(startOf(roster, schedule) + (week + 1) * WEEK_MS, ...next),
  };
}

const startOf = (roster: Roster, s: Schedule): number =>
  Date.parse(`${s.start}T${s.handoverAt}:00Z`) - roster.utcOffsetHours * 3_600_000;

/** The steps of escalation of an incident that nobody has taken, as intents to come; none once it is taken or over. */
export function escalationIntents(roster: Roster, incident: Incident): Intent[] {
  if (incident.state !== "new" || phaseOf(incident) !== "open") return [];
  const since = Math.max(incident.openedAt, incident.reopenedAt ?? 0);
  const ladder = roster.escalation.find((e) => e.severity.includes(incident.severity));
  return (ladder?.steps ?? []).map((step, i) => {
    const at = since + step.afterMinutes * 60_000;
    return {
      key: `${incident.id}/escalation/${since}/${i}`,
      at,
      kind: "escalation" as const,
      incident: incident.id,
      to: resolve(roster, step.notify, at),
      reason: { key: "reason.escalation", facts: { minutes: step.afterMinutes, step: i + 1 } },
    };
  });
}

/** Names of schedules become the accounts that have their watch. */
export const resolve = (roster: Roster, names: string[], at: number): string[] => [
  ...new Set(
    names.map((name) => {
      if (!name.startsWith("schedule:")) return name;
      const who = onDuty(roster, name.slice("schedule:".length), at);
      return who ? `account:${who.account}` : name;
    }),
  ),
];

/** The owner, or who has the first schedule's watch. */
export const responsible = (roster: Roster, incident: Incident, at: number): string[] =>
  incident.owner === undefined
    ? resolve(roster, [`schedule:${roster.schedules[0]!.id}`], at)
    : [`account:${incident.owner}`];
