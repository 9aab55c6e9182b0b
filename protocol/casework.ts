// People's work on incidents, in the words that console and screen share: classification and legal clocks, tasks, comments,
// evidence, notices. Times are ms since 1970 by the console's clock unless said otherwise.
import type { Reason } from "./incident.ts";
import type { Bilingual } from "./registry.ts";

/** What the law wants to be told by when; `metAt` and by whom once it was. */
export interface Clock {
  /** `<pack>/<rule>`. */
  id: string;
  title: Bilingual;
  source: string;
  /** How sure the source is: V read in a primary text or its copy, S in the press or a third party's. */
  mark: "V" | "S";
  startAt: number;
  /** Absent: no fixed time, but it has to be done (a closing report). */
  dueAt?: number;
  metAt?: number;
  metBy?: string;
}

/** What sort of incident it is in law: proposed by a rule pack, confirmed or corrected by a person. */
export interface Classification {
  /** `malware`, `intrusion`, …: an id of the rule pack. */
  nature: string;
  /** `serious`, `personal-data`, …: each brings its clocks. */
  grades: string[];
  by: string;
  confirmed: boolean;
  /** The pack's own words for a proposal, the person's for a correction. */
  reason: Bilingual;
  at: number;
}

export const TASK_PHASES = ["acknowledge", "investigate", "contain", "recover", "close"] as const;
export interface Task {
  id: string;
  /** `<playbook>@<version>`, or `own` for one that a person added. */
  from: string;
  phase: (typeof TASK_PHASES)[number];
  text: Bilingual;
  dueAt?: number;
  state: "open" | "done" | "skipped";
  by?: string;
  at?: number;
  /** Why it was skipped. */
  reason?: string;
  /** Meant for these agencies: their own people see it, and say when it is done. */
  agencies?: string[];
}

/** A piece of evidence: its bytes stand once, under their hash, write-protected. */
export interface EvidenceItem {
  sha256: string;
  name: string;
  type: string;
  bytes: number;
  at: number;
  by: string;
  note: string;
}

/** A line of the work's own history; never changed, never removed. */
export interface WorkEvent {
  id: number;
  incident: string;
  at: number;
  by: string;
  kind: WorkEventKind;
  detail: Record<string, string | number | string[]>;
}
export type WorkEventKind =
  | "comment"
  | "classification-proposed"
  | "classification-confirmed"
  | "classification-corrected"
  | "playbook-started"
  | "task-added"
  | "task-done"
  | "task-skipped"
  | "task-reopened"
  | "notice-sent"
  | "evidence-received"
  | "evidence-read"
  | "evidence-verified"
  | "evidence-failed"
  | "silence-created"
  | "silence-ended"
  | "handover"
  | "policy-changed";

/** The work on one incident as it stands. */
export interface CaseState {
  classification: Classification;
  tasks: Task[];
  /** Which legal clock was met, when and by whom. */
  notices: Record<string, { at: number; by: string }>;
  comments: number;
  evidence: EvidenceItem[];
}

/**
 * The work as far as an agency's own people are told of it: what was written to them and what they are asked to do, numbered among
 * their own only. Everything else of the case is the security centre's.
 */
export interface CasePart {
  restricted: true;
  tasks: (Pick<Task, "id" | "phase" | "text" | "dueAt" | "state"> & { reason?: string })[];
  /** `by`: an agency's id, the viewer's own account, or `centre`. */
  comments: { at: number; by: string; text: string }[];
}

/** The sum of it, as the list and the head of the detail show it. */
export interface Casework {
  classification: Classification;
  clocks: Clock[];
  tasks: { done: number; total: number };
  comments: number;
  evidence: number;
  /** The silence that keeps it from alerting now. */
  silencedBy?: string;
}

/** Somebody has to be told. The stage of notifications takes it from the outbox; a key is told once. */
export interface Intent {
  key: string;
  at: number;
  kind:
    | "opened"
    | "reopened"
    | "recovered"
    | "worsened"
    | "escalation"
    | "clock-warning"
    | "clock-overdue"
    | "handover"
    /** Agencies became part of an incident that was open already: for their own people. */
    | "joined"
    /** A channel of notifications does not work, or works again. */
    | "channel-dead"
    | "channel-back";
  /** `-` where it is about none. */
  incident: string;
  /** `account:an`, `role:security-lead`, `schedule` resolved to an account. */
  to: string[];
  reason: Reason;
  /** Those that joined. */
  agencies?: string[];
  /** The channel that it is about, and that it is not told over. */
  channel?: string;
  /** The silence because of which nobody is told; kept all the same. */
  suppressedBy?: string;
}

export type CaseRefusal =
  | "incident-unknown"
  | "incident-closed"
  | "text-required"
  | "agency-not-concerned"
  | "reason-required"
  | "task-unknown"
  | "playbook-unknown"
  | "nature-unknown"
  | "grade-unknown"
  | "clock-unknown"
  | "clock-met"
  | "time-impossible"
  | "evidence-unknown"
  | "evidence-empty"
  | "evidence-too-large"
  | "evidence-type-refused"
  | "evidence-type-differs"
  | "evidence-damaged"
  | "silence-unknown"
  | "silence-over"
  | "silence-matches-all"
  | "silence-end-required"
  | "silence-too-long"
  | "notice-too-late"
  | "policy-unknown"
  | "policy-invalid"
  | "policy-stale"
  | "store-unavailable";
export type CaseResult<T> = { ok: true; value: T } | { ok: false; code: CaseRefusal; detail?: string };
