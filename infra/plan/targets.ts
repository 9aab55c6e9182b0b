// What must be true where each agent stands. The intervals are the shipped ones: detection within 2 s for lines and routes and
// within 5 s for the rest, with an agent below a hundredth of a core. Pure.
import { hash } from "node:crypto";
import type { Target } from "../../protocol/target.ts";
import { LAN_DEVICE } from "./links.ts";
import type { Dual, Interface, PlanFacts, PlannedDevice, PlannedHost, PlannedService, PlannedZone } from "./types.ts";
import { tlsPort } from "./zones.ts";

const EVERY_MS = {
  link: 500,
  datacentre: 2_000,
  ipv6: 5_000,
  zone: 5_000,
  "zone-audit": 240_000,
  // A dozen questions a run, to tell a resolver from whoever stands in its place: not oftener, for the agent's hundredth of a core.
  resolver: 8_000,
  certificate: 4_000,
  "ssh-log": 500,
  // Forty questions a run: three a second and agency.
  path: 15_000,
  clock: 20_000,
  disk: 15_000,
  ra: 5_000,
  device: 10_000,
  page: 10_000,
  "firewall-log": 1_000,
  "route-log": 1_000,
} as const satisfies Record<Target["kind"], number>;
/** Of services that no agency watches by itself: the hubs do, by which all agencies come. */
const HUB_CERTIFICATE_MS = 20_000;
const HTTPS = 443;
/** Always open on a router of ours, and not a service that could be down while the data centre is reached. */
const BGP = 179;
/** Knot renews at half of a signature's life; at a quarter something has stood still. */
const WARN_SIGNATURE = 0.25;
/** The vault renews at a third of a certificate's life. */
const WARN_CERTIFICATE = 0.25;

/** Ethernet's packets must pass whole; a province is crossed in well under a tenth of a second. */
const PATH = { maxRttMs: 100, maxLossPercent: 5, packetBytes: 1_500 };
/** Logs of two hosts are put side by side by the second. */
const CLOCK_OFFSET_MS = 1_000;
const WARN_DISK = 0.05;

/** Where sshd's log stands on the bastion. */
export const SSH_LOG = "/var/log/ssh/auth.log";

/** Where ulogd writes what a border refuses. */
export const REFUSED_LOG = "/var/log/ulogd/refused.log";
/** Where BIRD's own words stand. */
export const BIRD_LOG = "/var/log/bird/bird.log";
/** The portal's page as it is served to who asks for a name (render/nginx.ts). */
export const portalPage = (name: string): string => `${name}\n`;

interface WatchedService {
  service: PlannedService;
  address: Dual;
}
type WatchedServer = { name: string; address: string; asset: string };

/** What the targets of every agent have in common. */
export interface Watched {
  domain: string;
  portal: { name: string; address: Dual };
  bogus: string;
  v6only: string;
  resolverId: string;
  zone: PlannedZone;
  /** In how many data centres its servers stand. */
  zonePlaces: number;
  /** The autonomous system that announces the province's own addresses, and in what. */
  origin: { as: number; aggregate: Dual };
  /** The same in both families, as a target lists them. */
  servers: WatchedServer[];
  /** The root zone: where an audit begins. */
  root: PlannedZone;
  /** Services beside the portal that have a certificate of their own. */
  services: WatchedService[];
  /** Names of the zone that are no agency's own: an agency watches its own. */
  commonNames: string[];
  resolvers: PlannedHost[];
  /** The core behind which the console stands: who reaches it has reached the data centre. */
  datacentre: PlannedHost;
  /** The router from which the portal's page is looked at. */
  pageWatcher: string;
  facts: PlanFacts;
  /** By the host in whose local network they stand. */
  devices: ReadonlyMap<string, readonly PlannedDevice[]>;
}

/** The targets of one agent's host. */
export function targetsOf(host: PlannedHost, interfaces: readonly Interface[], w: Watched): Target[] {
  const links = [
    ...interfaces.map((i) => linkTarget(host, i)),
    clockTarget(host, w),
    diskTarget(host),
    ...(w.devices.get(host.id) ?? []).map((d) => deviceTarget(host, d)),
  ];
  if (host.role === "site") return [...links, ...siteTargets(host, interfaces, w)];
  if (host.role === "core") {
    const pages = host.id === w.pageWatcher ? [pageTarget(host, w)] : [];
    return interfaces.some((i) => i.peer.host === w.zone.servers[0]!.host)
      ? [...links, ...pages, zoneTarget(host, bothFamilies(w.commonNames), w), certificateTarget(host, w)]
      : [...links, ...pages];
  }
  if (host.role === "border") return [...links, firewallLogTarget(host), routeLogTarget(host)];
  // The routers' own addresses are not known outside: the way from the root down is open to servers.
  if (host.server?.task === "bastion") {
    const own = w.resolvers.map((resolver, i) => resolverTarget(host, resolver, i === 0, [w.portal.name], w));
    return [...links, sshTarget(host), auditTarget(host, w), ...own];
  }
  if (host.role === "hub") return [...links, ...w.services.map((s) => serviceCertificateTarget(host, s, w))];
  return links;
}

const head = (host: PlannedHost, kind: Target["kind"], what: string, asset: string) => ({
  id: `${host.id}/${kind}/${what}`,
  agency: host.agency,
  agent: host.id,
  asset,
  everyMs: EVERY_MS[kind],
});

function linkTarget(host: PlannedHost, { link, own, peer }: Interface): Target {
  const sessions = link.bgp
    ? (["v4", "v6"] as const).map((f) => ({ local: own.address![f], peer: peer.address![f] }))
    : [];
  return { ...head(host, "link", link.id, link.id), kind: "link", expects: { device: own.device, sessions } };
}

function siteTargets(host: PlannedHost, interfaces: readonly Interface[], w: Watched): Target[] {
  const name = `${host.id}.${w.domain}`;
  const { v4, v6 } = w.datacentre.loopback!;
  // A backup by other means carries the agency's data and is not the dedicated network; who has no line of that is not told so every two
  // seconds: the plan says it (coverage).
  const dedicated = interfaces.filter((i) => i.link.medium === "dedicated");
  const ways = (dedicated.length > 0 ? dedicated : interfaces).map((i) => ({
    device: i.own.device,
    link: i.link.id,
    hub: i.peer.host,
  }));
  const service = { name: w.portal.name, address: w.portal.address.v6, port: HTTPS };
  return [
    {
      ...head(host, "datacentre", w.datacentre.agency, host.id),
      kind: "datacentre",
      expects: { probes: [v4, v6].map((address) => ({ address, port: BGP })), paths: ways },
    },
    {
      ...head(host, "ipv6", "site", host.id),
      kind: "ipv6",
      expects: { prefix: host.lan!.prefix.v6, service },
    },
    zoneTarget(host, bothFamilies([w.portal.name, name]), w),
    ...w.resolvers.map((resolver, i) => resolverTarget(host, resolver, i === 0, [name, w.portal.name], w)),
    certificateTarget(host, w),
    pathTarget(host, w),
    { ...head(host, "ra", LAN_DEVICE, host.id), kind: "ra", expects: { device: LAN_DEVICE } },
  ];
}

type NameAndType = { name: string; type: string };
const bothFamilies = (names: string[]): NameAndType[] =>
  names.flatMap((name) => ["A", "AAAA"].map((type) => ({ name, type })));

/** A zone's servers, an entry an address. */
export const serversOf = ({ servers }: PlannedZone): WatchedServer[] =>
  servers.flatMap((s, i) =>
    [s.address.v4, s.address.v6].map((address) => ({ name: s.name, address, asset: nameService(i) })),
  );

function zoneTarget(host: PlannedHost, names: NameAndType[], { zone, servers }: Watched): Target {
  const expects = { zone: zone.name, servers, names, warnFraction: WARN_SIGNATURE };
  return { ...head(host, "zone", zone.name, zoneAsset(zone.name)), kind: "zone", expects };
}

/** From one place only: the zone's own health does not depend on who looks. */
function auditTarget(host: PlannedHost, w: Watched): Target {
  const { zone, zonePlaces, root, commonNames, facts, origin } = w;
  const servers = w.servers.map((server) => {
    const prefix = server.address.includes(":") ? origin.aggregate.v6 : origin.aggregate.v4;
    return { ...server, as: origin.as, prefix };
  });
  const hints = root.servers.map(({ name, address }) => ({ name: `${name}.`, addresses: [address.v4, address.v6] }));
  const expects = {
    zone: zone.name,
    servers,
    names: bothFamilies(commonNames),
    warnFraction: WARN_SIGNATURE,
    hints,
    anchors: `. IN DS ${facts.rootAnchor}`,
    holds: { caa: true, places: zonePlaces },
  };
  return { ...head(host, "zone-audit", zone.name, zoneAsset(zone.name)), kind: "zone-audit", expects };
}

/** `first`: of a host's several resolvers, the one whose run also looks at what the host itself is told to use. */
function resolverTarget(host: PlannedHost, resolver: PlannedHost, first: boolean, asked: string[], w: Watched): Target {
  const names = bothFamilies(asked).map((n) => ({ ...n, zoneAsset: zoneAsset(w.domain) }));
  const { v4, v6 } = resolver.server!.address;
  const elsewhere = w.datacentre.loopback!;
  const configured = w.resolvers.flatMap(({ server }) => [server!.address.v6, server!.address.v4]);
  return {
    ...head(host, "resolver", resolver.id, resolverService(resolver.id)),
    kind: "resolver",
    expects: {
      address: v6,
      address4: v4,
      names,
      bogusName: w.bogus,
      ipv6OnlyName: w.v6only,
      identity: { name: w.resolverId, text: resolver.id },
      // Routers, which answer no DNS: who answers there stands in between.
      mute: [elsewhere.v6, elsewhere.v4],
      ...(first ? { configured } : {}),
    },
  };
}

const certificateTarget = (host: PlannedHost, w: Watched): Target => ({
  ...head(host, "certificate", w.portal.name, PORTAL_SERVICE),
  kind: "certificate",
  expects: certificateOf(w.portal.name, w.portal.address, w),
});

const serviceCertificateTarget = (host: PlannedHost, { service, address }: WatchedService, w: Watched): Target => ({
  ...head(host, "certificate", service.fqdn, service.id),
  everyMs: HUB_CERTIFICATE_MS,
  kind: "certificate",
  expects: {
    ...certificateOf(service.fqdn, address, w),
    port: tlsPort(service),
    ...(service.tls === "smtp" && { starttls: "smtp" as const }),
  },
});

const certificateOf = (name: string, { v4, v6 }: Dual, { facts }: Watched) => ({
  name,
  port: HTTPS,
  addresses: [v4, v6],
  roots: facts.roots,
  warnFraction: WARN_CERTIFICATE,
});

/** By the first resolver: it stands where the agency's servers stand. */
function pathTarget(host: PlannedHost, w: Watched): Target {
  const expects = { address: w.resolvers[0]!.server!.address.v6, name: w.resolverId, ...PATH };
  return { ...head(host, "path", w.resolvers[0]!.agency, host.id), kind: "path", expects };
}

function clockTarget(host: PlannedHost, w: Watched): Target {
  const servers = w.resolvers.map(({ id, server }) => ({
    name: id,
    address: server!.address.v6,
    asset: timeService(id),
  }));
  return { ...head(host, "clock", "ntp", host.id), kind: "clock", expects: { servers, maxOffsetMs: CLOCK_OFFSET_MS } };
}

const diskTarget = (host: PlannedHost): Target => ({
  ...head(host, "disk", "logs", host.id),
  kind: "disk",
  expects: { paths: ["/var/log"], warnFraction: WARN_DISK },
});

const deviceTarget = (host: PlannedHost, { id, address }: PlannedDevice): Target => ({
  ...head(host, "device", id, id),
  kind: "device",
  expects: { device: LAN_DEVICE, addresses: [address.v4, address.v6] },
});

function pageTarget(host: PlannedHost, { portal: { name, address } }: Watched): Target {
  const sha256 = hash("sha256", portalPage(name));
  const expects = { name, address: address.v6, port: HTTPS, path: "/", sha256 };
  return { ...head(host, "page", name, PORTAL_SERVICE), kind: "page", expects };
}

const firewallLogTarget = (host: PlannedHost): Target => ({
  ...head(host, "firewall-log", "refused", host.id),
  kind: "firewall-log",
  expects: { path: REFUSED_LOG, scanned: 15, flooded: 60, windowMs: 10_000 },
});

const routeLogTarget = (host: PlannedHost): Target => ({
  ...head(host, "route-log", "bird", host.id),
  kind: "route-log",
  expects: { path: BIRD_LOG },
});

const sshTarget = (host: PlannedHost): Target => ({
  ...head(host, "ssh-log", "sshd", host.id),
  kind: "ssh-log",
  expects: { path: SSH_LOG, failures: 5, windowMs: 60_000 },
});

/** Assets' ids (docs/architecture.md, Identities). */
export const PORTAL_SERVICE = "portal";
export const CONSOLE_SERVICE = "console-gateway";
export const nameService = (index: number) => `ns${index + 1}`;
export const resolverService = (host: string) => `${host}-dns`;
export const timeService = (host: string) => `${host}-ntp`;
export const zoneAsset = (zone: string) => `zone:${zone}`;
