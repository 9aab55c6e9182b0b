// X.509 as the vault issues it: a root, an issuing CA below it, server certificates below that, and the enrolment CA, which
// is a root of its own. EC P-256 with SHA-256 throughout. Takes and gives PEM; touches no disk.
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, webcrypto } from "node:crypto";
// First, since the next module asks for it while it loads.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as Crypto);

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
/** A certificate begins a little before its time: the clocks of a province are not one. */
const BACKDATE_MS = 3_600_000;

export interface Issued {
  certificate: string;
  key: string;
}
export interface Issuer {
  certificate: string;
  key: string;
}

/** A new self-signed CA certificate and its key. */
export async function selfSignedCa(name: string, days: number, now: number, pathLength: number): Promise<Issued> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `O=Vong Gac, CN=${name}`,
    ...lifetime(days, now),
    keys: keys as webcrypto.CryptoKeyPair,
    signingAlgorithm: ALGORITHM,
    serialNumber: serial(),
    extensions: await caExtensions(keys.publicKey as CryptoKey, pathLength),
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await keyPem(keys.privateKey as CryptoKey) };
}

/** A CA below another. */
export async function intermediateCa(name: string, issuer: Issuer, days: number, now: number): Promise<Issued> {
  return issue(name, issuer, days, now, async (key, parent) => [
    ...(await caExtensions(key, 0)),
    await x509.AuthorityKeyIdentifierExtension.create(parent.publicKey),
  ]);
}

/** A TLS server's certificate for DNS names, and a key that may have been made before, alone: the caller appends the chain. */
export async function serverCertificate(
  names: readonly string[],
  issuer: Issuer,
  days: number,
  now: number,
  key = newServerKey(),
): Promise<Issued> {
  const extensions: Extensions = async (key, parent) => [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value }))),
    await x509.SubjectKeyIdentifierExtension.create(key),
    await x509.AuthorityKeyIdentifierExtension.create(parent.publicKey),
  ];
  return issue(names[0]!, issuer, days, now, extensions, key);
}

/** A new private key as PKCS#8 PEM. */
export const newServerKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: ALGORITHM.namedCurve })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();

/** What a TLSA record of selector 1 and matching type 1 holds of a key (RFC 6698 §2.1): SHA-256 of its public half, hex. */
export const publicKeyDigest = (key: string): string =>
  createHash("sha256")
    .update(createPublicKey(key).export({ type: "spki", format: "der" }))
    .digest("hex");

/** Part of its life that a certificate has left, 1 when it begins and below 0 when it is over. */
export function lifeLeft(certificate: string, now: number): number {
  const { notBefore, notAfter } = new x509.X509Certificate(certificate);
  return (notAfter.getTime() - now) / (notAfter.getTime() - notBefore.getTime());
}

/** The DNS names that a certificate holds, in its order. */
export const namesOf = (certificate: string): string[] =>
  (new x509.X509Certificate(certificate).getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [])
    .filter((n) => n.type === "dns")
    .map((n) => n.value);

type Extensions = (key: CryptoKey, issuer: x509.X509Certificate) => Promise<x509.Extension[]>;

async function issue(
  name: string,
  issuer: Issuer,
  days: number,
  now: number,
  extensions: Extensions,
  key = newServerKey(),
): Promise<Issued> {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const publicKey = (await webcrypto.subtle.importKey("spki", spki, ALGORITHM, true, ["verify"])) as CryptoKey;
  const parent = new x509.X509Certificate(issuer.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `O=Vong Gac, CN=${name}`,
    issuer: parent.subject,
    ...lifetime(days, now),
    publicKey,
    signingKey: await importKey(issuer.key),
    signingAlgorithm: ALGORITHM,
    serialNumber: serial(),
    extensions: await extensions(publicKey, parent),
  });
  return { certificate: `${certificate.toString("pem")}\n`, key };
}

const lifetime = (days: number, now: number) => ({
  notBefore: new Date(now - BACKDATE_MS),
  notAfter: new Date(now + days * DAY_MS),
});

/** RFC 5280 §4.1.2.2: positive, at most 20 octets; 127 bits of chance. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}

const caExtensions = async (key: CryptoKey, pathLength: number): Promise<x509.Extension[]> => [
  new x509.BasicConstraintsExtension(true, pathLength, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  await x509.SubjectKeyIdentifierExtension.create(key),
];

const keyPem = async (key: CryptoKey): Promise<string> =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;

const importKey = async (pem: string): Promise<CryptoKey> =>
  (await webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), ALGORITHM, false, [
    "sign",
  ])) as CryptoKey;
