/**
 * What runs remember for each other: responses, delegations and the trust of zones, each until its time. Bounded; pure (the
 * time comes in). The same object serves all checks of one collection, so that each server is asked each thing once.
 */
import type { ResourceRecord } from "../message.ts";
import { ancestor } from "../name.ts";
import type { Trust } from "../validator/trust.ts";
import type { Response, SignedRrset } from "./classify.ts";
import type { NameServer } from "./machine.ts";

const MAX_ENTRIES = 20_000;

/** A bounded map whose entries end at a time; the oldest goes when it is full. */
export class TtlMap<T> {
  private readonly entries = new Map<string, { value: T; since: number; until: number }>();

  get(key: string, nowSeconds: number): { value: T; ageSeconds: number } | undefined {
    const entry = this.entries.get(key);
    if (!entry || entry.until <= nowSeconds) return undefined;
    return { value: entry.value, ageSeconds: nowSeconds - entry.since };
  }

  set(key: string, value: T, ttlSeconds: number, nowSeconds: number): void {
    this.entries.delete(key);
    if (this.entries.size >= MAX_ENTRIES) this.entries.delete(this.entries.keys().next().value!);
    this.entries.set(key, { value, since: nowSeconds, until: nowSeconds + ttlSeconds });
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }
}

/** A zone cut as a referral showed it. */
export interface Delegation {
  readonly zone: string;
  /** The zone whose servers gave the referral. */
  readonly parent: string;
  readonly servers: readonly NameServer[];
  /** The referral's authority section: DS, or the proof that there is none. */
  readonly proof: readonly ResourceRecord[];
}

export class ResolverCache {
  readonly responses = new TtlMap<Response>();
  readonly delegations = new TtlMap<Delegation>();
  readonly trust = new TtlMap<Trust>();
  /** DNAMEs that were found secure, with their zone: below them no other answer is to be believed (RFC 6672 §5.3.1). */
  readonly dnames = new TtlMap<{ readonly set: SignedRrset; readonly zone: string }>();

  /** By a server's address: questions in a row to which nothing came. */
  readonly silent = new Map<string, number>();

  /** The deepest delegation at or above `name`; at or above its parent for what stands in the parent (DS). */
  closestDelegation(name: string, type: number, nowSeconds: number): Delegation | undefined {
    let zone = type === 43 && name !== "." ? ancestor(name) : name;
    for (;;) {
      const found = this.delegations.get(zone, nowSeconds);
      if (found) return found.value;
      if (zone === ".") return undefined;
      zone = ancestor(zone);
    }
  }
}
