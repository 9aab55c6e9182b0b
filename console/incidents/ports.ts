// What the stage of people's work asks of the record. pipeline.ts gives it; all writes happen inside its transactions.
import type { CaseState, Intent, WorkEvent } from "../../protocol/casework.ts";
import type { Incident } from "../../protocol/incident.ts";
import type { Silence } from "../../protocol/silence.ts";

export interface CaseTables {
  get(incident: string): CaseState | undefined;
  save(incident: string, state: CaseState): void;
  addEvent(event: Omit<WorkEvent, "id">): void;
  /** The work's history of one incident, oldest first. */
  events(incident: string): WorkEvent[];
}

export interface SilenceTables {
  save(silence: Silence): void;
  get(id: string): Silence | undefined;
  /** Those that have not ended by `at`, and the `limit` newest of all. */
  unended(at: number): Silence[];
  newest(limit: number): Silence[];
  count(): number;
}

export interface OutboxTables {
  /** Keeps an intent, unless its key is kept already. Says whether it was new. */
  add(intent: Intent): boolean;
  /** What nobody has taken yet, oldest first: for the stage of notifications. Suppressed ones are not among them. */
  waiting(limit: number): (Intent & { id: number })[];
  taken(id: number, at: number): void;
  /** All intents of an incident, oldest first. */
  of(incident: string): Intent[];
}

export interface PolicyDocument {
  name: string;
  version: number;
  at: number;
  account: string;
  reason: string;
  text: string;
}
export interface PolicyTables {
  /** The newest version of each document that was changed here. */
  newest(): PolicyDocument[];
  history(name: string): PolicyDocument[];
  add(document: PolicyDocument): void;
}

/** The record's tables, under the record's own names. */
export interface Tables {
  cases: CaseTables;
  silences: SilenceTables;
  outbox: OutboxTables;
  policies: PolicyTables;
  incidents: { get(id: string): Incident | undefined; unclosed(): Incident[] };
}
