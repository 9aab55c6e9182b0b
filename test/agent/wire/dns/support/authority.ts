/**
 * An authority made of zone text for tests: signs, links NSECs, answers with data, referrals, NODATA and NXDOMAIN as RFC 4035
 * §3.1 says. Small and plain; the differential suite has the grown-up one.
 */
import {
  canonicalName,
  compareNames,
  groupRrsets,
  isBelow,
  isWithin,
  nameToWire,
  type ResourceRecord,
  TYPE,
} from "../../../../../agent/wire/dns/index.ts";
import { ancestor, prepend } from "../../../../../agent/wire/dns/name.ts";
import type { OutQuery } from "../../../../../agent/wire/dns/resolver/machine.ts";
import { writeBitmap } from "../../../../../agent/wire/dns/text/fields.ts";
import { parseRecords } from "../../../../../agent/wire/dns/text/record.ts";
import type { Scripted, Server } from "./world.ts";
import { recordOf, signRrset, type Validity, type ZoneKey } from "./zone.ts";

export interface AuthorityOptions {
  readonly text: string;
  /** All sign everything; the first is the one that DS names. */
  readonly keys: readonly ZoneKey[];
  readonly validity: Validity;
  /** Other periods for some RRsets. */
  readonly validityOf?: (name: string, type: number) => Validity | undefined;
  /** Last word over the signed records. */
  readonly change?: (records: ResourceRecord[]) => ResourceRecord[];
  readonly unsigned?: boolean;
}

export function authority(zone: string, options: AuthorityOptions): Server {
  const plain = parseRecords(options.text);
  const all = options.unsigned ? plain : signZone(zone, plain, options);
  const records = options.change ? options.change(all) : all;
  return (query) => manners(zone, query) ?? answer(zone, records, { ...query, name: canonicalName(query.name) });
}

/** EDNS of an unknown version, transfers, and questions of others. */
function manners(zone: string, query: OutQuery): Scripted | undefined {
  if (query.class !== undefined || !isWithin(canonicalName(query.name), zone)) return { reply: "REFUSED" };
  if (query.edns === "version-1" || query.edns === "version-1-option") return { reply: "BADVERS" };
  if (query.type === TYPE.AXFR) return { reply: "REFUSED" };
  if (query.recursionDesired) return { reply: "REFUSED" };
  return undefined;
}

function signZone(zone: string, plain: readonly ResourceRecord[], options: AuthorityOptions): ResourceRecord[] {
  const withKeys = [...plain, ...options.keys.map((key) => key.record)];
  const cuts = plain.filter((r) => r.type === TYPE.NS && r.name !== zone).map((r) => r.name);
  const owned = withKeys.filter((r) => !cuts.some((cut) => isBelow(r.name, cut)));
  const signed = (r: { name: string; type: number }) =>
    !cuts.includes(r.name) || r.type === TYPE.DS || r.type === TYPE.NSEC;
  const complete = [...owned, ...nsecs(zone, owned, signed)];
  const sets = groupRrsets(complete).flatMap((set) => {
    if (!signed(set)) return set.records;
    const validity = options.validityOf?.(set.name, set.type) ?? options.validity;
    return [...set.records, ...options.keys.map((key) => signRrset(set.records, key, validity))];
  });
  return [...sets, ...withKeys.filter((r) => !owned.includes(r))];
}

function nsecs(
  zone: string,
  records: readonly ResourceRecord[],
  signed: (r: { name: string; type: number }) => boolean,
) {
  const names = [...new Set(records.map((r) => r.name))].sort(compareNames);
  return names.map((name, i) => {
    const types = new Set(
      records.filter((r) => r.name === name && (signed(r) || r.type === TYPE.NS)).map((r) => r.type),
    );
    const bitmap = writeBitmap([...types, TYPE.RRSIG, TYPE.NSEC]);
    return recordOf(name, TYPE.NSEC, Buffer.concat([nameToWire(names[i + 1] ?? zone), bitmap]), 300);
  });
}

const coveredBy = (record: ResourceRecord) => (record.rdata[0]! << 8) | record.rdata[1]!;

function setOf(records: readonly ResourceRecord[], name: string, type: number): ResourceRecord[] {
  return records.filter(
    (r) => r.name === name && (r.type === type || (r.type === TYPE.RRSIG && coveredBy(r) === type)),
  );
}

function answer(zone: string, records: readonly ResourceRecord[], { name, type }: OutQuery): Scripted {
  const cut = records.find((r) => r.type === TYPE.NS && r.name !== zone && isWithin(name, r.name))?.name;
  if (cut && !(name === cut && type === TYPE.DS)) return referral(records, cut);
  const found = setOf(records, name, type);
  if (found.length > 0) return { answer: found };
  const alias = setOf(records, name, TYPE.CNAME);
  if (alias.length > 0) return { answer: alias };
  const soa = setOf(records, zone, TYPE.SOA);
  if (records.some((r) => isWithin(r.name, name))) {
    const nsec = records.some((r) => r.name === name) ? name : covering(records, name);
    return { authority: [...soa, ...setOf(records, nsec ?? zone, TYPE.NSEC)] };
  }
  let encloser = ancestor(name);
  while (!records.some((r) => isWithin(r.name, encloser))) encloser = ancestor(encloser);
  const proofs = [covering(records, name), covering(records, prepend("*", encloser))];
  const both = [...new Set(proofs)].flatMap((owner) => (owner ? setOf(records, owner, TYPE.NSEC) : []));
  return { reply: "AA NXDOMAIN", authority: [...soa, ...both] };
}

function covering(records: readonly ResourceRecord[], name: string): string | undefined {
  const owners = records
    .filter((r) => r.type === TYPE.NSEC)
    .map((r) => r.name)
    .sort(compareNames);
  return owners.findLast((owner) => compareNames(owner, name) < 0);
}

function referral(records: readonly ResourceRecord[], cut: string): Scripted {
  const ds = setOf(records, cut, TYPE.DS);
  const proof = ds.length > 0 ? ds : setOf(records, cut, TYPE.NSEC);
  const glue = records.filter((r) => (r.type === TYPE.A || r.type === TYPE.AAAA) && isBelow(r.name, cut));
  return {
    reply: "NOERROR",
    authority: [...setOf(records, cut, TYPE.NS).filter((r) => r.type === TYPE.NS), ...proof],
    additional: glue,
  };
}
