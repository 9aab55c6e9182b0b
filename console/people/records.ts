// What the record keeps of people, as whoever works with it sees it: the tables' side is in console/store/, the users' side in
// console/api/. Hashes and sealed bytes go in and out of it, never a secret.
import type { ChainEntry, Personal } from "./audit-chain.ts";
import type { Misses } from "./lockout.ts";
import type { Role } from "./roles.ts";

/** `sealed`: kept for the day on which the identity provider is down, and of no use on any other. */
export type AccountState = "active" | "disabled" | "sealed";

export interface Account {
  /** Opaque and never given again: what the audit keeps. */
  uid: string;
  name: string;
  display: string;
  roles: Role[];
  /** Empty: the whole province. */
  agencies: string[];
  state: AccountState;
  /** Issuer and subject at an identity provider; absent for a local account. */
  subject?: string;
  hasPassword: boolean;
  hasSecondFactor: boolean;
  createdAt: number;
  changedAt: number;
}

export interface Session {
  /** Names it in lists; of no use to sign in. */
  id: string;
  account: string;
  method: "code" | "local" | "sealed" | "oidc";
  address: string;
  createdAt: number;
  /** When the person last proved who they are. */
  provedAt: number;
  expiresAt: number;
}

export interface Secrets {
  password?: string;
  totp?: Uint8Array;
  totpConfirmed: boolean;
  /** The last TOTP step that was taken: none at or before it is taken again. */
  totpStep: number;
}

export interface Accounts {
  saveCode(hash: Uint8Array, account: string, expiresAt: number): void;
  /** Takes the code out of the record, so that it works once. Gives its account; nothing for a code that never was. */
  useCode(hash: Uint8Array, now: number): { account: string } | "expired" | undefined;
  saveSession(hash: Uint8Array, session: Session): void;
  session(hash: Uint8Array, now: number): Session | undefined;
  proved(hash: Uint8Array, now: number): void;
  endSession(hash: Uint8Array): void;
  sessions(now: number, account?: string): Session[];
  /** Ends one session by its id, or all of an account. Gives how many. */
  revoke(which: { id: string } | { account: string }): number;
  /** Forgets what has expired. */
  prune(now: number): void;

  count(): number;
  list(): Account[];
  byName(name: string): Account | undefined;
  bySubject(subject: string): Account | undefined;
  /** Makes an account, or changes all of it but its secrets. */
  save(account: Account): void;
  secrets(uid: string): Secrets;
  setPassword(uid: string, hash: string): void;
  /** A new TOTP secret, not yet confirmed; `undefined` takes the second factor away. */
  setTotp(uid: string, sealed: Uint8Array | undefined): void;
  /** Takes a step if it is later than the last. False: it was taken before. */
  takeStep(uid: string, step: number): boolean;
  setRecovery(uid: string, hashes: Uint8Array[]): void;
  /** Takes a recovery code out of the record. */
  useRecovery(uid: string, hash: Uint8Array): boolean;
  misses(uid: string): Misses;
  setMisses(uid: string, misses: Misses): void;
}

/** The public half of a key that only its owner's device holds (WebAuthn). */
export interface Passkey {
  /** As the device names it; base64url. */
  id: string;
  /** As its owner calls it. */
  label: string;
  publicKey: Uint8Array;
  /** How often it signed, where the device counts. */
  counter: number;
  transports: string[];
  createdAt: number;
  usedAt?: number;
}

export interface Passkeys {
  of(uid: string): Passkey[];
  /** False when a key of this id is known already. */
  add(uid: string, passkey: Passkey): boolean;
  used(uid: string, id: string, counter: number, at: number): void;
  drop(uid: string, id: string): boolean;
  dropAll(uid: string): void;
}

export interface Token {
  id: string;
  account: string;
  label: string;
  /** Never more than its account has at the moment of use. */
  roles: Role[];
  /** Empty: as far as its account. */
  agencies: string[];
  createdAt: number;
  expiresAt: number;
  usedAt?: number;
}

export interface Tokens {
  add(token: Token, hash: Uint8Array): void;
  /** With the hash to compare; also when it has expired. */
  get(id: string): { token: Token; hash: Uint8Array } | undefined;
  list(account?: string): Token[];
  used(id: string, at: number): void;
  /** False when there was none. */
  revoke(id: string): boolean;
}

export interface Remembered {
  /** A hash of method, path and body. */
  request: Uint8Array;
  /** Absent while the first is still being done, or when the console ended before it was. */
  answer?: { status: number; body: string };
}

export interface Idempotency {
  get(account: string, key: string): Remembered | undefined;
  /** Notes that this request begins. */
  begin(account: string, key: string, request: Uint8Array, at: number): void;
  end(account: string, key: string, status: number, body: string): void;
  /** Nothing was done: the key is free again. */
  forget(account: string, key: string): void;
  prune(before: number): void;
}

export interface AuditEntry {
  at: number;
  /** The account's name; it is kept as the account's opaque id where there is one. */
  account: string;
  /** What was done, e.g. `incident-closed`: kebab case, past. */
  act: string;
  /** What it was done to: an incident's id, an account's id, a route. Never a person's name. */
  subject: string;
  /** Facts that speak of no person. */
  detail: Record<string, string>;
  /** Names, addresses, free text. */
  personal?: Record<string, string>;
}

export interface KeptEntry {
  entry: ChainEntry;
  /** `null` when it was erased. */
  personal: Personal | null | undefined;
}

export interface Audit {
  write(entry: AuditEntry): void;
  /** The `limit` newest before number `before` (exclusive), newest first. */
  page(before: number | undefined, limit: number): KeptEntry[];
  /** Everything, oldest first, a few at a time. */
  all(): Generator<KeptEntry>;
  /** Erases what stands beside the entries about these subjects or by these actors. Gives how many. */
  erasePersonal(uid: string): number;
  head(): { n: number; hash: string };
}
