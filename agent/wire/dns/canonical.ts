/**
 * RRsets and their canonical form (RFC 4034 §6, RFC 6840 §5). Pure.
 */
import type { ResourceRecord } from "./message.ts";
import { lastLabels, lowerWire, nameToWire } from "./name.ts";
import { canonicalRdata } from "./rdata.ts";

/** Unsigned comparison of octets, the shorter first when one begins the other (RFC 4034 §6.3). */
export function compareOctets(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}

/** The canonical RDATAs of an RRset, sorted, duplicates dropped (RFC 4034 §6.3). */
export function canonicalRdatas(rrset: readonly ResourceRecord[]): Uint8Array[] {
  if (rrset.length === 1) return [canonicalRdata(rrset[0]!.type, rrset[0]!.rdata)];
  const sorted = rrset.map((record) => canonicalRdata(record.type, record.rdata)).sort(compareOctets);
  return sorted.filter((rdata, i) => i === 0 || compareOctets(sorted[i - 1]!, rdata) !== 0);
}

/** What the owner becomes in signed data: the name itself, or its wildcard when RRSIG's labels are fewer (RFC 4034 §3.1.8.1). */
function signedOwner(record: ResourceRecord, ownerLabels: number, signedLabels: number): Uint8Array {
  if (signedLabels >= ownerLabels) return lowerWire(record.owner);
  const encloser = nameToWire(lastLabels(record.name, signedLabels));
  const wildcard = new Uint8Array(encloser.length + 2);
  wildcard.set([1, 0x2a]);
  wildcard.set(encloser, 2);
  return wildcard;
}

/**
 * An RRset in canonical form and order, as octets: each record with the canonical owner, `ttl` and canonical RDATA.
 * All records must have the same owner, type and class. `signed` gives the labels of the owner and those of the RRSIG,
 * where a wildcard was expanded.
 */
export function canonicalRrset(
  rrset: readonly ResourceRecord[],
  ttl: number,
  signed?: { readonly ownerLabels: number; readonly labels: number },
): Uint8Array {
  const first = rrset[0];
  if (!first) return new Uint8Array(0);
  const owner = signed ? signedOwner(first, signed.ownerLabels, signed.labels) : lowerWire(first.owner);
  const rdatas = canonicalRdatas(rrset);
  const fixed = owner.length + 10;
  const out = new Uint8Array(rdatas.reduce((sum, rdata) => sum + fixed + rdata.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const rdata of rdatas) {
    out.set(owner, at);
    at += owner.length;
    view.setUint16(at, first.type);
    view.setUint16(at + 2, first.class);
    view.setUint32(at + 4, ttl);
    view.setUint16(at + 8, rdata.length);
    out.set(rdata, at + 10);
    at += 10 + rdata.length;
  }
  return out;
}

/** Records of one owner, type and class. */
export interface Rrset {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** The smallest TTL among the records, seconds (RFC 2181 §5.2). */
  readonly ttl: number;
  readonly records: readonly ResourceRecord[];
}

/** Groups records into RRsets in order of first appearance. RRSIGs group by owner like any type. */
export function groupRrsets(records: readonly ResourceRecord[]): Rrset[] {
  const groups = new Map<string, ResourceRecord[]>();
  for (const record of records) {
    const key = `${record.type}/${record.class}/${record.name}`;
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  return [...groups.values()].map((group) => {
    const { name, type, class: klass } = group[0]!;
    return { name, type, class: klass, ttl: group.reduce((min, r) => Math.min(min, r.ttl), Infinity), records: group };
  });
}
