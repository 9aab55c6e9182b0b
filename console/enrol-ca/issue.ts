// Certificate requests in, client certificates out. Nothing in a request is believed but its public key, and that only
// because the request is signed with it (RFC 2986 §4.2): the name comes from the token or from the gateway.
import { createHash, createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
// First: the next module asks for it while it loads.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { messageOf, Problem } from "../problem.ts";
import { BACKDATE_MS } from "../validity.ts";
import { Refused } from "./refusal.ts";

export const SAN_PREFIX = "urn:vonggac:agent:";
export type CaCode = "ca-key-unusable" | "ca-certificate-unusable";

const DAY_MS = 86_400_000;

x509.cryptoProvider.set(webcrypto as unknown as Crypto);

export interface Request {
  publicKey: x509.PublicKey;
  /** SHA-256 of the SPKI, hex. */
  keySha256: string;
  /** Agents that the request asks to be. */
  names: string[];
}

export interface Issuer {
  issue(agent: string, request: Request, now: number): Promise<string>;
}

/** Reads a PKCS #10 request in PEM: its key is of a kind that we sign, and signed it. Throws Refused. */
export async function readRequest(pem: string): Promise<Request> {
  let csr: x509.Pkcs10CertificateRequest;
  try {
    csr = new x509.Pkcs10CertificateRequest(pem);
  } catch (error) {
    throw new Refused("csr-invalid", messageOf(error).slice(0, 200));
  }
  requireKey(csr.publicKey);
  let proven = false;
  try {
    proven = await csr.verify();
  } catch {
    // A signature that cannot even be read is one that does not verify.
  }
  if (!proven) throw new Refused("csr-signature-invalid", "the request is not signed with its own key");
  return {
    publicKey: csr.publicKey,
    keySha256: createHash("sha256").update(Buffer.from(csr.publicKey.rawData)).digest("hex"),
    names: namesOf(csr),
  };
}

function requireKey(key: x509.PublicKey): void {
  const { name, namedCurve } = key.algorithm as { name: string; namedCurve?: string };
  const good = name === "Ed25519" || (name === "ECDSA" && (namedCurve === "P-256" || namedCurve === "P-384"));
  if (!good)
    throw new Refused("csr-key-unsupported", `${name} ${namedCurve ?? ""}: EC P-256, EC P-384 or Ed25519 is expected`);
}

function namesOf(csr: x509.Pkcs10CertificateRequest): string[] {
  const common = csr.subjectName.getField("CN");
  const san = csr.extensions.flatMap((e) => (e instanceof x509.SubjectAlternativeNameExtension ? e.names.items : []));
  return [...common, ...san.map((n) => (n.value.startsWith(SAN_PREFIX) ? n.value.slice(SAN_PREFIX.length) : n.value))];
}

/** Loads the CA. Throws Problem<CaCode>. `days` is the lifetime of what it issues, never past the CA's own. */
export async function loadIssuer(certFile: string, keyFile: string, days: number): Promise<Issuer> {
  const ca = caCertificate(certFile);
  const signingKey = await caKey(keyFile, ca);
  const signingAlgorithm = { name: signingKey.algorithm.name, hash: "SHA-256" };
  return {
    async issue(agent, request, now) {
      const uri = SAN_PREFIX + agent;
      const certificate = await x509.X509CertificateGenerator.create({
        // 127 random bits, positive and never zero (RFC 5280 §4.1.2.2).
        serialNumber: `4${randomBytes(16).toString("hex").slice(1)}`,
        subject: [{ CN: [agent] }],
        issuer: ca.subjectName,
        notBefore: new Date(now - BACKDATE_MS),
        notAfter: new Date(Math.min(now + days * DAY_MS, ca.notAfter.getTime())),
        publicKey: request.publicKey,
        signingKey,
        signingAlgorithm,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
          new x509.SubjectAlternativeNameExtension([{ type: "url", value: uri }]),
          await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
          await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
        ],
      });
      return `${certificate.toString("pem")}\n`;
    },
  };
}

function caCertificate(path: string): x509.X509Certificate {
  const unusable = (detail: string, cause?: unknown) =>
    new Problem<CaCode>("ca-certificate-unusable", path, detail, "Provision again: the vault holds the CA.", cause);
  let ca: x509.X509Certificate;
  try {
    ca = new x509.X509Certificate(readFileSync(path, "utf8"));
  } catch (error) {
    throw unusable(messageOf(error), error);
  }
  if (ca.getExtension(x509.BasicConstraintsExtension)?.ca !== true) throw unusable("it is not the certificate of a CA");
  return ca;
}

async function caKey(path: string, ca: x509.X509Certificate): Promise<webcrypto.CryptoKey> {
  try {
    const key = createPrivateKey(readFileSync(path, "utf8"));
    const pkcs8 = key.export({ type: "pkcs8", format: "der" });
    const algorithm = ca.publicKey.algorithm as webcrypto.Algorithm;
    const signing = await webcrypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
    await requirePair(signing, ca);
    return signing;
  } catch (error) {
    throw new Problem<CaCode>(
      "ca-key-unusable",
      path,
      messageOf(error),
      "Provision again: the vault holds the CA.",
      error,
    );
  }
}

async function requirePair(key: webcrypto.CryptoKey, ca: x509.X509Certificate): Promise<void> {
  const algorithm = { name: key.algorithm.name, hash: "SHA-256" };
  const probe = randomBytes(32);
  const signature = await webcrypto.subtle.sign(algorithm, key, probe);
  const publicKey = await ca.publicKey.export(algorithm.name === "Ed25519" ? algorithm : ca.publicKey.algorithm, [
    "verify",
  ]);
  if (!(await webcrypto.subtle.verify(algorithm, publicKey as unknown as webcrypto.CryptoKey, signature, probe)))
    throw new Error("the key does not belong to the CA's certificate");
}
