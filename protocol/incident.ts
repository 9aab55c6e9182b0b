// What the console makes of findings and detections, and what the screen shows.
import type { Evidence, Severity } from "./finding.ts";
import type { Bilingual } from "./registry.ts";

/** What kind of trouble: decides colour, text and, for detections, when it is quiet. */
export type IncidentClass = "connectivity" | "ipv6" | "dnssec" | "certificate" | "agent" | "service" | "intrusion";

/**
 * open → recovered (by the machine, when no evidence is left) → closed (by a person, with a resolution).
 * A detection has no end: open → quiet → closed. A return within the window reopens the same incident.
 */
export type IncidentState = "open" | "recovered" | "quiet" | "closed";

/** One line of an incident's history. `by` is `machine` or the account of a person. */
export interface IncidentEvent {
  at: number;
  by: string;
  /** A key of the locale files, with what fills it. */
  what: IncidentEventKind;
  reason: Reason;
}
export type IncidentEventKind =
  | "opened"
  | "evidence-added"
  | "evidence-gone"
  | "cause-refined"
  | "merged"
  | "recovered"
  | "quiet"
  | "reopened"
  | "acknowledged"
  | "closed";

/** Why something was decided: a key of the locale files (`reason.*`) and the facts that fill it. */
export interface Reason {
  key: string;
  facts: Record<string, string | number | string[]>;
}

/** Agencies by what they suffer: cut off, left with fewer paths, or users of what is broken. */
export interface Impact {
  lost: string[];
  degraded: string[];
  affected: string[];
}

export interface IncidentEvidence {
  agent: string;
  agency: string;
  check: string;
  target: string;
  subject: string;
  tag: string;
  since: number;
  evidence: Evidence;
}

export interface Incident {
  id: string;
  /** The asset at fault, and for a detection also who did it. */
  cause: { asset: string; name: Bilingual; actor?: string };
  class: IncidentClass;
  severity: Severity;
  state: IncidentState;
  /** Earliest evidence, by the observers' clocks: legal clocks count from here. */
  detectedAt: number;
  openedAt: number;
  /** When it came back, for an incident that had recovered or was quiet. */
  reopenedAt?: number;
  recoveredAt?: number;
  closedAt?: number;
  owner?: string;
  resolution?: string;
  impact: Impact;
  /** What it explains: assets and silent agents whose trouble follows from the cause. */
  explains: string[];
  evidence: IncidentEvidence[];
  history: IncidentEvent[];
}

/** What a check last said of a target, for the screen. `unknown`: its agent is silent or has not yet spoken. */
export type CheckStatus = "good" | "finding" | "skipped" | "broke" | "unknown";
export interface TargetStatus {
  target: string;
  agency: string;
  agent: string;
  asset: string;
  check: string;
  status: CheckStatus;
  severity?: Severity;
  tags: string[];
  /** Since when this status stands, by the agent's clock. */
  since: number;
  at: number;
  facts?: Evidence;
  reason?: string;
}

export interface AgentStatus {
  agent: string;
  agency: string;
  host: string;
  presence: "live" | "silent" | "unknown";
  since: number;
}

/** What the browser receives: a snapshot first, then changes, at most one a tick. */
export type FeedMessage =
  | {
      t: "snapshot";
      at: number;
      province: { id: string; name: Bilingual };
      levels: { id: string; name: Bilingual }[];
      agencies: { id: string; level: string; name: Bilingual }[];
      assets: { id: string; kind: string; name: Bilingual; agency: string }[];
      agents: AgentStatus[];
      targets: TargetStatus[];
      incidents: Incident[];
    }
  | {
      t: "changes";
      at: number;
      agents: AgentStatus[];
      targets: TargetStatus[];
      removedTargets: string[];
      incidents: Incident[];
    };
