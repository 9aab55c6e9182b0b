/**
 * Says what an authority's message means for a question, and keeps only what that server may speak of: records of the zone
 * it was asked for, the alias chain from the question on, glue for the name servers of a referral. Pure.
 * Rules: RFC 1034 §4.3.2 and §5.3.3, RFC 2181 §5.4.1, RFC 2308 §2, RFC 6672 §3.
 */
import { groupRrsets, type Rrset } from "../canonical.ts";
import type { Message, ResourceRecord } from "../message.ts";
import { isBelow, isWithin, nameFromWire, nameToWire } from "../name.ts";
import { parseRrsig } from "../rrsig.ts";
import { RCODE, TYPE } from "../types.ts";

/** An RRset with the RRSIGs over it. */
export interface SignedRrset extends Rrset {
  readonly signatures: readonly ResourceRecord[];
  /** A CNAME made from this DNAME, which is signed in its stead. */
  readonly synthesizedFrom?: SignedRrset;
}

export interface Question {
  readonly name: string;
  readonly type: number;
}

interface Base {
  readonly question: Question;
  readonly rcode: number;
  /** The zone whose authority answered. */
  readonly zone: string;
  readonly server: string;
  readonly authoritative: boolean;
  readonly answer: readonly SignedRrset[];
  readonly authority: readonly SignedRrset[];
  readonly additional: readonly SignedRrset[];
  /** It came out of the cache, where it lay for so many seconds. */
  readonly cached: boolean;
  readonly ageSeconds: number;
}

/** `alias`: the chain ends at `target`, for which this response has no data. */
export type Response = Base &
  ({ readonly kind: "answer" | "nodata" | "nxdomain" } | { readonly kind: "alias"; readonly target: string });

export type Referral = {
  readonly kind: "referral";
  readonly zone: string;
  readonly ns: SignedRrset;
  readonly proof: readonly ResourceRecord[];
  readonly glue: readonly ResourceRecord[];
};

/** Not an answer from an authority of that zone: why. */
export type Lame = { readonly kind: "lame"; readonly why: "rcode" | "upward-referral" | "recursion" | "off-topic" };

const MAX_ALIASES = 12;

/** RRsets of a section with their signatures; signatures over nothing here are kept as RRsets of type RRSIG. */
export function signedRrsets(records: readonly ResourceRecord[]): SignedRrset[] {
  const groups = groupRrsets(records);
  const signatures = new Map<string, ResourceRecord[]>();
  for (const group of groups) {
    if (group.type !== TYPE.RRSIG) continue;
    for (const record of group.records) {
      const covered = parseRrsig(record.rdata)?.typeCovered ?? -1;
      const key = `${covered}/${group.name}`;
      signatures.set(key, [...(signatures.get(key) ?? []), record]);
    }
  }
  const out: SignedRrset[] = [];
  const used = new Set<ResourceRecord>();
  for (const group of groups) {
    if (group.type === TYPE.RRSIG) continue;
    const over = signatures.get(`${group.type}/${group.name}`) ?? [];
    for (const record of over) used.add(record);
    out.push({ ...group, signatures: over });
  }
  for (const group of groups) {
    if (group.type !== TYPE.RRSIG) continue;
    const rest = group.records.filter((record) => !used.has(record));
    if (rest.length > 0) out.push({ ...group, records: rest, signatures: [] });
  }
  return out;
}

/** What `message` from `server`, asked as an authority of `zone`, means for `question`. `recursive`: it is a forwarder. */
export function classify(
  message: Message,
  question: Question,
  zone: string,
  server: string,
  recursive: boolean,
): Response | Referral | Lame {
  const accepted: readonly number[] = [RCODE.NOERROR, RCODE.NXDOMAIN, RCODE.YXDOMAIN];
  if (!accepted.includes(message.rcode)) return { kind: "lame", why: "rcode" };
  const own = (record: ResourceRecord) => record.class === 1 && isWithin(record.name, zone);
  const answers = signedRrsets(message.answer.filter(own));
  const authority = signedRrsets(message.authority.filter(own).filter(belongsInAuthority));
  const chain = followChain(answers, question, zone);
  const base: Base = {
    question,
    rcode: message.rcode,
    zone,
    server,
    authoritative: message.authoritative,
    answer: chain.used,
    authority,
    additional: addresses(message, [...chain.used, ...authority], zone),
    cached: false,
    ageSeconds: 0,
  };
  if (chain.found) return { ...base, kind: "answer" };
  if (chain.used.length > 0) return { ...base, kind: "alias", target: chain.end };
  if (message.rcode === RCODE.NXDOMAIN) return { ...base, kind: "nxdomain" };
  return withoutAnswer(message, base, recursive);
}

const AUTHORITY_TYPES: readonly number[] = [TYPE.SOA, TYPE.NS, TYPE.DS, TYPE.NSEC, TYPE.NSEC3, TYPE.RRSIG];

function belongsInAuthority(record: ResourceRecord): boolean {
  return AUTHORITY_TYPES.includes(record.type);
}

function withoutAnswer(message: Message, base: Base, recursive: boolean): Response | Referral | Lame {
  const { question, zone, authority } = base;
  const soa = authority.find((set) => set.type === TYPE.SOA && isWithin(question.name, set.name));
  if (soa) return { ...base, kind: "nodata" };
  for (const ns of authority) {
    if (ns.type !== TYPE.NS || !isWithin(question.name, ns.name)) continue;
    if (ns.name === zone) {
      if (message.authoritative || recursive) return { ...base, kind: "nodata" };
      return { kind: "lame", why: message.recursionAvailable ? "recursion" : "upward-referral" };
    }
    if (recursive) continue;
    return referral(message, base, ns);
  }
  // A referral out of the zone (upward or sideways) was filtered away with its NS; it is no answer.
  const elsewhere = message.authority.some((record) => record.type === TYPE.NS && !isWithin(record.name, zone));
  if (elsewhere && !message.authoritative && !recursive) return { kind: "lame", why: "upward-referral" };
  if (message.recursionAvailable && !message.authoritative && !recursive) return { kind: "lame", why: "recursion" };
  return { ...base, kind: "nodata" };
}

function referral(message: Message, base: Base, ns: SignedRrset): Referral {
  const targets = new Set(ns.records.map((record) => nameFromWire(record.rdata)));
  const isGlue = (record: ResourceRecord) =>
    (record.type === TYPE.A || record.type === TYPE.AAAA) &&
    targets.has(record.name) &&
    isWithin(record.name, base.zone); // beyond the server's own zone it is hearsay
  const proves = (record: ResourceRecord) => record.type !== TYPE.NS && isWithin(record.name, base.zone);
  return {
    kind: "referral",
    zone: ns.name,
    ns,
    proof: message.authority.filter(proves),
    glue: message.additional.filter(isGlue),
  };
}

/** Walks from the question over CNAME and DNAME as far as this response goes within the zone. */
function followChain(sets: readonly SignedRrset[], question: Question, zone: string) {
  const used: SignedRrset[] = [];
  let name = question.name;
  for (let step = 0; step < MAX_ALIASES; step++) {
    const alias = findAlias(sets, name);
    // A DNAME whose target would be too long ends the chain: YXDOMAIN (RFC 6672 §2.2).
    if (alias === "too-long") return { used: [...used, ...dnamesAbove(sets, name)], found: true, end: name };
    const wanted = sets.filter((set) => set.name === name && matches(set, question.type));
    // Below a DNAME nothing else exists: what stands there is the CNAME that it makes.
    if (wanted.length > 0 && !alias?.via.synthesizedFrom) return { used: [...used, ...wanted], found: true, end: name };
    if (!alias || used.some((set) => set.name === alias.via.name && set.type === alias.via.type)) break;
    used.push(...alias.sets.filter((set) => !used.includes(set)));
    if (matches(alias.via, question.type)) return { used, found: true, end: name };
    name = alias.target;
    if (!isWithin(name, zone)) break;
  }
  return { used, found: false, end: name };
}

function matches(set: Rrset, type: number): boolean {
  return set.type === type || type === TYPE.ANY;
}

const dnamesAbove = (sets: readonly SignedRrset[], name: string) =>
  sets.filter((set) => set.type === TYPE.DNAME && isBelow(name, set.name));

interface Alias {
  readonly via: SignedRrset;
  readonly sets: readonly SignedRrset[];
  readonly target: string;
}

function findAlias(sets: readonly SignedRrset[], name: string): Alias | "too-long" | undefined {
  const [dname] = dnamesAbove(sets, name);
  const cname = sets.find((set) => set.type === TYPE.CNAME && set.name === name);
  if (dname) return aliasByDname(dname, cname, name);
  const target = cname?.records[0] && targetOf(cname.records[0]);
  if (!cname || target === undefined) return undefined;
  return { via: cname, sets: [cname], target };
}

function aliasByDname(
  dname: SignedRrset,
  cname: SignedRrset | undefined,
  name: string,
): Alias | "too-long" | undefined {
  const base = targetOf(dname.records[0]!);
  if (base === undefined) return undefined;
  const target = substitute(name, dname.name, base);
  if (target === undefined) return "too-long";
  const given = cname?.records[0] && targetOf(cname.records[0]);
  if (cname && given !== undefined && given !== target) {
    // Not the CNAME that the DNAME makes (RFC 6672 §5.3.1): it stands for itself, unsigned.
    return { via: cname, sets: [dname, cname], target: given };
  }
  const via = cname ? { ...cname, synthesizedFrom: dname } : synthesize(name, target, dname);
  return { via, sets: [dname, via], target };
}

function targetOf(record: ResourceRecord): string | undefined {
  try {
    return nameFromWire(record.rdata);
  } catch {
    return undefined;
  }
}

/** `name` with its suffix `from` replaced by `to` (RFC 6672 §2.2); undefined when that would be too long. */
export function substitute(name: string, from: string, to: string): string | undefined {
  const head = from === "." ? name : name.slice(0, name.length - from.length);
  const target = to === "." ? head : `${head}${to}`;
  try {
    return nameFromWire(nameToWire(target));
  } catch {
    return undefined;
  }
}

/** The response that a DNAME already known makes for a name below it; undefined when the name would be too long. */
export function responseOfDname(question: Question, dname: SignedRrset, zone: string): Response | undefined {
  const alias = aliasByDname(dname, undefined, question.name);
  if (!alias || alias === "too-long") return undefined;
  const base: Base = {
    question,
    rcode: RCODE.NOERROR,
    zone,
    server: "",
    authoritative: false,
    answer: alias.sets,
    authority: [],
    additional: [],
    cached: true,
    ageSeconds: 0,
  };
  return matches(alias.via, question.type)
    ? { ...base, kind: "answer" }
    : { ...base, kind: "alias", target: alias.target };
}

function synthesize(name: string, target: string, dname: SignedRrset): SignedRrset {
  const record: ResourceRecord = {
    name,
    owner: nameToWire(name),
    type: TYPE.CNAME,
    class: dname.class,
    ttl: dname.ttl,
    rdata: nameToWire(target),
  };
  const { class: klass, ttl } = dname;
  return { name, type: TYPE.CNAME, class: klass, ttl, records: [record], signatures: [], synthesizedFrom: dname };
}

const POINTING: ReadonlyMap<number, number> = new Map<number, number>([
  [TYPE.NS, 0],
  [TYPE.MX, 2],
  [TYPE.SRV, 6],
]);

/** Address RRsets of the additional section that records kept above point to, within the zone. */
function addresses(message: Message, sets: readonly SignedRrset[], zone: string): SignedRrset[] {
  const targets = new Set<string>();
  for (const set of sets) {
    const skip = POINTING.get(set.type);
    if (skip === undefined) continue;
    for (const record of set.records) {
      const target = record.rdata.length > skip ? safeName(record.rdata.subarray(skip)) : undefined;
      if (target) targets.add(target);
    }
  }
  const kept = message.additional.filter(
    (record) => targets.has(record.name) && isWithin(record.name, zone) && record.class === 1,
  );
  return signedRrsets(kept).filter((set) => set.type === TYPE.A || set.type === TYPE.AAAA);
}

function safeName(wire: Uint8Array): string | undefined {
  try {
    return nameFromWire(wire);
  } catch {
    return undefined;
  }
}
