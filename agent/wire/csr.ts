// Writes a certificate request (PKCS #10, RFC 2986) for one EC key and one URI: sixty octets of fixed shape round what
// node:crypto gives, so that no library of certificates has to live in an agent. Pure.
import { createPublicKey, type KeyObject, sign } from "node:crypto";

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OID = 0x06;
const UTF8_STRING = 0x0c;
/** [0] constructed: the attributes of a request. */
const ATTRIBUTES = 0xa0;
/** [6] primitive within GeneralName: uniformResourceIdentifier (RFC 5280 §4.2.1.6). */
const URI = 0x86;

const COMMON_NAME = Buffer.from("550403", "hex"); // 2.5.4.3
const SUBJECT_ALT_NAME = Buffer.from("551d11", "hex"); // 2.5.29.17
const EXTENSION_REQUEST = Buffer.from("2a864886f70d01090e", "hex"); // 1.2.840.113549.1.9.14, RFC 2985 §5.4.2
const ECDSA_WITH_SHA256 = Buffer.from("2a8648ce3d040302", "hex"); // 1.2.840.10045.4.3.2, RFC 5758 §3.2

/** One value in DER: tag, definite length, content (X.690 §8.1, §10.1). */
function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

/**
 * @param key EC P-256, private
 * @param commonName at most 64 characters go in (RFC 5280 appendix A, ub-common-name); the URI is what counts
 * @returns PEM, signed with the key (ECDSA with SHA-256)
 */
export function certificateRequest(key: KeyObject, commonName: string, uri: string): string {
  const name = der(UTF8_STRING, Buffer.from(commonName.slice(0, 64), "utf8"));
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, der(OID, COMMON_NAME), name)));
  const names = der(SEQUENCE, der(URI, Buffer.from(uri, "ascii")));
  const extensions = der(SEQUENCE, der(SEQUENCE, der(OID, SUBJECT_ALT_NAME), der(OCTET_STRING, names)));
  const attributes = der(ATTRIBUTES, der(SEQUENCE, der(OID, EXTENSION_REQUEST), der(SET, extensions)));
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const info = der(SEQUENCE, der(INTEGER, Buffer.of(0)), subject, publicKey, attributes);
  const signature = Buffer.concat([Buffer.of(0), sign("sha256", info, key)]);
  const request = der(SEQUENCE, info, der(SEQUENCE, der(OID, ECDSA_WITH_SHA256)), der(BIT_STRING, signature));
  const lines = request.toString("base64").match(/.{1,64}/g)!;
  return ["-----BEGIN CERTIFICATE REQUEST-----", ...lines, "-----END CERTIFICATE REQUEST-----", ""].join("\n");
}
