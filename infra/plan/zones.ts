// Which zone stands on which servers, and what it holds: the private root down to the province's own zone. Pure.
import type { Intent, ServerTask } from "../province/schema.ts";
import type { DnsRecord, Dual, NameServer, PlannedHost, PlannedZone } from "./types.ts";

export const serviceNames = (domain: string) => ({
  portal: `portal.${domain}`,
  console: `console.${domain}`,
  bogus: `bogus.${domain}`,
  /** A zone whose servers have IPv6 addresses only: what a resolver without IPv6 cannot reach. */
  v6only: `v6only.${domain}`,
  /** In no zone: each resolver of the province answers it by itself, with its own name. */
  resolverId: `resolver-id.${domain}`,
});

/** Host that runs a task; validation has made sure that there is one. */
export const serverOf = (hosts: readonly PlannedHost[], task: ServerTask): PlannedHost =>
  hosts.find((h) => h.server?.task === task)!;

/** The root first. Every name has an address in both families. */
export function planZones(p: Intent, hosts: readonly PlannedHost[]): PlannedZone[] {
  const { domain } = p.province;
  const outer = hosts.find((h) => h.role === "internet")!;
  const own = nameServers(domain, hosts);
  const names = serviceNames(domain);
  const own6 = own.map((s, i): NameServer => ({ ...s, name: `ns${i + 1}.${names.v6only}`, ipv6Only: true }));
  // camau.gov.vn → ["vn", "gov.vn"]: every zone between the root and the province's own.
  const labels = domain.split(".");
  const above = labels.slice(1).map((_, i) => labels.slice(labels.length - 1 - i).join("."));
  const chain = ["", ...above];
  const upper = chain.map((name, i): PlannedZone => {
    const servers = [outerServer(name, outer)];
    const child = chain[i + 1];
    const below =
      child === undefined ? { name: domain, servers: own } : { name: child, servers: [outerServer(child, outer)] };
    return { name, servers, records: serverRecords(servers), children: [{ ...below, broken: false }] };
  });
  const bogus: PlannedZone = {
    name: names.bogus,
    servers: own,
    records: addresses(names.bogus, serverOf(hosts, "portal").server!.address),
    children: [],
  };
  const province: PlannedZone = {
    name: domain,
    servers: own,
    records: provinceRecords(p, hosts, own),
    children: [
      { name: names.bogus, servers: own, broken: true },
      { name: names.v6only, servers: own6, broken: false },
    ],
  };
  const v6only: PlannedZone = {
    name: names.v6only,
    servers: own6,
    records: [...addresses(names.v6only, serverOf(hosts, "portal").server!.address), ...serverRecords(own6)],
    children: [],
  };
  return [...upper, province, bogus, v6only];
}

/** ns1 is the primary, ns2 and on are the secondaries in the order of the file. */
function nameServers(domain: string, hosts: readonly PlannedHost[]): NameServer[] {
  const secondaries = hosts.filter((h) => h.server?.task === "secondary-dns");
  return [serverOf(hosts, "primary-dns"), ...secondaries].map((h, i) => ({
    host: h.id,
    name: `ns${i + 1}.${domain}`,
    address: h.server!.address,
  }));
}

const outerServer = (zone: string, outer: PlannedHost): NameServer => ({
  host: outer.id,
  name: zone === "" ? "a.root" : `ns.${zone}`,
  address: outer.anycast[0]!,
});

const addresses = (name: string, address: Dual): DnsRecord[] => [
  { name, type: "A", data: address.v4 },
  { name, type: "AAAA", data: address.v6 },
];

const serverRecords = (servers: NameServer[]) =>
  servers.flatMap((s) => addresses(s.name, s.address).filter(({ type }) => type === "AAAA" || !s.ipv6Only));

/** Official portals have names below the province's and both families (Decree 224/2026/NĐ-CP art. 11.4). */
function provinceRecords(p: Intent, hosts: readonly PlannedHost[], servers: NameServer[]): DnsRecord[] {
  const { domain } = p.province;
  const portal = serverOf(hosts, "portal").server!.address;
  const names = serviceNames(domain);
  return [
    ...serverRecords(servers),
    ...addresses(domain, portal),
    ...addresses(names.portal, portal),
    ...addresses(names.console, serverOf(hosts, "console").server!.address),
    ...(p.services ?? []).flatMap((s) =>
      addresses(`${s.id}.${domain}`, hosts.find((h) => h.id === s.on)!.server!.address),
    ),
    ...p.agencies.flatMap((agency) => addresses(`${agency.id}.${domain}`, portal)),
    // RFC 8659: nobody but the province's own authority may issue for these names.
    { name: domain, type: "CAA", data: `0 issue "ca.${domain}"` },
  ];
}
