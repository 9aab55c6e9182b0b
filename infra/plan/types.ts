// The Plan: everything that was decided about a province, before any daemon's syntax and any platform. Addresses are text
// without a prefix length unless a field says prefix.
import type { Bilingual, Registry } from "../../protocol/registry.ts";
import type { SecurityZone, ServerTask } from "../province/schema.ts";
import type { Routing } from "./routing.ts";

/** One address, or one prefix, in each family. */
export interface Dual {
  v4: string;
  v6: string;
}

export type Role = "upstream" | "internet" | "border" | "core" | "hub" | "site" | "server";

export interface PlannedHost {
  id: string;
  role: Role;
  /** The agency or data centre that answers for it. */
  agency: string;
  name: Bilingual;
  /** Routers: the AS number that its sessions within the province use. */
  asn?: number;
  /** Routers: the address that outlives every link. */
  loopback?: Dual;
  /** Further addresses on the loopback: services that this router carries itself. */
  anycast: Dual[];
  /** Hubs: where agencies find it over the Internet; one of `anycast`. */
  outer?: Dual;
  /** Routers: the local network behind it, with the router's own address in it. */
  lan?: { address: Dual; prefix: Dual };
  /** Servers: what runs there, where it stands, by whom it goes out. */
  server?: { task: ServerTask; zone: SecurityZone; address: Dual; gateway: Dual; core: string };
  /** Routers: it is being emptied for work on it, and asks its neighbours to prefer others (RFC 8326). */
  drain?: boolean;
  /** An agent of ours stands here. */
  watched: boolean;
}

/** Something in the province's networks that is not ours to configure: its address is kept free for it. */
export interface PlannedDevice {
  id: string;
  name: Bilingual;
  kind: string;
  /** In the network of its place. */
  number: number;
  /** Data centre or agency. */
  at: string;
  zone: SecurityZone;
  address: Dual;
  network: Dual;
  gateway: Dual;
  contact?: string;
  /** The router whose local network it stands in, which watches it. */
  beside: string;
}

export type Medium = "dedicated" | "leased" | "internet" | "lan" | "backbone" | "upstream";

export interface PlannedEnd {
  host: string;
  device: string;
  /** None on the side of a bridge's port. */
  address?: Dual;
  bridge?: string;
}

export interface PlannedLink {
  id: string;
  medium: Medium;
  agency: string;
  name: Bilingual;
  /** The upper end first: the one that the id names first. */
  ends: [PlannedEnd, PlannedEnd];
  /** Length of the prefix that both ends share. */
  length: { v4: number; v6: number };
  /** Both ends speak BGP here, in both families. */
  bgp: boolean;
  /** And watch each other with BFD (RFC 5880); not on agencies' links: it would cost a core a hundred agencies. */
  bfd: boolean;
  /** Of a line over the Internet: a WireGuard tunnel, which the lower end begins to this address and UDP port of the upper. */
  tunnel?: { endpoint: Dual; port: number };
  /** Of a line that is hired: from whom, by which contract, how wide. */
  terms?: { provider?: string; contract?: string; capacityMbps?: number };
  /** 0 for the preferred one of several ways that its lower end has, 1 for the next. */
  preference: number;
}

/** A link as one of its ends sees it. */
export interface Interface {
  link: PlannedLink;
  own: PlannedEnd;
  peer: PlannedEnd;
}

export interface DnsRecord {
  /** Absolute, without the last dot, "" for the root. */
  name: string;
  type: "A" | "AAAA" | "NS" | "CAA" | "TXT" | "MX" | "PTR";
  data: string;
}

export interface NameServer {
  /** Host that runs it. */
  host: string;
  /** Absolute, without the last dot. */
  name: string;
  address: Dual;
  /** Known by its IPv6 address alone. */
  ipv6Only?: true;
}

export interface PlannedZone {
  /** Without the last dot, "" for the root. */
  name: string;
  /** Host that has the keys and signs; hidden when it is not one of the servers. */
  primary: string;
  /** What the world is told of. */
  servers: NameServer[];
  records: DnsRecord[];
  /** TLSA records (RFC 6698) of a server certificate of the vault, by its entry. */
  tlsa?: { name: string; certificate: string }[];
  /** Answered to the province alone, and delegated from nowhere. */
  inner: boolean;
  /** How it is proved that a name is not there: where all names can be computed, hashing them hides nothing. */
  denial: "nsec" | "nsec3";
  /**
   * Signed zones delegated from here. `broken`: the DS that stands here fits no key of the child, so that every name below is
   * bogus on purpose: the name by which a resolver that does not validate is known.
   */
  children: { name: string; servers: NameServer[]; broken: boolean }[];
}

export interface Plan {
  province: {
    id: string;
    name: Bilingual;
    domain: string;
    asn: number;
    /** What the outside is told, and nothing narrower. */
    aggregate: Dual;
    /** Private space of the sites and of the management addresses. */
    private4: string;
    /** Routers' own addresses and lines: from outside nobody reaches them. */
    management: { v4: string[]; v6: string[] };
    /** NTP servers outside that the province's own follow; none: each goes by its own clock. */
    time: string[];
    /** What agencies' routers are told of: the data centres and the routers, not the other agencies. */
    backbone: { v4: string[]; v6: string[] };
  };
  hosts: PlannedHost[];
  byId: ReadonlyMap<string, PlannedHost>;
  links: PlannedLink[];
  /** By host, in the order of `links`. */
  interfaces: ReadonlyMap<string, Interface[]>;
  routing: Routing;
  zones: PlannedZone[];
  /** The addresses of the province's resolvers. */
  resolvers: Dual[];
  /** Names below the domain that a server answers for, beside its own. */
  services: PlannedService[];
  devices: PlannedDevice[];
  /** Names of the services, absolute. */
  names: { portal: string; console: string; bogus: string; v6only: string; resolverId: string };
  registry: Registry;
}

export interface PlannedService {
  id: string;
  name: Bilingual;
  kind: string;
  host: string;
  /** Its name below the domain, absolute. */
  fqdn: string;
  /**
   * How TLS begins on it, with a certificate of its own: a site on the server that runs the portal, a mail exchanger on one that runs
   * mail (port 25, RFC 3207). The others are names only.
   */
  tls?: "https" | "smtp";
}

/** What the plan must be told that no text states: the public part of the province's PKI. */
export interface PlanFacts {
  /** PEM of the province's root certificate. */
  roots: string;
  /** Right side of the DS record of the root zone. */
  rootAnchor: string;
}
