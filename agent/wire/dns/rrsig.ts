/**
 * RRSIG: reading, validity period, and the verification of one RRset by one signature and one key, over octets as received
 * (RFC 4034 §3.1.8.1, RFC 4035 §5.3.1-5.3.3). Pure; which zone should have signed is the validator's question.
 */
import { constants, type KeyObject, verify } from "node:crypto";
import { canonicalRrset } from "./canonical.ts";
import { type Dnskey, importKey, isAlgorithmSupported, parseDnskey } from "./dnskey.ts";
import { DnsError } from "./errors.ts";
import type { ResourceRecord } from "./message.ts";
import { countLabels, isWithin, lowerWire, readName } from "./name.ts";
import { TYPE } from "./types.ts";

export interface Rrsig {
  readonly typeCovered: number;
  readonly algorithm: number;
  /** Labels of the owner, the root and a leading `*` not counted. */
  readonly labels: number;
  readonly originalTtl: number;
  /** Seconds modulo 2^32 (RFC 4034 §3.1.5): compare with `validity`, never with `<`. */
  readonly expiration: number;
  readonly inception: number;
  readonly keyTag: number;
  /** Canonical text. */
  readonly signer: string;
  readonly signature: Uint8Array;
  /** The octets before the signature, the signer in lower case: what is signed first. */
  readonly signedHead: Uint8Array;
}

const known = new WeakMap<Uint8Array, Rrsig | undefined>();

/** Reads RRSIG RDATA (names expanded); undefined when it is none. The octets must not change afterwards: they are read once. */
export function parseRrsig(rdata: Uint8Array): Rrsig | undefined {
  if (known.has(rdata)) return known.get(rdata);
  const read = readRrsig(rdata);
  known.set(rdata, read);
  return read;
}

function readRrsig(rdata: Uint8Array): Rrsig | undefined {
  if (rdata.length < 19) return undefined;
  const view = new DataView(rdata.buffer, rdata.byteOffset, rdata.length);
  try {
    const signer = readName(rdata, 18);
    return {
      typeCovered: view.getUint16(0),
      algorithm: rdata[2]!,
      labels: rdata[3]!,
      originalTtl: view.getUint32(4),
      expiration: view.getUint32(8),
      inception: view.getUint32(12),
      keyTag: view.getUint16(16),
      signer: signer.text,
      signature: rdata.subarray(signer.end),
      signedHead: concat(rdata.subarray(0, 18), lowerWire(signer.wire)),
    };
  } catch (error) {
    if (error instanceof DnsError) return undefined;
    throw error;
  }
}

/** Serial arithmetic (RFC 1982): how far b lies after a, negative when before, in (-2^31, 2^31]. */
function serialDistance(a: number, b: number): number {
  return (b - a) | 0;
}

/**
 * Where `nowSeconds` (Unix time) stands in a signature's period, and seconds left (negative once expired).
 * Serial arithmetic: both times are within 68 years of now.
 */
export function validity(
  rrsig: Pick<Rrsig, "inception" | "expiration">,
  nowSeconds: number,
): { state: "valid" | "expired" | "not-yet-valid"; secondsLeft: number } {
  const secondsLeft = serialDistance(nowSeconds, rrsig.expiration);
  // An expiration before the inception can hold at no time.
  if (secondsLeft < 0 || serialDistance(rrsig.inception, rrsig.expiration) < 0)
    return { state: "expired", secondsLeft };
  if (serialDistance(rrsig.inception, nowSeconds) < 0) return { state: "not-yet-valid", secondsLeft };
  return { state: "valid", secondsLeft };
}

/** Why a signature does not hold, the cheapest reason first. */
export type VerifyFailure =
  | "malformed" // RRSIG or DNSKEY RDATA that is none
  | "mismatch" // owner, class or covered type of RRset and RRSIG differ, or the RRset is empty or mixed
  | "signer-mismatch" // the signer's name does not enclose the owner, or is not the key's owner
  | "bad-labels" // more labels than the owner has
  | "wrong-key" // algorithm or key tag of the RRSIG are not the key's
  | "not-zone-key" // the Zone Key flag is not set (RFC 4034 §2.1.1)
  | "bad-protocol" // protocol other than 3 (RFC 4034 §2.1.2)
  | "revoked-key" // REVOKE is set and the RRset is not its own DNSKEY RRset (RFC 5011 §2.1)
  | "unsupported-algorithm"
  | "expired"
  | "not-yet-valid"
  | "bad-key" // the key's octets are no key of the algorithm, or beyond the limits of importKey
  | "bogus"; // the cryptography says no

export type VerifyResult =
  | {
      readonly ok: true;
      readonly rrsig: Rrsig /** The wildcard that was expanded, else absent. */;
      readonly wildcard?: true;
    }
  | { readonly ok: false; readonly reason: VerifyFailure };

export interface VerifyInput {
  /** Records of one owner, type and class as received. */
  readonly rrset: readonly ResourceRecord[];
  /** One RRSIG record with the same owner. */
  readonly rrsig: ResourceRecord;
  /** One DNSKEY record. */
  readonly dnskey: ResourceRecord;
  /** Unix time, seconds. */
  readonly nowSeconds: number;
  /** Verifies algorithms that node:crypto does not; only tests hand one in. undefined means "not mine either". */
  readonly verifyOther?: (
    algorithm: number,
    key: Dnskey,
    signature: Uint8Array,
    data: Uint8Array,
  ) => boolean | undefined;
}

/** Does this signature by this key hold over this RRset at this time? Never throws; costs at most one verification. */
export function verifyRrset(input: VerifyInput): VerifyResult {
  const { rrset, rrsig: rrsigRecord, dnskey: keyRecord, nowSeconds } = input;
  const rrsig = parseRrsig(rrsigRecord.rdata);
  const key = parseDnskey(keyRecord.rdata);
  const first = rrset[0];
  if (!rrsig || !key) return { ok: false, reason: "malformed" };
  if (!first || !sameRrset(rrset, rrsigRecord, rrsig)) return { ok: false, reason: "mismatch" };
  const ownerLabels = labelsForRrsig(first.name);
  if (rrsig.labels > ownerLabels) return { ok: false, reason: "bad-labels" };
  const reason = keyMismatch(rrsig, key, keyRecord, first);
  if (reason) return { ok: false, reason };
  const { state } = validity(rrsig, nowSeconds);
  if (state !== "valid") return { ok: false, reason: state };
  const labels = { ownerLabels, labels: rrsig.labels };
  const data = concat(rrsig.signedHead, canonicalRrset(rrset, rrsig.originalTtl, labels));
  const checked = checkSignature(rrsig, key, data, input.verifyOther);
  if (checked !== true) return { ok: false, reason: checked };
  return rrsig.labels < ownerLabels ? { ok: true, rrsig, wildcard: true } : { ok: true, rrsig };
}

/** Labels of an owner as RRSIG counts them (RFC 4034 §3.1.3). */
export function labelsForRrsig(name: string): number {
  return countLabels(name) - (name === "*." || name.startsWith("*.") ? 1 : 0);
}

function sameRrset(rrset: readonly ResourceRecord[], record: ResourceRecord, rrsig: Rrsig): boolean {
  return (
    record.type === TYPE.RRSIG &&
    rrset.every((r) => r.name === record.name && r.class === record.class && r.type === rrsig.typeCovered)
  );
}

function keyMismatch(
  rrsig: Rrsig,
  key: Dnskey,
  keyRecord: ResourceRecord,
  owner: ResourceRecord,
): VerifyFailure | undefined {
  if (keyRecord.name !== rrsig.signer || !isWithin(owner.name, rrsig.signer)) return "signer-mismatch";
  if (key.algorithm !== rrsig.algorithm || key.keyTag !== rrsig.keyTag) return "wrong-key";
  if (!key.zoneKey) return "not-zone-key";
  if (key.protocol !== 3) return "bad-protocol";
  if (key.revoked && !(owner.type === TYPE.DNSKEY && owner.name === rrsig.signer)) return "revoked-key";
  return undefined;
}

const HASHES: ReadonlyMap<number, string | null> = new Map([
  [5, "sha1"],
  [7, "sha1"],
  [8, "sha256"],
  [10, "sha512"],
  [13, "sha256"],
  [14, "sha384"],
  [15, null],
  [16, null],
]);

function checkSignature(
  rrsig: Rrsig,
  key: Dnskey,
  data: Uint8Array,
  verifyOther: VerifyInput["verifyOther"],
): true | VerifyFailure {
  if (!isAlgorithmSupported(key.algorithm)) {
    const other = verifyOther?.(key.algorithm, key, rrsig.signature, data);
    return other === undefined ? "unsupported-algorithm" : other || "bogus";
  }
  const imported = importKey(key);
  if (!imported) return "bad-key";
  return verifyWith(key.algorithm, imported, rrsig.signature, data) || "bogus";
}

function verifyWith(algorithm: number, key: KeyObject, signature: Uint8Array, data: Uint8Array): boolean {
  const hash = HASHES.get(algorithm);
  try {
    if (algorithm === 13 || algorithm === 14) {
      return verify(hash, data, { key, dsaEncoding: "ieee-p1363" }, signature);
    }
    if (hash === null) return verify(null, data, key, signature);
    return verify(hash, data, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
  } catch {
    return false;
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
