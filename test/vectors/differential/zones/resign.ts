/**
 * Signs one RRset with a zone's own key, rightly or with one field of the RRSIG as a fault wants it: the faults that no signer
 * makes by itself. The canonical form is written here anew, apart from the validator's. Pure but for the key.
 */
import { constants, sign as signOctets } from "node:crypto";
import { nameToWire, type ResourceRecord, TYPE } from "../../../../agent/wire/dns/index.ts";
import type { SigningKey } from "./keys.ts";
import type { Rrset } from "./zone.ts";

/** Fields of the RRSIG that differ from what is right. */
export interface Deviation {
  readonly inception?: number;
  readonly expiration?: number;
  readonly labels?: number;
  readonly originalTtl?: number;
  readonly signer?: string;
  readonly keyTag?: number;
  readonly algorithm?: number;
  readonly typeCovered?: number;
}

const u16 = (value: number) => [(value >> 8) & 0xff, value & 0xff];
const u32 = (value: number) => [...u16(Math.floor(value / 65536)), ...u16(value & 0xffff)];

/** An RRSIG over `set`, in the name of `zone`, valid from an hour before `now` for ten days unless it deviates. */
export function sign(
  set: Rrset,
  key: SigningKey,
  zone: string,
  now: number,
  deviation: Deviation = {},
): ResourceRecord {
  const first = set.records[0]!;
  const ownerLabels = labelsOf(first.owner);
  const labels = deviation.labels ?? (startsWithAsterisk(first.owner) ? ownerLabels - 1 : ownerLabels);
  const originalTtl = deviation.originalTtl ?? first.ttl;
  const head = Uint8Array.from([
    ...u16(deviation.typeCovered ?? set.type),
    deviation.algorithm ?? key.algorithm,
    labels,
    ...u32(originalTtl),
    ...u32(deviation.expiration ?? now + 10 * 86_400),
    ...u32(deviation.inception ?? now - 3_600),
    ...u16(deviation.keyTag ?? key.tag),
    ...nameToWire(deviation.signer ?? zone),
  ]);
  const signature = octetsOf(key, Buffer.concat([head, canonical(set, labels, originalTtl)]));
  const rdata = Uint8Array.from([...head, ...signature]);
  return { name: first.name, owner: first.owner, type: TYPE.RRSIG, class: first.class, ttl: first.ttl, rdata };
}

const HASHES: Readonly<Record<number, string>> = { 5: "sha1", 7: "sha1", 8: "sha256", 10: "sha512" };

function octetsOf({ algorithm, privateKey }: SigningKey, data: Uint8Array): Uint8Array {
  const rsa = HASHES[algorithm];
  if (rsa) return signOctets(rsa, data, { key: privateKey, padding: constants.RSA_PKCS1_PADDING });
  if (algorithm === 13) return signOctets("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" });
  if (algorithm === 14) return signOctets("sha384", data, { key: privateKey, dsaEncoding: "ieee-p1363" });
  return signOctets(null, data, privateKey);
}

/** RFC 4034 §6.3: one copy of each record, RDATA in canonical form and order, the owner lower case or the wildcard's. */
function canonical(set: Rrset, labels: number, originalTtl: number): Uint8Array {
  const [first] = set.records as [ResourceRecord];
  const owner = wildcardOwner(lower(first.owner), labels);
  const rdatas = set.records.map((record) => Buffer.from(canonicalRdata(record)));
  const distinct = rdatas.sort(Buffer.compare).filter((rdata, i) => i === 0 || !rdata.equals(rdatas[i - 1]!));
  const fixed = Uint8Array.from([...u16(first.type), ...u16(first.class), ...u32(originalTtl)]);
  return Buffer.concat(distinct.flatMap((rdata) => [owner, fixed, Uint8Array.from(u16(rdata.length)), rdata]));
}

/** Where the names of RDATA begin and end that RFC 4034 §6.2 (less RFC 6840 §5.1) wants in lower case. */
const NAMES: ReadonlyMap<number, (rdata: Uint8Array) => readonly [number, number]> = new Map([
  [TYPE.NS, (rdata) => [0, rdata.length]],
  [TYPE.CNAME, (rdata) => [0, rdata.length]],
  [TYPE.PTR, (rdata) => [0, rdata.length]],
  [TYPE.DNAME, (rdata) => [0, rdata.length]],
  [TYPE.SOA, (rdata) => [0, rdata.length - 20]],
  [TYPE.MX, (rdata) => [2, rdata.length]],
  [TYPE.SRV, (rdata) => [6, rdata.length]],
  [TYPE.NAPTR, (rdata) => [naptrName(rdata), rdata.length]],
]);

/** Behind two numbers and three character-strings. */
function naptrName(rdata: Uint8Array): number {
  let at = 4;
  for (let i = 0; i < 3; i++) at += 1 + rdata[at]!;
  return at;
}

function canonicalRdata({ type, rdata }: ResourceRecord): Uint8Array {
  const names = NAMES.get(type);
  if (!names) return rdata;
  const [from, to] = names(rdata);
  return Buffer.concat([rdata.subarray(0, from), lower(rdata.subarray(from, to)), rdata.subarray(to)]);
}

function lower(wire: Uint8Array): Uint8Array {
  return Uint8Array.from(wire, (octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet));
}

function starts(owner: Uint8Array): number[] {
  const out: number[] = [];
  for (let at = 0; owner[at]! > 0; at += owner[at]! + 1) out.push(at);
  return out;
}

const labelsOf = (owner: Uint8Array) => starts(owner).length;
const startsWithAsterisk = (owner: Uint8Array) => owner[0] === 1 && owner[1] === 0x2a;

function wildcardOwner(owner: Uint8Array, labels: number): Uint8Array {
  const at = starts(owner);
  if (at.length <= labels) return owner;
  const rest = labels === 0 ? owner.length - 1 : at[at.length - labels]!;
  return Buffer.concat([Buffer.from([1, 0x2a]), owner.subarray(rest)]);
}
