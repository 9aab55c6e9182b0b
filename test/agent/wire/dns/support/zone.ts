/**
 * Signed zones for tests, made on the spot: records from text, keys by node:crypto, signatures over canonical form. Independent
 * of what it tests where that matters: signatures are made by `sign`, never read back through verifyRrset.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import {
  canonicalRrset,
  dsDigest,
  groupRrsets,
  keyTag,
  nameToWire,
  type ResourceRecord,
  TYPE,
} from "../../../../../agent/wire/dns/index.ts";
import { labelsForRrsig } from "../../../../../agent/wire/dns/rrsig.ts";
import { parseRecords } from "../../../../../agent/wire/dns/text/record.ts";

export interface ZoneKey {
  readonly zone: string;
  readonly record: ResourceRecord;
  readonly privateKey: KeyObject;
  readonly algorithm: 13 | 15;
}

/** A key of algorithm 15 (Ed25519) or 13 (P-256); flags 257, so that it is KSK and ZSK at once. */
export function makeKey(zone: string, algorithm: 13 | 15 = 15, flags = 257): ZoneKey {
  const pair = algorithm === 15 ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = pair.publicKey.export({ format: "jwk" });
  const part = (text: string | undefined) => Buffer.from(text ?? "", "base64url");
  const octets = algorithm === 15 ? part(jwk.x) : Buffer.concat([part(jwk.x), part(jwk.y)]);
  const rdata = Uint8Array.from([flags >> 8, flags & 0xff, 3, algorithm, ...octets]);
  return { zone, record: recordOf(zone, TYPE.DNSKEY, rdata), privateKey: pair.privateKey, algorithm };
}

export function recordOf(name: string, type: number, rdata: Uint8Array, ttl = 3600): ResourceRecord {
  return { name, owner: nameToWire(name), type, class: 1, ttl, rdata };
}

export interface Validity {
  readonly inception: number;
  readonly expiration: number;
}

/** An RRSIG over an RRset. `labels` fewer than the owner's makes it a wildcard's. */
export function signRrset(
  rrset: readonly ResourceRecord[],
  key: ZoneKey,
  { inception, expiration }: Validity,
  labels = labelsForRrsig(rrset[0]!.name),
): ResourceRecord {
  const first = rrset[0]!;
  const head = Buffer.alloc(18);
  head.writeUInt16BE(first.type, 0);
  head[2] = key.algorithm;
  head[3] = labels;
  head.writeUInt32BE(first.ttl, 4);
  head.writeUInt32BE(expiration, 8);
  head.writeUInt32BE(inception, 12);
  head.writeUInt16BE(keyTag(key.record.rdata), 16);
  const signer = Buffer.from(nameToWire(key.zone));
  const ownerLabels = labelsForRrsig(first.name);
  const data = Buffer.concat([head, signer, canonicalRrset(rrset, first.ttl, { ownerLabels, labels })]);
  const signature =
    key.algorithm === 15
      ? sign(null, data, key.privateKey)
      : sign("sha256", data, { key: key.privateKey, dsaEncoding: "ieee-p1363" });
  return recordOf(first.name, TYPE.RRSIG, Buffer.concat([head, signer, signature]), first.ttl);
}

/** A DS record for a key, digest type 2. */
export function dsOf(key: ZoneKey): ResourceRecord {
  const { rdata, owner } = key.record;
  const digest = dsDigest(owner, rdata, 2)!;
  const tag = keyTag(rdata);
  return recordOf(key.zone, TYPE.DS, Uint8Array.from([tag >> 8, tag & 0xff, key.algorithm, 2, ...digest]));
}

/** Records of zone-file text, each RRset followed by its signature. */
export function signedText(text: string, key: ZoneKey, validity: Validity): ResourceRecord[] {
  return signedRecords(parseRecords(text), key, validity);
}

export function signedRecords(records: readonly ResourceRecord[], key: ZoneKey, validity: Validity): ResourceRecord[] {
  return groupRrsets(records).flatMap((set) => [...set.records, signRrset(set.records, key, validity)]);
}
