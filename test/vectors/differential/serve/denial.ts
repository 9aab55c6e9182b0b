/**
 * Which NSEC or NSEC3 of a zone an authority shows: the one that matches a name, the one that covers it, and the proof of the
 * closest encloser (RFC 4035 §3.1.3, RFC 5155 §7.2.1). Pure.
 */
import { compareNames, nameFromWire, TYPE } from "../../../../agent/wire/dns/index.ts";
import { toBase32Hex } from "../../../../agent/wire/dns/text/fields.ts";
import { hashedOwner, nsec3Params } from "../zones/nsec3.ts";
import type { Rrset, Zone } from "../zones/zone.ts";

/** The record whose owner is the name, or the name's hash. */
export function matchOf(zone: Zone, name: string): Rrset | undefined {
  if (zone.nsec3s().length === 0) return zone.get(name, TYPE.NSEC);
  const params = nsec3Params(zone);
  return params && zone.get(hashedOwner(name, zone.apex, params), TYPE.NSEC3);
}

/** The record whose span holds the name, or the name's hash. */
export function coverOf(zone: Zone, name: string): Rrset | undefined {
  if (zone.nsec3s().length === 0) return zone.nsecs().find((set) => spans(set, name));
  const params = nsec3Params(zone);
  if (!params) return undefined;
  const label = hashedOwner(name, zone.apex, params).split(".")[0]!;
  return zone.nsec3s().find((set) => {
    const from = set.name.split(".")[0]!;
    const next = nextHash(set.records[0]!.rdata);
    const to = next && toBase32Hex(next);
    if (!to) return false;
    return from < to ? from < label && label < to : from < label || label < to;
  });
}

/** NSEC: what covers the name. NSEC3: what matches the closest encloser, then what covers the next closer name. */
export function encloserProof(zone: Zone, name: string): (Rrset | undefined)[] {
  if (zone.nsec3s().length === 0) return [undefined, coverOf(zone, name)];
  let encloser = zone.closestEncloser(name);
  let nextCloser = zone.nextCloser(name, encloser);
  // Opt-out: an existing name may have no record; the closest provable encloser stands in (RFC 5155 §6).
  while (!matchOf(zone, encloser) && encloser !== zone.apex) {
    nextCloser = encloser;
    encloser = zone.closestEncloser(encloser);
    nextCloser = zone.nextCloser(nextCloser, encloser);
  }
  return [matchOf(zone, encloser), coverOf(zone, nextCloser)];
}

function spans(set: Rrset, name: string): boolean {
  const next = nameFromWire(set.records[0]!.rdata.subarray(0, nameLength(set.records[0]!.rdata)));
  const after = compareNames(set.name, name) < 0;
  return compareNames(set.name, next) < 0
    ? after && compareNames(name, next) < 0
    : after || compareNames(name, next) < 0;
}

/** Octets of the uncompressed name that RDATA begins with. */
export function nameLength(rdata: Uint8Array): number {
  let at = 0;
  while (rdata[at]! > 0) at += rdata[at]! + 1;
  return at + 1;
}

/** The next hashed owner in NSEC3 RDATA. */
export function nextHash(rdata: Uint8Array): Uint8Array | undefined {
  const saltEnd = 5 + (rdata[4] ?? 0);
  const size = rdata[saltEnd];
  return size === undefined ? undefined : rdata.subarray(saltEnd + 1, saltEnd + 1 + size);
}
