// Quiet hours: until when something is held. What policy calls urgent never is. Pure.
import type { Severity } from "../../protocol/finding.ts";
import type { NotifyRules } from "./policy.ts";

const DAY_MINUTES = 1_440;

/** Whether policy calls it urgent: by what it says, or by how bad the incident is. */
export function isUrgent(rules: NotifyRules, kind: string, severity: Severity | undefined): boolean {
  const urgent = rules.quiet?.urgent;
  if (!urgent) return true;
  // That something is over can wait, however bad it was.
  if (kind === "recovered" || kind === "channel-back") return (urgent.kinds as string[]).includes(kind);
  return (urgent.kinds as string[]).includes(kind) || (severity !== undefined && urgent.severity.includes(severity));
}

/** The end of the quiet hours that `now` stands in; undefined outside them. They may go over midnight. */
export function quietUntil(rules: NotifyRules, now: number): number | undefined {
  const { quiet } = rules;
  if (!quiet) return undefined;
  const [from, until] = [minutesOf(quiet.from), minutesOf(quiet.until)];
  const local = now + quiet.utcOffsetHours * 3_600_000;
  const minute = Math.floor(local / 60_000) % DAY_MINUTES;
  const length = (until - from + DAY_MINUTES) % DAY_MINUTES;
  const into = (minute - from + DAY_MINUTES) % DAY_MINUTES;
  if (into >= length) return undefined;
  return (Math.floor(now / 60_000) + (length - into)) * 60_000;
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
