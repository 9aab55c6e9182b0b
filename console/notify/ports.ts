// What the stage of notifications asks of the rest of the console, and what its channels give. console/notifier.ts joins them.
import type { Intent } from "../../protocol/casework.ts";
import type { Incident } from "../../protocol/incident.ts";
import type { Language } from "../../protocol/locales/index.ts";
import type { Role } from "../people/roles.ts";
import type { Scope } from "../people/scope.ts";

/** How a person is reached. Personal data: it stands beside the record's chains and is erased with the account. */
export interface Contact {
  mail?: string;
  language: Language;
}
export interface Contacts {
  get(account: string): Contact | undefined;
  set(account: string, contact: Contact): void;
  remove(account: string): void;
  all(): (Contact & { account: string })[];
}

/** Somebody who may be told. `scope`: the part of the province that they see. */
export interface Person {
  account: string;
  roles: readonly Role[];
  scope: Scope;
}

export type DeliveryState =
  | "pending"
  | "sent"
  /** Given up: refused for good, or expired. */
  | "failed"
  /** A later word about the same took its place before it was told. */
  | "superseded";

/** One message to one receiver over one channel. */
export interface Delivery {
  id: number;
  /** Unique, and the same at each try: receivers may drop what they have by it. */
  key: string;
  intent: Intent;
  channel: string;
  /** An account's name; empty for a channel's own address. */
  receiver: string;
  state: DeliveryState;
  urgent: boolean;
  createdAt: number;
  /** Not before. */
  nextAt: number;
  expiresAt: number;
  attempts: number;
  sentAt?: number;
  /** Why the last try failed: a code and the other side's words, without secrets. */
  error?: { code: string; detail: string };
  seenAt?: number;
}
export type NewDelivery = Omit<Delivery, "id" | "state" | "attempts">;

export interface Deliveries {
  /** Keeps one, unless its key is kept already. */
  add(delivery: NewDelivery): boolean;
  /** Pending ones whose time has come, the urgent first, then by age. */
  due(now: number, limit: number): Delivery[];
  pendingOf(incident: string, channel: string, receiver: string): Delivery[];
  /** What of these kinds was last told of the incident to the receiver, and when. */
  lastSent(
    incident: string,
    channel: string,
    receiver: string,
    kinds: readonly string[],
  ): { at: number; kind: Intent["kind"] } | undefined;
  save(delivery: Delivery): void;
  /** Counts and the oldest creation of what is pending, by channel. */
  pending(): Record<string, { count: number; oldestAt: number }>;
  lastFailures(limit: number): Delivery[];
  /** Of one receiver over one channel, newest first. */
  sentTo(channel: string, receiver: string, limit: number): Delivery[];
  seen(channel: string, receiver: string, upTo: number, at: number): void;
  /** Forgets what is done and older. */
  prune(before: number): void;
}

/** How a channel has fared; kept, so that a restart says nothing twice. */
export interface ChannelHealth {
  channel: string;
  lastOkAt?: number;
  failingSince?: number;
  failures: number;
  /** Not tried again before. */
  retryAt: number;
  error?: { code: string; detail: string };
  /** That it is dead was told. */
  toldAt?: number;
}
export interface ChannelHealths {
  get(channel: string): ChannelHealth | undefined;
  save(health: ChannelHealth): void;
}

/** A message in words, ready for any channel. */
export interface Message {
  /** The delivery's key, hashed: the same at each try. */
  id: string;
  kind: Intent["kind"] | "test";
  at: number;
  urgent: boolean;
  language: Language;
  subject: string;
  /** One sentence. */
  summary: string;
  text: string;
  html: string;
  /** Of the incident as this receiver may know it. */
  incident?: Incident;
  url?: string;
}

export type Outcome =
  | { ok: true }
  /** `of`: the whole channel is at fault, or this receiver alone. `final`: no later try can help. */
  | { ok: false; of: "channel" | "receiver"; final: boolean; code: string; detail: string };

/** A way to tell. One file a kind. */
export interface Channel {
  /** Never throws; ends within its own time limits. */
  send(message: Message, to: { account: string; contact: Contact | undefined }): Promise<Outcome>;
  /** Whether it would work now, without telling anybody anything. */
  probe?(): Promise<Outcome>;
}
