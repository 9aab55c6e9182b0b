// TLSA records of a zone against the certificates that its services show now, on every address. Pure: sending and connecting are
// handed in. Services with TLS from the first octet only; SMTP's STARTTLS is not spoken here.
import type { X509Certificate } from "node:crypto";
import type { AuditFinding } from "./dns/audit/rule.ts";
import { answerOf, isAuthority, type ZoneSeen } from "./dns/audit/seen.ts";
import { ancestor } from "./dns/name.ts";
import { TYPE } from "./dns/types.ts";
import { tlsaMatch } from "./tlsa.ts";

type Connected = { ok: true; chain: X509Certificate[] } | { ok: false };
export type ConnectTls = (to: { address: string; port: number }, name: string) => Promise<Connected>;

/** Ports on which TLS begins at once. */
const PORTS: readonly number[] = [443, 465, 636, 853, 989, 990, 993, 995, 5061, 8443];
const MAX_SERVICES = 16;

/** @param addressesOf all addresses of a host name */
export async function tlsaFindings(
  seen: ZoneSeen,
  addressesOf: (name: string) => Promise<readonly string[]>,
  connect: ConnectTls,
): Promise<AuditFinding[]> {
  const services = [...tlsaRecords(seen)].slice(0, MAX_SERVICES);
  const all = services.map(async ([owner, records]) => {
    const service = serviceOf(owner);
    if (!service) return [];
    const addresses = await addressesOf(service.host);
    const looked = addresses.map(async (address): Promise<AuditFinding[]> => {
      const shown = await connect({ address, port: service.port }, service.host.replace(/\.$/, ""));
      // Out of reach is told by the check of certificates.
      if (!shown.ok || tlsaMatch(records, shown.chain) !== "differs") return [];
      const until = shown.chain[0]!.validToDate.toISOString();
      const evidence = { name: service.host, address, port: service.port, count: records.length, until };
      return [{ subject: `${owner} ${address}`, tag: "ZONE_TLSA_MISMATCH", evidence }];
    });
    return (await Promise.all(looked)).flat();
  });
  return (await Promise.all(all)).flat();
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
