// What the API asks of the rest of the console. console.ts gives it; api/ knows no store and no pipeline.

import type { Act, ActResult, AgentStatus, FeedMessage, Incident, Item, TargetStatus } from "../../protocol/index.ts";
import type { Notice } from "../../protocol/notice.ts";
import type { AgentNews, HeardAgent, OfferedRelease } from "../../protocol/software.ts";
import type { Accounts, Audit, Idempotency, Passkeys, Tokens } from "../people/records.ts";
import type { Scope } from "../people/scope.ts";
import type { Provider } from "../people/sign-in.ts";

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

/** Who looks: how far, and as whom. */
export interface Viewer {
  account: string;
  scope: Scope;
}

export type Snapshot = Extract<FeedMessage, { t: "snapshot" }>;
/** What a commit changed. */
export interface FeedChanges {
  agents: AgentStatus[];
  targets: TargetStatus[];
  removedTargets: string[];
  incidents: Incident[];
}

/** One check or detector of one agency in one hour. */
export interface Hour {
  at: number;
  agency: string;
  source: string;
  reports: number;
  bad: number;
  broken: number;
  detections: number;
}
/** A finding or detection that a search found. */
export interface Found {
  id: number;
  at: number;
  agency: string;
  agent: string;
  target: string;
  text: string;
}

/** Everything that one viewer may read, and nothing else: there is no other way from a route to the data. */
export interface Reader {
  snapshot(): Snapshot;
  changes(all: FeedChanges): FeedChanges;
  /** Newest first; `before` is the number of the last of the page before. */
  incidents(page: { before?: number; limit: number; open: boolean; search?: string }): {
    items: Incident[];
    next?: number;
  };
  incident(id: string): Incident | undefined;
  agencies(): Snapshot["agencies"];
  agents(): AgentStatus[];
  targets(): TargetStatus[];
  hours(fromAt: number, toAt: number): Hour[];
  /** Newest first; `before` is the number of the last of the page before. */
  search(asked: { words: string; before?: number; limit: number }): { items: Found[]; next?: number };
  /** What was received of those targets between two instants, newest first. */
  itemsOf(targets: ReadonlySet<string>, fromAt: number, toAt: number, limit: number): LogEntry[];
}

/** Something that somebody must hear of at once. */
export interface Alarm {
  code: "sealed-account-opened";
  facts: Record<string, string>;
}

export type CaseAnswer<T> = { ok: true; value: T } | { ok: false; code: string; detail?: string };

/** People's work on incidents. */
export interface CaseworkDoor {
  view(account: string, incident: string): Promise<CaseAnswer<unknown>>;
  /** What an agency's own people are told of it. */
  part(account: string, incident: string, scope: ReadonlySet<string>): Promise<CaseAnswer<unknown>>;
  /** A verb of console/casework.ts, on an incident or on the console. */
  verb(
    account: string,
    incident: string | undefined,
    name: string,
    body: unknown,
    agencies?: readonly string[],
  ): Promise<CaseAnswer<unknown>>;
  declare(account: string, body: unknown): Promise<CaseAnswer<unknown>>;
  addEvidence(
    account: string,
    incident: string,
    bytes: Uint8Array,
    told: { name: string; note: string; type: string },
  ): Promise<CaseAnswer<unknown>>;
  readEvidence(account: string, incident: string, sha256: string): Promise<CaseAnswer<unknown>>;
  timeline(
    account: string,
    incident: string,
    format: "json" | "csv" | "html",
    language: "vi" | "en",
  ): Promise<CaseAnswer<string>>;
}

/** Agents' certificates. */
export interface EnrolmentDoor {
  requests(): {
    agent: string;
    keySha256: string;
    askedAt: number;
    address: string;
    state: "waiting" | "approved" | "refused";
    decidedAt?: number;
    account?: string;
  }[];
  revocations(): { agent: string; at: number; account: string; reason: string }[];
  revoke(account: string, agent: string, reason: string): Decided<"agent-unknown" | "reason-required">;
  decide(account: string, agent: string, keySha256: string, yes: boolean): Decided<"enrolment-unknown">;
}

/** What runs at the agents. */
export interface SoftwareDoor {
  heard(): HeardAgent[];
  offer(): OfferedRelease | undefined;
  /** The newest first. */
  news(): AgentNews[];
}
type Decided<C> = { ok: true } | { ok: false; code: C };
/** How somebody is reached: personal data. */
export interface Contact {
  mail?: string;
  language: "vi" | "en";
}

/** Who is told of what over which channel, and how that goes. */
export interface Notifications {
  state(): NotificationsState;
  /** Sends a test now, to the caller's own contact or the channel's address. */
  test(account: string, channel: string): Promise<{ ok: true } | { ok: false; code: string; detail?: string }>;
  /** What an account was told on the screen. */
  notices(account: string, language?: "vi" | "en"): Notice[];
  seen(account: string): void;
  contact(account: string): Contact | undefined;
  contacts(): (Contact & { account: string })[];
  setContact(account: string, contact: Contact): void;
  removeContact(account: string): void;
}
export interface NotificationsState {
  channels: {
    id: string;
    kind: string;
    state: "works" | "failing" | "dead" | "unused";
    since?: number;
    lastOkAt?: number;
    error?: { code: string; detail: string };
    pending: number;
    oldestAt?: number;
  }[];
  direct: string[];
  routes: {
    id: string;
    to?: string[];
    channels: string[];
    kinds: string[];
    when?: Record<string, string[] | undefined>;
  }[];
  caretakers: string[];
  quiet?: { from: string; until: string };
  failures: {
    at: number;
    kind: string;
    incident: string;
    channel: string;
    receiver: string;
    attempts: number;
    code: string;
    detail: string;
  }[];
}

/** The console as the API sees it. */
export interface Backend {
  notifications: Notifications;
  accounts: Accounts;
  passkeys: Passkeys;
  tokens: Tokens;
  idempotency: Idempotency;
  audit: Audit;
  /** All of `work` is kept, or none. */
  transaction<T>(work: () => T): T;
  /** Makes and verifies a copy of the record. */
  backUp(): Promise<{
    file: string;
    bytes: number;
    sha256: string;
    items: number;
    incidents: number;
    newestAt: number;
  }>;
  act(account: string, incident: string, act: Act): Promise<ActResult>;
  casework: CaseworkDoor;
  enrolments: EnrolmentDoor;
  software: SoftwareDoor;
  reader(viewer: Viewer): Reader;
  /** Whether the province has an agency of this id. */
  hasAgency(id: string): boolean;
  status(): Status;
  /** Whoever holds this machine: the admin socket. */
  /** Throws away counts and texts, and has them made anew from the log. */
  rebuildHistory(): void;
  itemsAfter(id: number, limit: number): LogEntry[];
  alarm(alarm: Alarm): void;
  now(): number;
  monotonic(): number;
}

/** Secrets of people, and what checks them. */
export interface Proofs {
  hashPassword(password: string): Promise<string | undefined>;
  checkPassword(kept: string | undefined, password: string): Promise<boolean | undefined>;
  seal(plain: Uint8Array, owner: string): Uint8Array;
  unseal(sealed: Uint8Array, owner: string): Uint8Array;
  provider(): Provider;
}
