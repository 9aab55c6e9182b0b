// TLSA records against a chain as a TLS server served it (RFC 6698 §2.1, RFC 7671 §5). Pure.
import { createHash, type X509Certificate } from "node:crypto";

/** Certificate usages. */
const PKIX_TA = 0;
const PKIX_EE = 1;
const DANE_TA = 2;
const DANE_EE = 3;

export type TlsaMatch = "matches" | "differs" | "unknown";

/**
 * Does one of the records (RDATA) vouch for the chain, the leaf first? `unknown` when only an authority that the server need not
 * send could match, or no record is of a kind that is known.
 */
export function tlsaMatch(records: readonly Uint8Array[], chain: readonly X509Certificate[]): TlsaMatch {
  const [leaf, ...above] = chain;
  if (!leaf) return "unknown";
  let known = false;
  let needsRoot = false;
  for (const rdata of records) {
    const [usage, selector, matching] = rdata;
    const data = rdata.subarray(3);
    if (usage === undefined || usage > DANE_EE || selector === undefined || selector > 1) continue;
    if (matching === undefined || matching > 2) continue;
    const candidates = usage === PKIX_EE || usage === DANE_EE ? [leaf] : above;
    if (candidates.some((certificate) => digest(part(certificate, selector), matching).equals(data))) return "matches";
    // The root that PKIX-TA may name comes from the client's own store.
    if (usage === PKIX_TA) needsRoot = true;
    else known = true;
  }
  return known && !needsRoot ? "differs" : "unknown";
}

export type SmtpTlsaMatch = "matches" | "differs" | "unusable";

/**
 * As a mail server judges them (RFC 7672 §3.1): DANE-TA and DANE-EE only, what names an authority also needs the name of the host
 * in the certificate. `unusable`: no record is of a kind that mail servers use.
 */
export function smtpTlsaMatch(
  records: readonly Uint8Array[],
  chain: readonly X509Certificate[],
  host: string,
): SmtpTlsaMatch {
  const usable = records.filter(([usage, selector, matching]) => {
    return (usage === DANE_TA || usage === DANE_EE) && (selector ?? 2) < 2 && (matching ?? 3) < 3;
  });
  if (usable.length === 0) return "unusable";
  const fits = (rdata: Uint8Array): boolean => {
    const [usage, selector, matching] = rdata as unknown as [number, number, number];
    const isHost = usage === DANE_EE || chain[0]?.checkHost(host) !== undefined;
    const candidates = usage === DANE_EE ? chain.slice(0, 1) : chain.slice(1);
    return isHost && candidates.some((one) => digest(part(one, selector), matching).equals(rdata.subarray(3)));
  };
  return usable.some(fits) ? "matches" : "differs";
}

const part = (certificate: X509Certificate, selector: number): Buffer =>
  selector === 0 ? certificate.raw : certificate.publicKey.export({ type: "spki", format: "der" });

function digest(data: Buffer, matching: number): Buffer {
  if (matching === 0) return data;
  return createHash(matching === 1 ? "sha256" : "sha512")
    .update(data)
    .digest();
}
