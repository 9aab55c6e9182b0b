// The agent's key and certificate on disk. The key is made here and never leaves; one file holds both, so that a crash can
// never leave a key beside another's certificate.
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AgentError } from "./errors.ts";
import { writeFileDurably } from "./files.ts";

export interface Identity {
  /** PEM. */
  key: string;
  /** PEM, the agent's own first. */
  certificate: string;
  /** Milliseconds since 1970. */
  from: number;
  until: number;
}

const OWNER_ONLY = 0o600;

/**
 * What the state folder holds; undefined before enrolment.
 * @throws AgentError identity-unusable
 */
export function readIdentity(stateDir: string): Identity | undefined {
  const path = join(stateDir, "identity.pem");
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, "utf8");
  const key = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----/.exec(text)?.[0];
  if (!key) throw new AgentError("identity-unusable", `${path}: no private key`);
  return identityOf(key, text.replace(key, ""), path);
}

/** SHA-256 of the key's public half (SPKI), hex: by it a person who lets the agent in knows the host. */
export const fingerprintOf = (key: string): string =>
  hash("sha256", createPublicKey(key).export({ type: "spki", format: "der" }));

/** Checks that certificate and key belong together. */
export function identityOf(key: string, certificate: string, where: string): Identity {
  try {
    const own = new X509Certificate(certificate);
    if (!own.checkPrivateKey(createPrivateKey(key))) throw new Error("the certificate is for another key");
    return {
      key: key.trim(),
      certificate: certificate.trim(),
      from: own.validFromDate.getTime(),
      until: own.validToDate.getTime(),
    };
  } catch (error) {
    throw new AgentError("identity-unusable", `${where}: ${(error as Error).message}`, error);
  }
}

/** Keeps it, and forgets the key that waited for its certificate. */
export function keepIdentity(stateDir: string, { key, certificate }: Identity): void {
  writeFileDurably(join(stateDir, "identity.pem"), `${key}\n${certificate}\n`, OWNER_ONLY);
  rmSync(pendingPath(stateDir), { force: true });
}

/** The key (EC P-256, PKCS #8 PEM) that waits for a certificate: kept, so that a second try asks for the same key. */
export function pendingKey(stateDir: string): string {
  const path = pendingPath(stateDir);
  if (existsSync(path)) return readFileSync(path, "utf8");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  writeFileDurably(path, pem, OWNER_ONLY);
  return pem;
}

const pendingPath = (stateDir: string) => join(stateDir, "pending-key.pem");
