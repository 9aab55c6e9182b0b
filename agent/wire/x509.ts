// Judges a chain of certificates as a TLS server served it. Pure: no clock of its own. OpenSSL keeps one verdict out of many
// and a date hides the rest, so that dates, name and trust are each looked at here (RFC 5280 §6.1, RFC 9525).
import type { X509Certificate } from "node:crypto";

/** The certificate of the chain that ends first. */
export function firstToEnd(chain: readonly X509Certificate[]): X509Certificate | undefined {
  return chain.reduce<X509Certificate | undefined>(
    (first, c) => (!first || c.validToDate < first.validToDate ? c : first),
    undefined,
  );
}

/** Part of the lifetime that is left, 1 to 0; negative once over. A lifetime of nothing has nothing left. */
export function fractionLeft(certificate: X509Certificate, nowMs: number): number {
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  return to > from ? (to - nowMs) / (to - from) : 0;
}

/**
 * Does a path lead from the leaf over the certificates served to one of the roots? Names, signatures and the CA flag only:
 * dates are judged apart, further constraints by OpenSSL.
 */
export function leadsTo(roots: readonly X509Certificate[], chain: readonly X509Certificate[]): boolean {
  let current = chain[0];
  const left = new Set(chain.slice(1));
  while (current) {
    const certificate: X509Certificate = current;
    if (roots.some((root) => root.raw.equals(certificate.raw) || issued(root, certificate))) return true;
    current = [...left].find((candidate) => issued(candidate, certificate));
    if (current) left.delete(current);
  }
  return false;
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** OpenSSL's verdicts on dates and names, which are judged here by themselves. */
const JUDGED_APART = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "IP_ADDRESS_MISMATCH",
]);

/** What OpenSSL holds against the chain besides dates and name; undefined for nothing. */
export function objection(verdict: string | undefined): string | undefined {
  return verdict === undefined || JUDGED_APART.has(verdict) ? undefined : verdict;
}

/** "-----BEGIN CERTIFICATE-----" blocks of a text. */
export function pemBlocks(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
}
