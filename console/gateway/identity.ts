// Who is at the other end of a TLS connection: the agent that its client certificate names, or the name of what is wrong.
import type { TLSSocket } from "node:tls";
import { BACKDATE_MS } from "../validity.ts";

export type IdentityCode =
  | "client-certificate-required"
  | "client-certificate-expired"
  | "client-certificate-untrusted"
  | "client-certificate-unnamed"
  | "client-certificate-revoked";
export type Identity =
  | { ok: true; agent: string; expiresAt: number; issuedAt: number }
  | { ok: false; code: IdentityCode; detail: string };

const SAN = /^URI:urn:vonggac:agent:([a-z0-9](?:[a-z0-9-]{0,158}[a-z0-9])?)$/;

/**
 * Reads the identity of a connection. The chain was verified by TLS against the client roots, with the purpose of a
 * client (RFC 5280 §4.2.1.12); here its time is looked at again, because a connection or a resumed session may outlive it.
 */
export function identityOf(socket: TLSSocket, now: number, revokedAt: (agent: string) => number | undefined): Identity {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return no("client-certificate-required", "no client certificate was sent");
  const expiresAt = Date.parse(certificate.validTo);
  if (!(now < expiresAt)) return no("client-certificate-expired", `it ended ${certificate.validTo}`);
  if (!socket.authorized) {
    const reason = String(socket.authorizationError ?? "it was not verified");
    return no(reason.includes("EXPIRED") ? "client-certificate-expired" : "client-certificate-untrusted", reason);
  }
  const agent = agentOf(certificate.subjectAltName);
  if (agent === undefined)
    return no("client-certificate-unnamed", "its subject alternative names have no single urn:vonggac:agent:<id>");
  const issuedAt = Date.parse(certificate.validFrom) + BACKDATE_MS;
  const revoked = revokedAt(agent);
  if (revoked !== undefined && issuedAt <= revoked)
    return no("client-certificate-revoked", `${agent} was revoked ${new Date(revoked).toISOString()}`);
  return { ok: true, agent, expiresAt, issuedAt };
}

/**
 * The one agent that a subjectAltName names, as Node prints it. Node quotes a value that could be taken for several;
 * such a text is refused whole, since no name of ours needs quoting.
 */
export function agentOf(subjectAltName: string | undefined): string | undefined {
  if (subjectAltName === undefined || subjectAltName.includes('"')) return undefined;
  const agents = subjectAltName
    .split(", ")
    .map((entry) => SAN.exec(entry)?.[1])
    .filter((a) => a !== undefined);
  return agents.length === 1 ? agents[0] : undefined;
}

const no = (code: IdentityCode, detail: string) => ({ ok: false, code, detail }) as const;
