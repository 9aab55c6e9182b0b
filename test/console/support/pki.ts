// Keys and certificates for tests, made anew each time: an agents' CA, a server, clients good and bad.
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as unknown as Crypto);
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY = 86_400_000;

export interface Pair {
  cert: string;
  key: string;
}

const generate = () =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
const keyPem = async (key: webcrypto.CryptoKey) =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;

export async function makeCa(name: string): Promise<Pair> {
  const keys = await generate();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 30 * DAY),
    keys,
    signingAlgorithm: ALGORITHM,
    serialNumber: `4${randomBytes(15).toString("hex")}`,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: cert.toString("pem"), key: await keyPem(keys.privateKey) };
}

export interface LeafOptions {
  san?: { type: "url" | "dns" | "ip"; value: string }[];
  usage?: string;
  from?: number;
  until?: number;
}

export const makeLeaf = async (ca: Pair, options: LeafOptions = {}): Promise<Pair> => (await leafMaker(ca))(options);

/** A maker of many leaves of one CA, each with a key of its own. */
export async function leafMaker(ca: Pair): Promise<(options: LeafOptions) => Promise<Pair>> {
  const issuer = new x509.X509Certificate(ca.cert).subject;
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    x509.PemConverter.decodeFirst(ca.key),
    ALGORITHM,
    false,
    ["sign"],
  );
  return async (options) => {
    const keys = await generate();
    const cert = await x509.X509CertificateGenerator.create({
      subject: "CN=leaf",
      issuer,
      notBefore: new Date(options.from ?? Date.now() - DAY),
      notAfter: new Date(options.until ?? Date.now() + DAY),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: ALGORITHM,
      serialNumber: `4${randomBytes(15).toString("hex")}`,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([options.usage ?? x509.ExtendedKeyUsage.clientAuth]),
        ...(options.san ? [new x509.SubjectAlternativeNameExtension(options.san)] : []),
      ],
    });
    return { cert: cert.toString("pem"), key: await keyPem(keys.privateKey) };
  };
}

export const agentLeaf = (ca: Pair, agent: string, options: LeafOptions = {}): Promise<Pair> =>
  makeLeaf(ca, { san: [{ type: "url", value: `urn:vonggac:agent:${agent}` }], ...options });

export const serverLeaf = (ca: Pair, name = "console.test"): Promise<Pair> =>
  makeLeaf(ca, {
    san: [{ type: isIP(name) === 0 ? "dns" : "ip", value: name }],
    usage: x509.ExtendedKeyUsage.serverAuth,
  });

export interface CsrOptions {
  name?: string;
  san?: string;
  /** An existing key, PEM: a request that is sent again. */
  key?: string;
}

/** A PKCS #10 request with a new P-256 key, or with the key given. */
export async function makeCsr(options: CsrOptions = {}): Promise<{ csr: string; key: string }> {
  const key =
    options.key ??
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const keys = {
    privateKey: createPrivateKey(key).toCryptoKey(ALGORITHM, true, ["sign"]),
    publicKey: createPublicKey(key).toCryptoKey(ALGORITHM, true, ["verify"]),
  };
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: options.name === undefined ? "" : `CN=${options.name}`,
    keys: keys as webcrypto.CryptoKeyPair,
    signingAlgorithm: ALGORITHM,
    extensions: options.san ? [new x509.SubjectAlternativeNameExtension([{ type: "url", value: options.san }])] : [],
  });
  return { csr: csr.toString("pem"), key };
}

/** A request whose key is RSA. */
export async function makeRsaCsr(): Promise<string> {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ name: "", keys, signingAlgorithm: algorithm });
  return csr.toString("pem");
}

export { x509 };
