/**
 * Keys that BIND's dnssec-keygen and Knot's keymgr left on disk, as Node can use them: so that a fault can be signed for with
 * the zone's own keys. Reads files; nothing else.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { keyTag, type ResourceRecord, TYPE } from "../../../../agent/wire/dns/index.ts";
import { parseRecords } from "../../../../agent/wire/dns/text/record.ts";

export interface SigningKey {
  readonly dnskey: ResourceRecord;
  readonly privateKey: KeyObject;
  readonly tag: number;
  readonly algorithm: number;
  /** SEP (RFC 4034 §2.1.1): the key that DS points to. */
  readonly sep: boolean;
}

export function signingKey(dnskey: ResourceRecord, privateKey: KeyObject): SigningKey {
  const { rdata } = dnskey;
  return { dnskey, privateKey, tag: keyTag(rdata), algorithm: rdata[3]!, sep: (rdata[1]! & 1) !== 0 };
}

/** The key pairs `K<zone>+alg+tag.{key,private}` of a folder. */
export function readBindKeys(folder: string): SigningKey[] {
  const files = readdirSync(folder).filter((name) => name.startsWith("K") && name.endsWith(".key"));
  return files.map((name) => {
    const [dnskey] = parseRecords(readFileSync(join(folder, name), "latin1"));
    const fields = readFileSync(join(folder, name.replace(/\.key$/, ".private")), "latin1");
    return signingKey(dnskey!, fromBindFields(dnskey!.rdata, fields));
  });
}

/** Knot's PEM files in `kasp/keys`, each matched with the DNSKEY among `dnskeys` that holds its public half. */
export function readKnotKeys(folder: string, dnskeys: readonly ResourceRecord[]): SigningKey[] {
  return readdirSync(folder).map((name) => {
    const privateKey = createPrivateKey(readFileSync(join(folder, name)));
    const octets = publicOctets(privateKey);
    const dnskey = dnskeys.find(({ rdata }) => Buffer.compare(rdata.subarray(4), octets) === 0);
    if (!dnskey) throw new Error(`no DNSKEY in the zone for the key file ${name}`);
    return signingKey(dnskey, privateKey);
  });
}

const base64url = (octets: Uint8Array) => Buffer.from(octets).toString("base64url");

function fromBindFields(rdata: Uint8Array, text: string): KeyObject {
  const field = (name: string) => {
    const value = new RegExp(`^${name}: (\\S+)`, "m").exec(text)?.[1];
    if (value === undefined) throw new Error(`no ${name} in a private key file`);
    return base64url(Buffer.from(value, "base64"));
  };
  const algorithm = rdata[3]!;
  const point = rdata.subarray(4);
  const half = point.length / 2;
  const ec = (crv: string) => ({
    kty: "EC",
    crv,
    x: base64url(point.subarray(0, half)),
    y: base64url(point.subarray(half)),
  });
  const jwk = () => {
    if (algorithm === 13) return { ...ec("P-256"), d: field("PrivateKey") };
    if (algorithm === 14) return { ...ec("P-384"), d: field("PrivateKey") };
    if (algorithm === 15) return { kty: "OKP", crv: "Ed25519", x: base64url(point), d: field("PrivateKey") };
    if (algorithm === 16) return { kty: "OKP", crv: "Ed448", x: base64url(point), d: field("PrivateKey") };
    const primes = { p: field("Prime1"), q: field("Prime2"), dp: field("Exponent1"), dq: field("Exponent2") };
    const rsa = { n: field("Modulus"), e: field("PublicExponent"), d: field("PrivateExponent") };
    return { kty: "RSA", ...rsa, ...primes, qi: field("Coefficient") };
  };
  return createPrivateKey({ key: jwk(), format: "jwk" });
}

/** Public key as DNSKEY RDATA holds it behind its four fixed octets (RFC 3110 §2, RFC 6605 §4, RFC 8080 §3). */
export function publicOctets(privateKey: KeyObject): Uint8Array {
  const jwk = createPublicKey(privateKey).export({ format: "jwk" });
  const octets = (value: unknown) => Buffer.from(String(value), "base64url");
  if (jwk.kty === "EC") return Buffer.concat([octets(jwk.x), octets(jwk.y)]);
  if (jwk.kty === "OKP") return octets(jwk.x);
  const exponent = octets(jwk.e);
  return Buffer.concat([Buffer.from([exponent.length]), exponent, octets(jwk.n)]);
}

/** A DNSKEY record for a public key. */
export function dnskeyRecord(
  zone: Pick<ResourceRecord, "name" | "owner">,
  { flags, algorithm, protocol = 3, ttl = 300 }: { flags: number; algorithm: number; protocol?: number; ttl?: number },
  octets: Uint8Array,
): ResourceRecord {
  const rdata = Uint8Array.from([flags >> 8, flags & 0xff, protocol, algorithm, ...octets]);
  return { name: zone.name, owner: zone.owner, type: TYPE.DNSKEY, class: 1, ttl, rdata };
}
