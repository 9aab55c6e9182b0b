/**
 * Says what an authority's message means for a question, and keeps only what that server may speak of: records of the zone
 * it was asked for, the alias chain from the question on, glue for the name servers of a referral. Pure.
 * Rules: RFC 1034 §4.3.2 and §5.3.3, RFC 2181 §5.4.1, RFC 2308 §2, RFC 6672 §3.
 */
import { compareOctets, groupRrsets, type Rrset } from "../canonical.ts";
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
  /** A server that was asked as an authority answered as a resolver: what it says may come from anywhere. */
  readonly secondHand?: boolean;
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

/** Signatures by what they cover: `type/owner`. */
function signaturesIn(records: readonly ResourceRecord[]): Map<string, ResourceRecord[]> {
  const out = new Map<string, ResourceRecord[]>();
  for (const record of records) {
    if (record.type !== TYPE.RRSIG) continue;
    const key = `${parseRrsig(record.rdata)?.typeCovered ?? -1}/${record.name}`;
    const group = out.get(key);
    if (group) group.push(record);
    else out.set(key, [record]);
  }
  return out;
}

/** `here` and what `elsewhere` adds to it. Few as they are, comparing each with each is cheap. */
function distinct(here: readonly ResourceRecord[], elsewhere: readonly ResourceRecord[]): readonly ResourceRecord[] {
  if (elsewhere === here || elsewhere.length === 0) return here;
  const added = elsewhere.filter((one) => !here.some((other) => compareOctets(one.rdata, other.rdata) === 0));
  return added.length === 0 ? here : [...here, ...added];
}

/**
 * RRsets of a section with their signatures; signatures over nothing here are kept as RRsets of type RRSIG. `message`: all
 * records that came along. Some servers put a signature into another section than what it covers; it proves no less there.
 */
export function signedRrsets(
  records: readonly ResourceRecord[],
  message: readonly ResourceRecord[] = [],
): SignedRrset[] {
  const groups = groupRrsets(records);
  const signatures = signaturesIn(records);
  const elsewhere = message.length > 0 ? signaturesIn(message) : signatures;
  const out: SignedRrset[] = [];
  const used = new Set<ResourceRecord>();
  for (const group of groups) {
    if (group.type === TYPE.RRSIG) continue;
    const key = `${group.type}/${group.name}`;
    const over = distinct(signatures.get(key) ?? [], elsewhere.get(key) ?? []);
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

/** How a server was asked. */
export interface Asked {
  readonly zone: string;
  readonly server: string;
  /** It is a forwarder. */
  readonly recursive: boolean;
  /** Of an alias chain, take the first step only: the rest is asked for anew. */
  readonly cutChains?: boolean;
}

/** What a message from a server that was asked as an authority of a zone (or as a forwarder) means for `question`. */
export function classify(message: Message, question: Question, asked: Asked): Response | Referral | Lame {
  const { zone, server, recursive } = asked;
  const accepted: readonly number[] = [RCODE.NOERROR, RCODE.NXDOMAIN, RCODE.YXDOMAIN];
  if (!accepted.includes(message.rcode)) return { kind: "lame", why: "rcode" };
  const own = (record: ResourceRecord) => record.class === 1 && isWithin(record.name, zone);
  const all = [...message.answer, ...message.authority, ...message.additional].filter(own);
  const answers = signedRrsets(message.answer.filter(own), all);
  const chain = followChain(answers, question, zone, asked.cutChains ? 1 : MAX_ALIASES);
  const belongs = (record: ResourceRecord) => belongsInAuthority(record, [question.name, chain.end]);
  const authority = signedRrsets(message.authority.filter(own).filter(belongs), all);
  const base: Base = {
    question,
    rcode: message.rcode,
    zone,
    server,
    authoritative: message.authoritative,
    secondHand: message.recursionAvailable && !message.authoritative && !recursive,
    answer: chain.used,
    authority,
    additional: additions(message, [...chain.used, ...authority], zone),
    cached: false,
    ageSeconds: 0,
  };
  if (chain.found) return { ...base, kind: "answer" };
  if (chain.used.length > 0) return { ...base, kind: "alias", target: chain.end };
  if (message.rcode === RCODE.NXDOMAIN) return { ...base, kind: "nxdomain", authority: negative(authority) };
  return withoutAnswer(message, base, recursive);
}

const AUTHORITY_TYPES: readonly number[] = [TYPE.SOA, TYPE.NS, TYPE.DS, TYPE.NSEC, TYPE.NSEC3, TYPE.RRSIG];

/** NS speak of a zone above what is asked, or of nothing that matters here. */
function belongsInAuthority({ type, name }: ResourceRecord, asked: readonly string[]): boolean {
  if (type === TYPE.NS) return asked.some((one) => isWithin(one, name));
  return AUTHORITY_TYPES.includes(type);
}

/** The authority section of a negative answer: an SOA lives no longer than its MINIMUM (RFC 2308 §5). */
function negative(sets: readonly SignedRrset[]): readonly SignedRrset[] {
  return sets.map((set) => (set.type === TYPE.SOA ? capped(set) : set));
}

function capped(soa: SignedRrset): SignedRrset {
  const rdata = soa.records[0]!.rdata;
  if (rdata.length < 22) return soa;
  const minimum = new DataView(rdata.buffer, rdata.byteOffset, rdata.length).getUint32(rdata.length - 4);
  const cap = (record: ResourceRecord) => (record.ttl > minimum ? { ...record, ttl: minimum } : record);
  return {
    ...soa,
    ttl: Math.min(soa.ttl, minimum),
    records: soa.records.map(cap),
    signatures: soa.signatures.map(cap),
  };
}

function withoutAnswer(message: Message, base: Base, recursive: boolean): Response | Referral | Lame {
  const { question, zone, authority } = base;
  const soa = authority.find((set) => set.type === TYPE.SOA && isWithin(question.name, set.name));
  if (soa) return { ...base, kind: "nodata", authority: negative(authority) };
  for (const ns of authority) {
    if (ns.type !== TYPE.NS || !isWithin(question.name, ns.name)) continue;
    if (ns.name === zone) {
      if (message.authoritative || recursive) return { ...base, kind: "nodata" };
      return { kind: "lame", why: message.recursionAvailable ? "recursion" : "upward-referral" };
    }
    if (recursive) continue;
    if (question.type === TYPE.DS && ns.name === question.name) return dsInReferral(base);
    return referral(message, base, ns);
  }
  // A referral to above the zone was filtered away with its NS: it is no answer. One sideways is noise, and nothing is left.
  const upward = message.authority.some((record) => record.type === TYPE.NS && isBelow(zone, record.name));
  if (upward) return { kind: "lame", why: "upward-referral" };
  if (message.recursionAvailable && !message.authoritative && !recursive) return { kind: "lame", why: "recursion" };
  return { ...base, kind: "nodata" };
}

/** Asked for DS, some servers refer to the zone itself: what they were asked for stands beside the NS, or its absence does. */
function dsInReferral(base: Base): Response {
  const ds = base.authority.filter((set) => set.type === TYPE.DS && set.name === base.question.name);
  if (ds.length > 0) return { ...base, kind: "answer", answer: ds, authority: [] };
  return { ...base, kind: "nodata", authority: base.authority.filter((set) => set.type !== TYPE.NS) };
}

function referral(message: Message, base: Base, ns: SignedRrset): Referral {
  const targets = new Set(ns.records.map((record) => nameFromWire(record.rdata)));
  const isGlue = (record: ResourceRecord) =>
    isAddress(record) && targets.has(record.name) && isWithin(record.name, base.zone); // beyond the server's own zone it is hearsay
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
function followChain(sets: readonly SignedRrset[], question: Question, zone: string, maxSteps: number) {
  const used: SignedRrset[] = [];
  let name = question.name;
  for (let step = 0; step < maxSteps; step++) {
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
export function responseOfDname(
  question: Question,
  dname: SignedRrset,
  zone: string,
  ageSeconds: number,
): Response | undefined {
  const alias = aliasByDname(ageSeconds > 0 ? agedSet(dname, ageSeconds) : dname, undefined, question.name);
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
    ageSeconds,
  };
  return matches(alias.via, question.type)
    ? { ...base, kind: "answer" }
    : { ...base, kind: "alias", target: alias.target };
}

/** A response that lay in the cache for so long: every TTL is less by that (RFC 1034 §5.3.3). */
export function aged(response: Response, ageSeconds: number): Response {
  if (ageSeconds === 0) return { ...response, cached: true };
  const each = (sets: readonly SignedRrset[]) => sets.map((set) => agedSet(set, ageSeconds));
  const { answer, authority, additional } = response;
  const sections = { answer: each(answer), authority: each(authority), additional: each(additional) };
  return { ...response, ...sections, cached: true, ageSeconds };
}

function agedSet(set: SignedRrset, ageSeconds: number): SignedRrset {
  const less = (ttl: number) => Math.max(0, ttl - ageSeconds);
  const each = (records: readonly ResourceRecord[]) => records.map((record) => ({ ...record, ttl: less(record.ttl) }));
  return { ...set, ttl: less(set.ttl), records: each(set.records), signatures: each(set.signatures) };
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

/** RRsets of the additional section within the zone; addresses only of names that records kept above point to. */
function additions(message: Message, sets: readonly SignedRrset[], zone: string): SignedRrset[] {
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
    (record) => isWithin(record.name, zone) && record.class === 1 && (targets.has(record.name) || !isAddress(record)),
  );
  const all = [...message.answer, ...message.authority, ...message.additional];
  return signedRrsets(kept, all).filter((set) => set.type !== TYPE.RRSIG);
}

function isAddress({ type }: ResourceRecord): boolean {
  return type === TYPE.A || type === TYPE.AAAA;
}

function safeName(wire: Uint8Array): string | undefined {
  try {
    return nameFromWire(wire);
  } catch {
    return undefined;
  }
}
