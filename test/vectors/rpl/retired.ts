/**
 * Test-only: signatures by algorithms that the product treats as unsupported (RFC 8624 §3.1) and old vectors still carry:
 * RSA/MD5 (RFC 2537), DSA and DSA-NSEC3-SHA1 (RFC 2536, RFC 5155). GOST (RFC 5933) is not done.
 */
import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Dnskey } from "../../../agent/wire/dns/index.ts";

const DSA = [3, 6];
const RSAMD5 = 1;

export function supportsRetired(algorithm: number): boolean {
  return algorithm === RSAMD5 || DSA.includes(algorithm);
}

/** Verifies a signature by a retired algorithm; undefined when the algorithm is none of those above. */
export function verifyRetired(
  algorithm: number,
  key: Dnskey,
  signature: Uint8Array,
  data: Uint8Array,
): boolean | undefined {
  try {
    if (algorithm === RSAMD5) {
      return verify("md5", data, { key: rsaKey(key.publicKey), padding: constants.RSA_PKCS1_PADDING }, signature);
    }
    if (DSA.includes(algorithm)) return verifyDsa(key, signature, data);
  } catch {
    return false;
  }
  return undefined;
}

/** RFC 2536 §3: T, then R and S of 20 octets each; old signers wrote the DER SEQUENCE of R and S instead. */
function verifyDsa(key: Dnskey, signature: Uint8Array, data: Uint8Array): boolean {
  const imported = dsaKey(key.publicKey);
  if (signature.length === 41) {
    return verify("sha1", data, { key: imported, dsaEncoding: "ieee-p1363" }, signature.subarray(1));
  }
  return verify("sha1", data, { key: imported, dsaEncoding: "der" }, signature);
}

function rsaKey(octets: Uint8Array): KeyObject {
  const long = octets[0] === 0;
  const size = long ? (octets[1]! << 8) | octets[2]! : octets[0]!;
  const start = long ? 3 : 1;
  const text = (part: Uint8Array) => Buffer.from(part).toString("base64url");
  const jwk = { kty: "RSA", e: text(octets.subarray(start, start + size)), n: text(octets.subarray(start + size)) };
  return createPublicKey({ key: jwk, format: "jwk" });
}

/** RFC 2536 §2: T, Q (20 octets), P, G, Y (64 + 8T octets each); node:crypto takes it as SubjectPublicKeyInfo. */
function dsaKey(octets: Uint8Array): KeyObject {
  const size = 64 + octets[0]! * 8;
  const q = octets.subarray(1, 21);
  const [p, g, y] = [0, 1, 2].map((i) => octets.subarray(21 + i * size, 21 + (i + 1) * size)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const parameters = der(0x30, integer(p), integer(q), integer(g));
  const oid = Uint8Array.from([0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01]);
  const spki = der(0x30, der(0x30, oid, parameters), der(0x03, Uint8Array.of(0), integer(y)));
  return createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
}

function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...length), body]);
}

function integer(value: Uint8Array): Uint8Array {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start++;
  const trimmed = value.subarray(start);
  return der(0x02, trimmed[0]! & 0x80 ? Buffer.concat([Uint8Array.of(0), trimmed]) : trimmed);
}
