// What the console makes of findings and detections, and what the screen shows.
import type { Casework } from "./casework.ts";
import type { Evidence, Severity } from "./finding.ts";
import type { Bilingual } from "./registry.ts";

/** What kind of trouble: decides colour, text and, for detections, when it is quiet. `data`: declared by a person. */
export type IncidentClass =
  | "connectivity"
  | "ipv6"
  | "dnssec"
  | "certificate"
  | "agent"
  | "service"
  | "intrusion"
  | "data";

/**
 * How far the work on it has come (lifecycle.ts has the allowed moves). The machine goes no further than `recovered`; a return
 * within the window reopens the same incident. Whether an attack still shows signs is `quietAt`, beside the state.
 */
export type IncidentState = "new" | "acknowledged" | "investigating" | "contained" | "recovered" | "closed";

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
  | "split"
  | "recovered"
  | "quiet"
  | "reopened"
  | "acknowledged"
  | "assigned"
  | "investigating"
  | "contained"
  | "severity-changed"
  | "detection-corrected"
  | "storm"
  | "campaign"
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

/** What an actor or a tool is known by; the same one elsewhere is the same campaign. */
export interface Indicator {
  type: "actor" | "sha256" | "domain" | "url";
  value: string;
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
  /** Why it is as severe as it is: the table's factors, or the words of the person who set it. */
  severityReason?: Reason;
  /** The account that set the severity by hand; the machine leaves it alone from then on. */
  severityBy?: string;
  /** Earliest evidence, by the observers' clocks: legal clocks count from here. */
  detectedAt: number;
  /** Of that earliest evidence: both clocks, and how far the agent's lay behind at receipt (delay and error together). */
  earliest?: { agentAt: number; receivedAt: number; skewMs: number };
  openedAt: number;
  /** When it came back, for an incident that had recovered or was quiet. */
  reopenedAt?: number;
  recoveredAt?: number;
  closedAt?: number;
  /** An attack without a sign since then, for its class's window. */
  quietAt?: number;
  /** A person told of it; nothing that the machine sees can end it. */
  declared?: { by: string; summary: string };
  owner?: string;
  resolution?: string;
  impact: Impact;
  /** What it explains: assets and silent agents whose trouble follows from the cause. */
  explains: string[];
  evidence: IncidentEvidence[];
  history: IncidentEvent[];
  /** Keys of the causes and attacks that it answers for, its own first; more than one after a merge or in a storm. */
  answersFor?: string[];
  /** Detections that it holds, evidence of which is kept for the newest only. */
  detections?: number;
  /** So much of one class at once that it is one incident: how many causes or actors it holds. */
  storm?: { count: number; since: number };
  indicators?: Indicator[];
  /** The campaign that it belongs to: the same actor or indicator at several agencies. */
  campaign?: string;
  mergedInto?: string;
  splitFrom?: string;
  /** Agencies whose part was split off into incidents of their own. */
  leftOut?: string[];
  /** What the stage of people's work adds for the screen (casework.ts); no part of the correlator's own. */
  work?: Casework;
  /** This is what one agency may know of it: its own part (console/people/redact.ts). Never set in the record. */
  restricted?: true;
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

/**
 * What the browser receives: a snapshot first, then changes, at most one a tick. `run` names the console's life and `seq` the place
 * in it: a screen that says where it was is told what it missed, or gets a snapshot.
 */
export type FeedMessage =
  | {
      t: "snapshot";
      at: number;
      run?: string;
      seq?: number;
      province: { id: string; name: Bilingual };
      levels: { id: string; name: Bilingual }[];
      agencies: { id: string; level: string; name: Bilingual }[];
      assets: { id: string; kind: string; name: Bilingual; agency: string }[];
      agents: AgentStatus[];
      targets: TargetStatus[];
      incidents: Incident[];
    }
  /** Something was told to this account: it stands at /api/me/notices. */
  | { t: "notice"; at: number }
  | {
      t: "changes";
      at: number;
      seq?: number;
      agents: AgentStatus[];
      targets: TargetStatus[];
      removedTargets: string[];
      incidents: Incident[];
    };
