// Silences and maintenance windows: what they are and what they match. Pure; used by the correlator, the alerting and the preview.
//
// - Every matcher of a silence must hold. Of several values (agencies, tags) `is` holds when all of them are named, so that a
//   silence never mutes more than it says; `is-not` when none is.
// - `silence` mutes alerting, never monitoring. `maintenance` also keeps new incidents of watched causes from being opened while it
//   lasts; attacks are opened always, and recovery is never suppressed.
import type { Severity } from "./finding.ts";
import type { IncidentClass } from "./incident.ts";

export const MATCHER_FIELDS = ["asset", "agency", "class", "tag", "actor", "severity"] as const;
export interface Matcher {
  field: (typeof MATCHER_FIELDS)[number];
  op: "is" | "is-not";
  values: string[];
}

export interface Silence {
  id: string;
  kind: "silence" | "maintenance";
  matchers: Matcher[];
  from: number;
  /** Its end is mandatory. */
  until: number;
  reason: string;
  by: string;
  createdAt: number;
  /** A person ended it before its time. */
  endedAt?: number;
  endedBy?: string;
  /** Why a planned downtime was not announced as early as the rule asks, where it was not. */
  lateNotice?: string;
}

/** What a silence is held against. `assets`: the thing itself, and the hosts of a link or service that stands on nothing else. */
export interface Subject {
  assets: string[];
  agencies: string[];
  class: IncidentClass;
  tags: string[];
  actor?: string;
  severity: Severity;
}

/** From `from` on, until before its end. */
export const isActive = (s: Silence, now: number): boolean => s.from <= now && now < endOfSilence(s);
export const endOfSilence = (s: Silence): number => Math.min(s.until, s.endedAt ?? s.until);

export const matches = (s: Silence, subject: Subject): boolean =>
  s.matchers.length > 0 && s.matchers.every((m) => holds(m, subject));

function holds(m: Matcher, subject: Subject): boolean {
  const named = (v: string) => m.values.includes(v);
  // An asset is named when it is, or when one of the things that it stands on is.
  if (m.field === "asset") return subject.assets.some(named) === (m.op === "is");
  const values = valuesOf(m.field, subject);
  return m.op === "is" ? values.length > 0 && values.every(named) : !values.some(named);
}

function valuesOf(field: Exclude<Matcher["field"], "asset">, s: Subject): string[] {
  switch (field) {
    case "agency":
      return s.agencies;
    case "class":
      return [s.class];
    case "tag":
      return s.tags;
    case "actor":
      return s.actor === undefined ? [] : [s.actor];
    case "severity":
      return [s.severity];
  }
}
