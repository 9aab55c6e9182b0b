// Which zone stands on which servers, and what it holds: the private root down to the province's own zone, the reverse zones of the
// province's prefixes, and the inner zone that nobody outside sees. Pure.
import type { Intent, ServerTask } from "../province/schema.ts";
import type { Allocation } from "./allocate.ts";
import { isReversedIn, reverseName, reverseZones } from "./reverse.ts";
import type { DnsRecord, Dual, NameServer, PlannedHost, PlannedService, PlannedZone } from "./types.ts";

export const serviceNames = (domain: string) => ({
  portal: `portal.${domain}`,
  console: `console.${domain}`,
  bogus: `bogus.${domain}`,
  /** A zone whose servers have IPv6 addresses only: what a resolver without IPv6 cannot reach. */
  v6only: `v6only.${domain}`,
  /** In no zone: each resolver of the province answers it by itself, with its own name. */
  resolverId: `resolver-id.${domain}`,
});

/** The zone of the names of routers, servers and sites. It is delegated from nowhere: the resolvers know it and its key. */
export const innerDomain = (domain: string): string => `int.${domain}`;

/** Host that runs a task; validation has made sure that there is one. */
export const serverOf = (hosts: readonly PlannedHost[], task: ServerTask): PlannedHost =>
  hosts.find((h) => h.server?.task === task)!;

/** What the file lists as services. A name that an agency or a service of ours has already is not theirs. */
export const planServices = (p: Intent, hosts: readonly PlannedHost[]): PlannedService[] =>
  (p.services ?? []).map(({ id, name, kind, on }) => {
    const task = hosts.find((h) => h.id === on)?.server?.task;
    const tls =
      task === "portal" && kind !== "time" ? "https" : task === "mail" && kind === "mail" ? "smtp" : undefined;
    return { id, name, kind, host: on, fqdn: `${id}.${p.province.domain}`, ...(tls && { tls }) };
  });

const TLS_PORTS = { https: 443, smtp: 25 } as const;
/** Where a service's TLS is found. */
export const tlsPort = ({ tls = "https" }: Pick<PlannedService, "tls">): number => TLS_PORTS[tls];

/** The root first. Every name has an address in both families. */
export function planZones(p: Intent, hosts: readonly PlannedHost[], a: Allocation): PlannedZone[] {
  const { domain } = p.province;
  const outer = hosts.find((h) => h.role === "internet")!;
  const own = nameServers(domain, hosts);
  const names = serviceNames(domain);
  const portal = serverOf(hosts, "portal").server!.address;
  const own6 = own.servers.map((s, i): NameServer => ({ ...s, name: `ns${i + 1}.${names.v6only}`, ipv6Only: true }));
  const common: Omit<PlannedZone, "name" | "records"> = {
    ...own,
    children: [],
    inner: false,
    denial: p.province.denial ?? "nsec3",
  };
  const reverse = [a.aggregate.v6, a.aggregate.v4].flatMap((prefix) =>
    reverseZones(prefix).map(
      (name): PlannedZone => ({
        ...common,
        name,
        denial: "nsec",
        records: pointers(name, publicNames(p, hosts, own.servers)),
      }),
    ),
  );
  const inner: PlannedZone[] = [
    { ...common, name: innerDomain(domain), inner: true, records: innerRecords(domain, hosts) },
    ...reverseZones(a.private4).map(
      (name): PlannedZone => ({
        ...common,
        name,
        inner: true,
        denial: "nsec",
        records: pointers(name, innerNames(domain, hosts)),
      }),
    ),
  ];
  // A name whose DS fits no key of its zone: by it a resolver that does not validate is known.
  const bogus: PlannedZone = {
    ...common,
    name: names.bogus,
    records: addresses(names.bogus, portal),
  };
  const province: PlannedZone = {
    ...common,
    name: domain,
    records: provinceRecords(p, hosts, own.servers),
    children: [
      { name: names.bogus, servers: own.servers, broken: true },
      { name: names.v6only, servers: own6, broken: false },
    ],
    tlsa: [
      { name: `_443._tcp.${names.portal}`, certificate: "portal" },
      { name: `_443._tcp.${domain}`, certificate: "portal" },
      { name: `_8443._tcp.${names.console}`, certificate: "console" },
      ...planServices(p, hosts)
        .filter((s) => s.tls)
        .map((s) => ({ name: `_${tlsPort(s)}._tcp.${s.fqdn}`, certificate: s.id })),
    ],
  };
  const v6only: PlannedZone = {
    ...common,
    name: names.v6only,
    servers: own6,
    records: [...addresses(names.v6only, portal), ...serverRecords(own6)],
  };
  return [...upperZones(domain, outer, own.servers, reverse), province, ...reverse, ...inner, bogus, v6only];
}

/** The zones above: each on the servers of an Internet of our own. */
function upperZones(domain: string, outer: PlannedHost, own: NameServer[], reverse: PlannedZone[]): PlannedZone[] {
  // camau.gov.vn → ["vn", "gov.vn"]: every zone between the root and the province's own.
  const labels = domain.split(".");
  const above = labels.slice(1).map((_, i) => labels.slice(labels.length - 1 - i).join("."));
  const chain = ["", ...above];
  return chain.map((name, i): PlannedZone => {
    const servers = [outerServer(name, outer)];
    const child = chain[i + 1];
    const below =
      child === undefined ? { name: domain, servers: own } : { name: child, servers: [outerServer(child, outer)] };
    // Who registers addresses delegates from arpa; here the root does it for them.
    const turned = name === "" ? reverse.map((z) => ({ name: z.name, servers: z.servers })) : [];
    const children = [below, ...turned].map((c) => ({ ...c, broken: false }));
    return {
      name,
      primary: outer.id,
      servers,
      records: serverRecords(servers),
      children,
      inner: false,
      denial: "nsec3",
    };
  });
}

/**
 * The primary and the public servers. Two secondaries or more: the primary, which holds the keys, is hidden, and the public ones are
 * ns1 and on in the order of the file. Fewer: the primary is ns1 itself.
 */
function nameServers(domain: string, hosts: readonly PlannedHost[]): { primary: string; servers: NameServer[] } {
  const secondaries = hosts.filter((h) => h.server?.task === "secondary-dns");
  const primary = serverOf(hosts, "primary-dns");
  const public_ = secondaries.length > 1 ? secondaries : [primary, ...secondaries];
  const servers = public_.map((h, i) => ({ host: h.id, name: `ns${i + 1}.${domain}`, address: h.server!.address }));
  return { primary: primary.id, servers };
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

/** Nobody sends or takes mail by this name: null MX (RFC 7505), SPF (RFC 7208). */
const withoutMail = (name: string): DnsRecord[] => [
  { name, type: "MX", data: "0 ." },
  { name, type: "TXT", data: '"v=spf1 -all"' },
];

/** Official portals have names below the province's and both families (Decree 224/2026/NĐ-CP art. 11.4). */
function provinceRecords(p: Intent, hosts: readonly PlannedHost[], servers: NameServer[]): DnsRecord[] {
  const { domain } = p.province;
  const names = serviceNames(domain);
  const named = publicNames(p, hosts, servers);
  const services = planServices(p, hosts).flatMap(({ kind, host, fqdn }) => {
    const address = hosts.find((h) => h.id === host)?.server?.address;
    return address ? [{ kind, name: fqdn, address }] : [];
  });
  const mail = services.filter((s) => s.kind === "mail");
  const taken = new Set([...named.map((n) => n.name), ...p.agencies.map((x) => `${x.id}.${domain}`)]);
  const others = services.filter((s) => !taken.has(s.name));
  return [
    ...named.flatMap((n) => addresses(n.name, n.address)),
    ...addresses(domain, serverOf(hosts, "portal").server!.address),
    ...p.agencies.flatMap((agency) => {
      const name = `${agency.id}.${domain}`;
      return [...addresses(name, serverOf(hosts, "portal").server!.address), ...withoutMail(name)];
    }),
    ...others.flatMap((s) => addresses(s.name, s.address)),
    ...withoutMail(names.portal),
    ...(mail.length === 0
      ? withoutMail(domain)
      : [
          ...mail.map((m): DnsRecord => ({ name: domain, type: "MX", data: `10 ${m.name}.` })),
          { name: domain, type: "TXT", data: '"v=spf1 mx -all"' } as const,
        ]),
    // RFC 7489 §6.3: what pretends to be from here is refused, below here too.
    { name: `_dmarc.${domain}`, type: "TXT", data: '"v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s"' },
    // RFC 8659: nobody but the province's own authority may issue for these names.
    { name: domain, type: "CAA", data: `0 issue "ca.${domain}"` },
    { name: domain, type: "CAA", data: `0 iodef "mailto:hostmaster@${domain}"` },
  ];
}

interface Named {
  name: string;
  address: Dual;
}

/** What the world may ask for by a name of its own, once each: a pointer back leads to it. */
function publicNames(p: Intent, hosts: readonly PlannedHost[], servers: NameServer[]): Named[] {
  const names = serviceNames(p.province.domain);
  return [
    ...servers,
    { name: names.portal, address: serverOf(hosts, "portal").server!.address },
    { name: names.console, address: serverOf(hosts, "console").server!.address },
    // A mail server without a name that leads back to it is refused by others; a second service on it must not give it a second one.
    ...planServices(p, hosts)
      .filter((s) => s.tls === "smtp")
      .map((s) => ({ name: s.fqdn, address: hosts.find((h) => h.id === s.host)!.server!.address })),
  ];
}

/** Routers, servers and sites by their ids. */
const innerNames = (domain: string, hosts: readonly PlannedHost[]): Named[] =>
  hosts.flatMap((h) => {
    const address = h.server?.address ?? h.loopback;
    const ours = h.role !== "internet" && h.role !== "upstream" && address;
    return ours ? [{ name: `${h.id}.${innerDomain(domain)}`, address }] : [];
  });

const innerRecords = (domain: string, hosts: readonly PlannedHost[]): DnsRecord[] =>
  innerNames(domain, hosts).flatMap((n) => addresses(n.name, n.address));

const pointers = (zone: string, named: readonly Named[]): DnsRecord[] =>
  named.flatMap(({ name, address }) =>
    [address.v4, address.v6].flatMap((a): DnsRecord[] =>
      isReversedIn(a, zone) ? [{ name: reverseName(a, zone), type: "PTR", data: `${name}.` }] : [],
    ),
  );
