// TLSA records of a zone against the certificates that its services show now, on every address: services with TLS from the first
// octet, and the mail exchangers of its domains behind STARTTLS. Pure: sending and connecting are handed in.
import type { X509Certificate } from "node:crypto";
import type { AuditFinding } from "./dns/audit/rule.ts";
import { answerOf, isAuthority, type ZoneSeen } from "./dns/audit/seen.ts";
import { ancestor } from "./dns/name.ts";
import { TYPE } from "./dns/types.ts";
import { smtpTlsaMatch, tlsaMatch } from "./tlsa.ts";

type Connected = { ok: true; chain: X509Certificate[] } | { ok: false; why: string; detail: string };
export type ConnectTls = (to: { address: string; port: number }, name: string) => Promise<Connected>;
export interface TlsDoors {
  readonly connect: ConnectTls;
  /** Behind SMTP's STARTTLS; a detail of `no STARTTLS` says that it is not offered. */
  readonly connectSmtp: ConnectTls;
}

/** Ports on which TLS begins at once. */
const PORTS: readonly number[] = [443, 465, 636, 853, 989, 990, 993, 995, 5061, 8443];
const SMTP = 25;
const MAX_SERVICES = 16;

/** @param addressesOf all addresses of a host name */
export async function tlsaFindings(
  seen: ZoneSeen,
  addressesOf: (name: string) => Promise<readonly string[]>,
  { connect, connectSmtp }: TlsDoors,
): Promise<AuditFinding[]> {
  const found = await Promise.all([direct(seen, addressesOf, connect), exchangers(seen, connectSmtp)]);
  const wrong = [...unprotected(seen), ...found.flat()];
  return [...wrong, ...(wrong.length === 0 ? single(seen) : [])];
}

/**
 * Names with one record only: whenever key or certificate change, there is a time in which nothing matches. A second one, for the
 * key to come or for the authority, bridges it (RFC 7671 §8.1, §8.4). Told where all else is as it should be.
 */
function single(seen: ZoneSeen): AuditFinding[] {
  const mail = (seen.mail ?? []).flatMap(({ hosts }) =>
    hosts.map(({ name, tlsa }) => [`_25._tcp.${name}`, tlsa] as const),
  );
  const all = new Map<string, readonly Uint8Array[]>([...tlsaRecords(seen), ...mail]);
  const rrsets = [...all].filter(([, records]) => records.length === 1).map(([owner]) => owner);
  return rrsets.length === 0 ? [] : [told(seen.plan.zone, "ZONE_TLSA_ONE_RECORD", { rrsets: rrsets.slice(0, 64) })];
}

async function direct(seen: ZoneSeen, addressesOf: (name: string) => Promise<readonly string[]>, connect: ConnectTls) {
  const services = [...tlsaRecords(seen)].slice(0, MAX_SERVICES);
  const all = services.map(async ([owner, records]) => {
    const service = serviceOf(owner);
    if (!service) return [];
    const addresses = await addressesOf(service.host);
    const looked = addresses.map(async (address): Promise<AuditFinding[]> => {
      const shown = await connect({ address, port: service.port }, service.host.replace(/\.$/, ""));
      // Out of reach is told by the check of certificates.
      if (!shown.ok || tlsaMatch(records, shown.chain) !== "differs") return [];
      return [mismatch(owner, address, service, records, shown.chain)];
    });
    return (await Promise.all(looked)).flat();
  });
  return (await Promise.all(all)).flat();
}

function mismatch(
  owner: string,
  address: string,
  { host, port }: { host: string; port: number },
  records: readonly Uint8Array[],
  chain: readonly X509Certificate[],
): AuditFinding {
  const until = chain[0]!.validToDate.toISOString();
  const evidence = { name: host, address, port, count: records.length, until };
  return { subject: `${owner} ${address}`, tag: "ZONE_TLSA_MISMATCH", evidence };
}

/** Each exchanger once, at each of its addresses: what it shows, as the servers that send to it would judge it (RFC 7672 §2.2). */
async function exchangers(seen: ZoneSeen, connect: ConnectTls): Promise<AuditFinding[]> {
  const all = (seen.mail ?? []).flatMap(({ hosts }) => hosts);
  const hosts = all.filter(({ name }, i) => all.findIndex((one) => one.name === name) === i);
  const looked = hosts.slice(0, MAX_SERVICES).map(async ({ name, addresses, tlsa, tlsaSecure }) => {
    if (tlsa.length === 0) return [];
    const owner = `_25._tcp.${name}`;
    if (!tlsaSecure) return [told(owner, "ZONE_TLSA_UNPROTECTED", { name })];
    if (smtpTlsaMatch(tlsa, [], name) === "unusable") return [told(owner, "ZONE_TLSA_UNUSABLE", { name, port: SMTP })];
    const host = name.replace(/\.$/, "");
    const found = addresses.map(async (address): Promise<AuditFinding[]> => {
      const shown = await connect({ address, port: SMTP }, host);
      if (!shown.ok && shown.detail === "no STARTTLS")
        return [told(`${owner} ${address}`, "ZONE_TLSA_NO_STARTTLS", { name, address, port: SMTP })];
      // Out of reach from here is often a rule for port 25, and says nothing of the host.
      if (!shown.ok || smtpTlsaMatch(tlsa, shown.chain, host) === "matches") return [];
      return [mismatch(owner, address, { host: name, port: SMTP }, tlsa, shown.chain)];
    });
    return (await Promise.all(found)).flat();
  });
  return (await Promise.all(looked)).flat();
}

const told = (subject: string, tag: AuditFinding["tag"], evidence: AuditFinding["evidence"]): AuditFinding => ({
  subject,
  tag,
  evidence,
});

/** Without a whole chain to the zone, nobody may use its TLSA records (RFC 6698 §4.1). */
function unprotected(seen: ZoneSeen): AuditFinding[] {
  if (seen.chain.verdict.security !== "insecure") return [];
  const rrsets = [...tlsaRecords(seen).keys()];
  return rrsets.length === 0 ? [] : [told(seen.plan.zone, "ZONE_TLSA_UNPROTECTED", { rrsets: rrsets.slice(0, 64) })];
}

function tlsaRecords(seen: ZoneSeen): Map<string, readonly Uint8Array[]> {
  const found = new Map<string, readonly Uint8Array[]>();
  for (const server of seen.servers.filter(isAuthority)) {
    for (const { asked, reply } of server.names) {
      const records = asked.type === TYPE.TLSA ? answerOf(reply, asked.name, TYPE.TLSA) : [];
      if (records.length > 0 && !found.has(asked.name))
        found.set(
          asked.name,
          records.map(({ rdata }) => rdata),
        );
    }
  }
  return found;
}

/** `_443._tcp.www.example.` → port and host; undefined for what is not spoken here. */
function serviceOf(owner: string): { port: number; host: string } | undefined {
  const port = Number(/^_(\d{1,5})\._tcp\./.exec(owner)?.[1] ?? Number.NaN);
  return PORTS.includes(port) ? { port, host: ancestor(owner, 2) } : undefined;
}
