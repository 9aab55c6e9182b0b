// The province's own certificates in the vault: root, issuing CA, servers' certificates, and the enrolment CA that vouches for
// agents. Each is made once; a server's is made anew when less than a third of its life is left.
import {
  type Issued,
  type Issuer,
  intermediateCa,
  lifeLeft,
  namesOf,
  selfSignedCa,
  serverCertificate,
} from "./certificates.ts";
import type { Vault } from "./vault.ts";

const ROOT_DAYS = 3_650;
const ISSUING_DAYS = 1_825;
const SERVER_DAYS = 90;
const RENEW_BELOW = 1 / 3;

/** Names of the vault's entries: `<name>.crt` is public, `<name>.key` is not. */
interface ServerCertificate {
  /** Leaf first, then the issuing CA: what a server sends. */
  chain: string;
  keySecret: string;
}

export interface Pki {
  /** PEM of what vouches for the province's servers. */
  root: string;
  /** PEM of what vouches for agents, and the entry with its key. */
  enrolment: { certificate: string; keySecret: string };
  server(name: string, dnsNames: string[]): Promise<ServerCertificate>;
}

/** Opens the PKI of a province. */
export async function openPki(vault: Vault, province: string): Promise<Pki> {
  const root = await ca(vault, "pki/root", () => selfSignedCa(`${province} Root CA`, ROOT_DAYS, vault.now, 1));
  const issuing = await ca(vault, "pki/issuing", () =>
    intermediateCa(`${province} Issuing CA`, root, ISSUING_DAYS, vault.now),
  );
  const enrolment = await ca(vault, "pki/enrolment", () =>
    selfSignedCa(`${province} Agent Enrolment CA`, ROOT_DAYS, vault.now, 0),
  );
  return {
    root: root.certificate,
    enrolment: { certificate: enrolment.certificate, keySecret: "pki/enrolment.key" },
    async server(name, dnsNames) {
      const entry = `pki/${name}`;
      if (!stillGood(vault, entry, dnsNames))
        store(vault, entry, await serverCertificate(dnsNames, issuing, SERVER_DAYS, vault.now));
      return { chain: vault.read(`${entry}.crt`) + issuing.certificate, keySecret: `${entry}.key` };
    },
  };
}

async function ca(vault: Vault, entry: string, make: () => Promise<Issued>): Promise<Issuer> {
  if (!present(vault, entry)) store(vault, entry, await make());
  return { certificate: vault.read(`${entry}.crt`), key: vault.read(`${entry}.key`) };
}

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
