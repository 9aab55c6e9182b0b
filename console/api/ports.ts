// What the screen's server asks of the rest of the console. main.ts gives it; api/ knows no store and no pipeline.
import type { Act, ActResult, AgentStatus, FeedMessage, Incident, Item, TargetStatus } from "../../protocol/index.ts";

export interface Session {
  account: string;
  createdAt: number;
  expiresAt: number;
}

/** Hashes in, never codes or cookies. */
export interface Accounts {
  saveCode(hash: Uint8Array, account: string, expiresAt: number): void;
  useCode(hash: Uint8Array, now: number): { account: string } | "expired" | undefined;
  saveSession(hash: Uint8Array, session: Session): void;
  session(hash: Uint8Array, now: number): Session | undefined;
  endSession(hash: Uint8Array): void;
  prune(now: number): void;
}

export interface AuditEntry {
  at: number;
  account: string;
  act: "signin-code-issued" | "signed-in" | "signed-out";
  subject: string;
  detail: Record<string, string>;
}

export interface LogEntry {
  id: number;
  receivedAt: number;
  agent: string;
  epoch: number;
  seq: number;
  item: Item;
}

export interface Status {
  agents: { live: number; silent: number; unknown: number; misconfigured: Record<string, string> };
  incidents: Record<string, number>;
  targets: number;
  record: { bytes: number; items: number; gaps: number };
  registry: string;
  url: string;
  ready: boolean;
  trouble?: string;
}

/** The console as the API sees it. */
export interface Backend {
  accounts: Accounts;
  audit(entry: AuditEntry): void;
  /** All of `work` is kept, or none. */
  transaction<T>(work: () => T): T;
  act(account: string, incident: string, act: Act): Promise<ActResult>;
  snapshot(): Extract<FeedMessage, { t: "snapshot" }>;
  incidents(): Incident[];
  incident(id: string): Incident | undefined;
  agents(): AgentStatus[];
  targets(): TargetStatus[];
  /** Items of those targets received between two instants, newest first. */
  itemsOf(targets: ReadonlySet<string>, fromAt: number, toAt: number, limit: number): LogEntry[];
  itemsAfter(id: number, limit: number): LogEntry[];
  status(): Status;
  now(): number;
  monotonic(): number;
}
