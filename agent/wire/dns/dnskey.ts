/**
 * DNSKEY and DS: reading, key tags, digests and the import of public keys (RFC 4034 §2 and §5, RFC 3110, 5702, 6605, 8080).
 * Pure; what node:crypto makes of a key is remembered, because importing an EC key costs as much as a verification.
 */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { lowerWire } from "./name.ts";

export interface Dnskey {
  readonly flags: number;
  readonly protocol: number;
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  readonly keyTag: number;
  /** Zone Key flag (bit 7): only such keys sign a zone. */
  readonly zoneKey: boolean;
  /** Secure Entry Point (bit 15): a KSK by custom only. */
  readonly sep: boolean;
  /** REVOKE (RFC 5011). */
  readonly revoked: boolean;
  readonly rdata: Uint8Array;
}

const known = new WeakMap<Uint8Array, Dnskey>();

/** Reads DNSKEY (or CDNSKEY) RDATA; undefined when it is shorter than its fixed part. The octets must not change afterwards. */
export function parseDnskey(rdata: Uint8Array): Dnskey | undefined {
  if (rdata.length < 4) return undefined;
  const read = known.get(rdata) ?? readDnskey(rdata);
  known.set(rdata, read);
  return read;
}

function readDnskey(rdata: Uint8Array): Dnskey {
  const flags = (rdata[0]! << 8) | rdata[1]!;
  return {
    flags,
    protocol: rdata[2]!,
    algorithm: rdata[3]!,
    publicKey: rdata.subarray(4),
    keyTag: keyTag(rdata),
    zoneKey: (flags & 0x0100) !== 0,
    sep: (flags & 0x0001) !== 0,
    revoked: (flags & 0x0080) !== 0,
    rdata,
  };
}

/** Key tag of DNSKEY RDATA (RFC 4034 appendix B); algorithm 1 has a rule of its own (B.1). */
export function keyTag(rdata: Uint8Array): number {
  if (rdata[3] === 1) return rdata.length < 7 ? 0 : (rdata[rdata.length - 3]! << 8) | rdata[rdata.length - 2]!;
  let sum = 0;
  for (let i = 0; i < rdata.length; i++) sum += i & 1 ? rdata[i]! : rdata[i]! << 8;
  return (sum + (sum >>> 16)) & 0xffff;
}

export interface Ds {
  readonly keyTag: number;
  readonly algorithm: number;
  readonly digestType: number;
  readonly digest: Uint8Array;
}

/** Reads DS (or CDS) RDATA; undefined when it is shorter than its fixed part. */
export function parseDs(rdata: Uint8Array): Ds | undefined {
  if (rdata.length < 4) return undefined;
  return {
    keyTag: (rdata[0]! << 8) | rdata[1]!,
    algorithm: rdata[2]!,
    digestType: rdata[3]!,
    digest: rdata.subarray(4),
  };
}

const DIGESTS: ReadonlyMap<number, { hash: string; length: number }> = new Map([
  [1, { hash: "sha1", length: 20 }],
  [2, { hash: "sha256", length: 32 }],
  [4, { hash: "sha384", length: 48 }],
]);

/** Digest types that dsDigest computes: 1 SHA-1, 2 SHA-256, 4 SHA-384. */
export function isDigestSupported(digestType: number): boolean {
  return DIGESTS.has(digestType);
}

/** DS digest of a key at `owner` (wire name, any case); undefined for a digest type that is not supported. */
export function dsDigest(owner: Uint8Array, dnskeyRdata: Uint8Array, digestType: number): Uint8Array | undefined {
  const digest = DIGESTS.get(digestType);
  if (!digest) return undefined;
  return createHash(digest.hash).update(lowerWire(owner)).update(dnskeyRdata).digest();
}

/** Algorithms whose signatures verifyRrset checks. */
export function isAlgorithmSupported(algorithm: number): boolean {
  return [5, 7, 8, 10, 13, 14, 15, 16].includes(algorithm);
}

const MAX_CACHED = 512;
const cache = new Map<string, KeyObject | undefined>();
const imported = new WeakMap<Dnskey, { readonly key: KeyObject | undefined }>();

/**
 * node:crypto's key for a DNSKEY; undefined when the octets are no key of that algorithm, or one beyond the limits:
 * RSA of 512 to 4096 bits (1024 at least for algorithm 10, RFC 5702 §2), exponent of at most 64 bits, so that no key makes
 * a verification slow on purpose.
 */
export function importKey(key: Dnskey): KeyObject | undefined {
  const known = imported.get(key) ?? { key: importByContent(key) };
  imported.set(key, known);
  return known.key;
}

function importByContent(key: Dnskey): KeyObject | undefined {
  const id = `${key.algorithm} ${Buffer.from(key.publicKey.buffer, key.publicKey.byteOffset, key.publicKey.length).toString("latin1")}`;
  if (cache.has(id)) {
    const found = cache.get(id);
    cache.delete(id);
    cache.set(id, found);
    return found;
  }
  let made: KeyObject | undefined;
  try {
    const jwk = toJwk(key.algorithm, key.publicKey);
    made = jwk && createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    made = undefined;
  }
  if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!);
  cache.set(id, made);
  return made;
}

const CURVES: ReadonlyMap<number, { kty: "EC" | "OKP"; crv: string; size: number }> = new Map([
  [13, { kty: "EC", crv: "P-256", size: 64 }],
  [14, { kty: "EC", crv: "P-384", size: 96 }],
  [15, { kty: "OKP", crv: "Ed25519", size: 32 }],
  [16, { kty: "OKP", crv: "Ed448", size: 57 }],
]);

const base64url = (octets: Uint8Array) => Buffer.from(octets).toString("base64url");

function toJwk(algorithm: number, octets: Uint8Array): Record<string, string> | undefined {
  const curve = CURVES.get(algorithm);
  if (!curve) return rsaJwk(algorithm, octets);
  if (octets.length !== curve.size) return undefined;
  if (curve.kty === "OKP") return { kty: curve.kty, crv: curve.crv, x: base64url(octets) };
  const half = curve.size / 2;
  return { kty: "EC", crv: curve.crv, x: base64url(octets.subarray(0, half)), y: base64url(octets.subarray(half)) };
}

/** RFC 3110 §2: length of the exponent in one or three octets, exponent, modulus. */
function rsaJwk(algorithm: number, octets: Uint8Array): Record<string, string> | undefined {
  const long = octets[0] === 0;
  const size = long ? (octets[1]! << 8) | octets[2]! : octets[0]!;
  const start = long ? 3 : 1;
  const exponent = withoutLeadingZeros(octets.subarray(start, start + size));
  const modulus = withoutLeadingZeros(octets.subarray(start + size));
  if (exponent.length === 0 || exponent.length > 8 || modulus.length === 0) return undefined;
  const bits = modulus.length * 8 - Math.clz32(modulus[0]!) + 24;
  if (bits < (algorithm === 10 ? 1024 : 512) || bits > 4096) return undefined;
  return { kty: "RSA", n: base64url(modulus), e: base64url(exponent) };
}

function withoutLeadingZeros(octets: Uint8Array): Uint8Array {
  let at = 0;
  while (at < octets.length && octets[at] === 0) at++;
  return octets.subarray(at);
}
