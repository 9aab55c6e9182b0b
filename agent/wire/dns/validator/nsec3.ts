/**
 * What NSEC3 records prove (RFC 5155 §8, RFC 6840 §4, RFC 9276). The records come verified; here is only the logic, and
 * hashes counted by a budget (CVE-2023-50868). Pure.
 */
import { createHash } from "node:crypto";
import { compareOctets } from "../canonical.ts";
import type { ResourceRecord } from "../message.ts";
import { ancestor, countLabels, isWithin, lastLabels, nameToWire, prepend } from "../name.ts";
import type { Budget } from "../resolver/budget.ts";
import { fromBase32Hex, readBitmap } from "../text/fields.ts";
import { TYPE } from "../types.ts";

export interface Nsec3 {
  readonly zone: string;
  readonly hash: Uint8Array;
  readonly next: Uint8Array;
  readonly algorithm: number;
  readonly optOut: boolean;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly types: ReadonlySet<number>;
}

/** Reads an NSEC3 record; undefined when it is none, or has flags that RFC 5155 §8.2 says to ignore it for. */
export function parseNsec3(record: ResourceRecord): Nsec3 | undefined {
  const { rdata } = record;
  const label = record.owner.subarray(1, 1 + record.owner[0]!);
  const hash = fromBase32Hex(Buffer.from(label).toString("latin1"));
  if (!hash || rdata.length < 6 || (rdata[1]! & 0xfe) !== 0) return undefined;
  const saltEnd = 5 + rdata[4]!;
  const nextEnd = saltEnd + 1 + (rdata[saltEnd] ?? 0);
  if (nextEnd > rdata.length) return undefined;
  try {
    return {
      zone: ancestor(record.name),
      hash,
      next: rdata.subarray(saltEnd + 1, nextEnd),
      algorithm: rdata[0]!,
      optOut: (rdata[1]! & 1) !== 0,
      iterations: (rdata[2]! << 8) | rdata[3]!,
      salt: rdata.subarray(5, saltEnd),
      types: new Set(readBitmap(rdata, nextEnd)),
    };
  } catch {
    return undefined;
  }
}

/** Hash of a name (RFC 5155 §5): SHA-1 over the canonical wire name and salt, iterated. */
export function nsec3Hash(name: string, salt: Uint8Array, iterations: number): Uint8Array {
  let digest: Uint8Array = nameToWire(name);
  for (let i = 0; i <= iterations; i++) digest = createHash("sha1").update(digest).update(salt).digest();
  return digest;
}

/**
 * `proven-opt-out`: proven but for what may hide in an opt-out span: the answer is insecure, not bogus.
 * `work-limit`: the budget of hashes ran out.
 */
export type Nsec3Proof = "proven" | "proven-opt-out" | "unproven" | "work-limit";

class OutOfWork extends Error {}

/**
 * The usable NSEC3 records of one zone, and the hashes already made. Records of several parameter sets may stand together
 * while a zone is changed over (RFC 5155 §10): each is true by its own, so each is asked with its own.
 */
export class Nsec3Chain {
  private readonly records: readonly Nsec3[];
  private readonly zone: string;
  private readonly budget: Budget;
  private readonly hashes = new Map<string, Uint8Array>();

  constructor(records: readonly Nsec3[], zone: string, budget: Budget) {
    this.zone = zone;
    this.budget = budget;
    this.records = records.filter((record) => record.zone === zone && record.algorithm === 1);
  }

  private hash(name: string, { salt, iterations }: Nsec3): Uint8Array {
    const key = `${iterations} ${Buffer.from(salt).toString("hex")} ${name}`;
    const known = this.hashes.get(key);
    if (known) return known;
    if (!this.budget.take("hashes")) throw new OutOfWork();
    const made = nsec3Hash(name, salt, iterations);
    this.hashes.set(key, made);
    return made;
  }

  private match(name: string): Nsec3 | undefined {
    return this.records.find((record) => compareOctets(record.hash, this.hash(name, record)) === 0);
  }

  private cover(name: string): Nsec3 | undefined {
    return this.records.find((record) => hashCovered(record, this.hash(name, record)));
  }

  /** RFC 5155 §8.3: the closest ancestor with a match, and the record that covers the name one label longer. */
  private closestEncloser(name: string): { encloser: string; nextCloser: Nsec3 } | undefined {
    for (let encloser = ancestor(name); isWithin(encloser, this.zone); encloser = ancestor(encloser)) {
      const match = this.match(encloser);
      if (match) {
        // A cut or a DNAME above the name: the record cannot speak for what is below.
        if (match.types.has(TYPE.DNAME) || isDelegation(match)) return undefined;
        const nextCloser = this.cover(lastLabels(name, countLabels(encloser) + 1));
        return nextCloser && { encloser, nextCloser };
      }
      if (encloser === this.zone) break;
    }
    return undefined;
  }

  proveNameError(name: string): Nsec3Proof {
    return this.guarded(() => {
      const found = this.closestEncloser(name);
      if (!found || !this.cover(prepend("*", found.encloser))) return "unproven";
      return found.nextCloser.optOut ? "proven-opt-out" : "proven";
    });
  }

  proveNodata(name: string, type: number): Nsec3Proof {
    return this.guarded(() => {
      const exact = this.match(name);
      if (exact) return deniesType(exact, name, type) ? "proven" : "unproven";
      const found = this.closestEncloser(name);
      if (!found) return "unproven";
      const covered = found.nextCloser.optOut ? "proven-opt-out" : "proven";
      const wildcard = this.match(prepend("*", found.encloser));
      if (wildcard) return deniesType(wildcard, name, type) ? covered : "unproven";
      return found.nextCloser.optOut ? "proven-opt-out" : "unproven";
    });
  }

  /** RFC 5155 §8.8: the closest encloser is known from the wildcard; the next closer name must be covered. */
  proveExpansion(name: string, encloser: string): Nsec3Proof {
    return this.guarded(() => {
      const nextCloser = this.cover(lastLabels(name, countLabels(encloser) + 1));
      if (!nextCloser) return "unproven";
      return nextCloser.optOut ? "proven-opt-out" : "proven";
    });
  }

  /** What the records say of a possible zone cut at `name`, seen from the zone above (RFC 5155 §8.6, §8.9). */
  judgeCut(name: string): "unsigned-cut" | "opt-out" | "no-cut" | "unproven" | "work-limit" {
    return this.guarded(() => {
      const exact = this.match(name);
      if (exact) {
        if (exact.types.has(TYPE.DS) || exact.types.has(TYPE.SOA)) return "unproven";
        return exact.types.has(TYPE.NS) ? "unsigned-cut" : "no-cut";
      }
      const found = this.closestEncloser(name);
      if (!found) return "unproven";
      return found.nextCloser.optOut ? "opt-out" : "no-cut";
    });
  }

  private guarded<T>(prove: () => T): T | "work-limit" {
    try {
      return prove();
    } catch (error) {
      if (error instanceof OutOfWork) return "work-limit";
      throw error;
    }
  }
}

function isDelegation(record: Nsec3): boolean {
  return record.types.has(TYPE.NS) && !record.types.has(TYPE.SOA);
}

function hashCovered(record: Nsec3, hash: Uint8Array): boolean {
  const afterOwner = compareOctets(record.hash, hash) < 0;
  const beforeNext = compareOctets(hash, record.next) < 0;
  // The last record's next is the first hash of the zone.
  return compareOctets(record.hash, record.next) < 0 ? afterOwner && beforeNext : afterOwner || beforeNext;
}

function deniesType(record: Nsec3, name: string, type: number): boolean {
  if (record.types.has(type) || record.types.has(TYPE.CNAME)) return false;
  if (type === TYPE.DS) return !record.types.has(TYPE.SOA) || name === ".";
  return !isDelegation(record);
}
