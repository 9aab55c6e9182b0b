// DNSSEC keys of algorithm 13 (ECDSA P-256 with SHA-256, RFC 6605) and what follows from them: key tag, DS, trust anchor.
// Computed here, so that a parent's DS and a resolver's anchor are known before any server runs. Touches no disk.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";

const ALGORITHM = 13;
const PROTOCOL = 3;
const DIGEST_SHA256 = 2;
const FLAGS = { ksk: 257, zsk: 256 } as const;
export type KeyRole = keyof typeof FLAGS;

/** A new key as PKCS#8 PEM, the form that `keymgr import-pem` takes. */
export const newZoneKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** RDATA of the DNSKEY record (RFC 4034 §2.1; the key is x and y, RFC 6605 §4). */
export function dnskeyRdata(pem: string, role: KeyRole): Buffer {
  const { x, y } = createPublicKey(createPrivateKey(pem)).export({ format: "jwk" });
  const flags = FLAGS[role];
  const head = Buffer.from([flags >> 8, flags & 255, PROTOCOL, ALGORITHM]);
  return Buffer.concat([head, Buffer.from(x!, "base64url"), Buffer.from(y!, "base64url")]);
}

/** Right side of the DNSKEY record of a key-signing key (RFC 4034 §2.2). */
export const dnskeyText = (kskPem: string): string =>
  `${FLAGS.ksk} ${PROTOCOL} ${ALGORITHM} ${dnskeyRdata(kskPem, "ksk").subarray(4).toString("base64")}`;

/** RFC 4034 appendix B. */
export function keyTag(rdata: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < rdata.length; i++) sum += i & 1 ? rdata[i]! : rdata[i]! << 8;
  sum += (sum >> 16) & 0xffff;
  return sum & 0xffff;
}

/** Right side of the DS record of a zone's KSK: `tag 13 2 digest`. */
export const dsText = (zone: string, kskPem: string): string => dsOf(zone, dnskeyRdata(kskPem, "ksk"));

/** The same from the RDATA of a DNSKEY (RFC 4034 §5.1, digest of RFC 4509). */
export function dsOf(zone: string, rdata: Uint8Array): string {
  const digest = createHash("sha256").update(wireName(zone)).update(rdata).digest("hex").toUpperCase();
  return `${keyTag(rdata)} ${ALGORITHM} ${DIGEST_SHA256} ${digest}`;
}

/** A name of small letters in wire form; "" is the root. */
function wireName(name: string): Buffer {
  const labels = name === "" ? [] : name.split(".");
  return Buffer.concat([
    ...labels.map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)])),
    Buffer.from([0]),
  ]);
}
