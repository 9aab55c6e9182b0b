// The province's own certificates in the vault: root, issuing CA, servers' certificates, and the enrolment CA that vouches for
// agents. Each is made once; a server's is made anew when less than a third of its life is left, for the key whose TLSA record has
// stood beside the old one since the last time (RFC 7671 §8.1). The root's key is needed only to make an issuing CA: it may be taken
// out (root-key.ts) and everything else goes on.
import {
  type Issued,
  type Issuer,
  intermediateCa,
  lifeLeft,
  namesOf,
  newServerKey,
  publicKeyDigest,
  selfSignedCa,
  serverCertificate,
} from "./certificates.ts";
import { VaultError } from "./store.ts";
import type { Vault } from "./vault.ts";

const ROOT_DAYS = 3_650;
const ISSUING_DAYS = 1_825;
const SERVER_DAYS = 90;
const RENEW_BELOW = 1 / 3;
export const ROOT = "pki/root";
const ISSUING = "pki/issuing";

/** Names of the vault's entries: `<name>.crt` is public, `<name>.key` is not. */
export interface ServerCertificate {
  /** Leaf first, then the issuing CA: what a server sends. */
  chain: string;
  keySecret: string;
  /** SHA-256 of the public keys that it has and will have next, hex. */
  publicKeys: string[];
}

export interface Pki {
  /** PEM of what vouches for the province's servers. */
  root: string;
  /** PEM of what vouches for agents, and the entry with its key. */
  enrolment: { certificate: string; keySecret: string };
  server(name: string, dnsNames: string[]): Promise<ServerCertificate>;
}

/** Opens the PKI of a province. Throws `root-key-absent` when an issuing CA must be made and the root's key has been taken out. */
export async function openPki(vault: Vault, province: string): Promise<Pki> {
  if (!vault.has(`${ROOT}.crt`)) store(vault, ROOT, await selfSignedCa(`${province} Root CA`, ROOT_DAYS, vault.now, 1));
  if (!issuingIsGood(vault))
    store(vault, ISSUING, await intermediateCa(`${province} Issuing CA`, rootIssuer(vault), ISSUING_DAYS, vault.now));
  if (!present(vault, "pki/enrolment"))
    store(vault, "pki/enrolment", await selfSignedCa(`${province} Agent Enrolment CA`, ROOT_DAYS, vault.now, 0));
  const issuing = issuer(vault, ISSUING);
  return {
    root: vault.read(`${ROOT}.crt`),
    enrolment: { certificate: vault.read("pki/enrolment.crt"), keySecret: "pki/enrolment.key" },
    async server(name, dnsNames) {
      const entry = `pki/${name}`;
      if (!stillGood(vault, entry, dnsNames)) await renew(vault, entry, dnsNames, issuing);
      const next = vault.ensure(`${entry}.next.key`, newServerKey);
      const publicKeys = [vault.read(`${entry}.key`), next].map(publicKeyDigest);
      return { chain: vault.read(`${entry}.crt`) + issuing.certificate, keySecret: `${entry}.key`, publicKeys };
    },
  };
}

/** The next key becomes the one in use, and the one after it is made. */
async function renew(vault: Vault, entry: string, dnsNames: string[], issuing: Issuer): Promise<void> {
  const key = vault.ensure(`${entry}.next.key`, newServerKey);
  store(vault, entry, await serverCertificate(dnsNames, issuing, SERVER_DAYS, vault.now, key));
  vault.write(`${entry}.next.key`, newServerKey());
}

/** An issuing CA near its end is made anew only where the root's key is at hand; while it lasts, daily work needs none. */
function issuingIsGood(vault: Vault): boolean {
  if (!present(vault, ISSUING)) return false;
  const left = lifeLeft(vault.read(`${ISSUING}.crt`), vault.now);
  return left >= RENEW_BELOW || (left > 0 && !vault.has(`${ROOT}.key`));
}

function rootIssuer(vault: Vault): Issuer {
  if (!vault.has(`${ROOT}.key`))
    throw new VaultError(
      "root-key-absent",
      `${ROOT}.key`,
      "an issuing CA must be made: bring the root's key back first",
    );
  return issuer(vault, ROOT);
}

const issuer = (vault: Vault, entry: string): Issuer => ({
  certificate: vault.read(`${entry}.crt`),
  key: vault.read(`${entry}.key`),
});

/** The certificate is written after its key, so that where there is a certificate there is its key. */
function store(vault: Vault, entry: string, issued: Issued): void {
  vault.write(`${entry}.key`, issued.key);
  vault.write(`${entry}.crt`, issued.certificate);
}

const present = (vault: Vault, entry: string): boolean => vault.has(`${entry}.crt`) && vault.has(`${entry}.key`);

function stillGood(vault: Vault, entry: string, dnsNames: string[]): boolean {
  if (!present(vault, entry)) return false;
  const certificate = vault.read(`${entry}.crt`);
  return lifeLeft(certificate, vault.now) >= RENEW_BELOW && namesOf(certificate).join() === dnsNames.join();
}
