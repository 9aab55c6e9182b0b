/**
 * What NSEC records prove (RFC 4035 §5.4, RFC 6840 §4). The records come verified; here is only the logic. Pure.
 */
import type { ResourceRecord } from "../message.ts";
import { commonAncestor, compareNames, isBelow, isWithin, lastLabels, prepend, readName } from "../name.ts";
import { readBitmap } from "../text/fields.ts";
import { TYPE } from "../types.ts";

/** One verified NSEC. `owner` is the name that was signed: the wildcard, where one was expanded. */
export interface Nsec {
  readonly owner: string;
  readonly next: string;
  readonly types: ReadonlySet<number>;
}

/** Reads NSEC RDATA; `labels` are the RRSIG's. undefined when it is none. */
export function parseNsec(record: ResourceRecord, labels: number, ownerLabels: number): Nsec | undefined {
  try {
    const next = readName(record.rdata, 0);
    const types = new Set(readBitmap(record.rdata, next.end));
    const owner = labels < ownerLabels ? prepend("*", lastLabels(record.name, labels)) : record.name;
    return { owner, next: next.text, types };
  } catch {
    return undefined;
  }
}

/** What a set of denials says of a question. `ent`: the name exists without records of its own. */
export type NsecProof = "proven" | "unproven";

/** Is this an NSEC of the parent at a cut (NS without SOA)? It says nothing of what lies below. */
function isDelegation(nsec: Nsec): boolean {
  return nsec.types.has(TYPE.NS) && !nsec.types.has(TYPE.SOA);
}

/** Does it stand at a cut or a DNAME above `name`, so that it cannot deny `name` (RFC 6840 §4.1, RFC 6672 §5.3.4.1)? */
function isAncestorTrap(nsec: Nsec, name: string): boolean {
  return isBelow(name, nsec.owner) && (isDelegation(nsec) || nsec.types.has(TYPE.DNAME));
}

/** Does `name` lie strictly between owner and next in canonical order (the last NSEC's next is the apex)? */
export function covers(nsec: Nsec, name: string): boolean {
  if (name === nsec.owner || isAncestorTrap(nsec, name)) return false;
  const afterOwner = compareNames(nsec.owner, name) < 0;
  if (compareNames(nsec.owner, nsec.next) < 0) return afterOwner && compareNames(name, nsec.next) < 0;
  // The last in the zone: its next is the apex, above every other name.
  return afterOwner && isBelow(name, nsec.next);
}

/** The name does not exist, or exists only because something lies below it. */
function isEmptyNonTerminal(nsec: Nsec, name: string): boolean {
  return covers(nsec, name) && isBelow(nsec.next, name);
}

/** The closest encloser that a covering NSEC shows: the deeper of what the name shares with its owner and its next. */
function closestEncloser(nsec: Nsec, name: string): string {
  const withOwner = commonAncestor(name, nsec.owner);
  const withNext = commonAncestor(name, nsec.next);
  return isWithin(withOwner, withNext) ? withOwner : withNext;
}

/** Does the type bitmap of an NSEC at the very name deny the type there? */
function deniesType(nsec: Nsec, type: number): boolean {
  if (nsec.types.has(type) || nsec.types.has(TYPE.CNAME)) return false;
  // At a cut, the parent's NSEC speaks for DS only, and the child's (with SOA) for all but DS.
  if (type === TYPE.DS) return !nsec.types.has(TYPE.SOA) || nsec.owner === ".";
  return !isDelegation(nsec);
}

/** NODATA: the name has no such type; by itself, as an empty non-terminal, or at the wildcard that stands for it. */
export function proveNodata(nsecs: readonly Nsec[], name: string, type: number): NsecProof {
  const exact = nsecs.find((nsec) => nsec.owner === name);
  if (exact) return deniesType(exact, type) ? "proven" : "unproven";
  if (nsecs.some((nsec) => isEmptyNonTerminal(nsec, name))) return "proven";
  const covering = nsecs.find((nsec) => covers(nsec, name));
  if (!covering) return "unproven";
  const wildcard = prepend("*", closestEncloser(covering, name));
  const atWildcard = nsecs.find((nsec) => nsec.owner === wildcard);
  const denied = atWildcard ? deniesType(atWildcard, type) : nsecs.some((nsec) => isEmptyNonTerminal(nsec, wildcard));
  return denied ? "proven" : "unproven";
}

/** NXDOMAIN: neither the name nor the wildcard that could stand for it exists. */
export function proveNameError(nsecs: readonly Nsec[], name: string): NsecProof {
  const covering = nsecs.find((nsec) => covers(nsec, name) && !isBelow(nsec.next, name));
  if (!covering) return "unproven";
  const wildcard = prepend("*", closestEncloser(covering, name));
  return nsecs.some((nsec) => covers(nsec, wildcard)) ? "proven" : "unproven";
}

/** A positive answer out of a wildcard at `encloser`: the name itself, and any closer wildcard, do not exist. */
export function proveExpansion(nsecs: readonly Nsec[], name: string, encloser: string): NsecProof {
  const fits = (nsec: Nsec) => covers(nsec, name) && closestEncloser(nsec, name) === encloser;
  return nsecs.some(fits) ? "proven" : "unproven";
}

/** What NSECs say of a possible zone cut at `name`, seen from the zone above. */
export function judgeCut(nsecs: readonly Nsec[], name: string): "unsigned-cut" | "no-cut" | "unproven" {
  const exact = nsecs.find((nsec) => nsec.owner === name);
  if (exact) {
    if (exact.types.has(TYPE.DS) || (exact.types.has(TYPE.SOA) && name !== ".")) return "unproven";
    return exact.types.has(TYPE.NS) ? "unsigned-cut" : "no-cut";
  }
  // An empty non-terminal, or a name that does not exist: either way there is no delegation.
  return nsecs.some((nsec) => covers(nsec, name)) ? "no-cut" : "unproven";
}
