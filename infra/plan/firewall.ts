// Who may begin to speak to whom, and why: one table for both families. What is not in it is refused. The renderers make every
// host's rules of it (render/nftables.ts), and reach.ts answers from it. Pure.
import { SECURITY_ZONES, type ServerTask } from "../province/schema.ts";
import { zoneOfRouter } from "./security-zones.ts";
import type { PlannedHost, Role } from "./types.ts";

/** The outermost first. `management`: routers' own addresses, and what watches and steers. */
export const ZONES = ["internet", ...SECURITY_ZONES] as const;
export type Zone = (typeof ZONES)[number];

export const zoneOf = ({ role, server }: PlannedHost): Zone =>
  role === "internet" || role === "upstream" ? "internet" : (server?.zone ?? zoneOfRouter(role));

export interface Ports {
  tcp: readonly number[];
  udp: readonly number[];
}

/** What is asked for. `echo` is ICMP's own and has no port. */
export const SERVICES = {
  echo: { tcp: [], udp: [] },
  dns: { tcp: [53], udp: [53] },
  http: { tcp: [80], udp: [] },
  https: { tcp: [443], udp: [] },
  ssh: { tcp: [22], udp: [] },
  ntp: { tcp: [], udp: [123] },
  smtp: { tcp: [25], udp: [] },
  submission: { tcp: [465, 587], udp: [] },
  bgp: { tcp: [179], udp: [] },
  gateway: { tcp: [8443], udp: [] },
  heartbeat: { tcp: [8460], udp: [] },
} as const satisfies Record<string, Ports>;
export type Service = keyof typeof SERVICES;

/** Hosts that have any of what is listed, and stand within the zone where one is named. */
export interface Party {
  within?: Zone;
  zones?: readonly Zone[];
  tasks?: readonly ServerTask[];
  roles?: readonly Role[];
}

export interface Flow {
  id: string;
  from: Party;
  to: Party;
  services: readonly Service[];
  why: string;
}

const INTERNET: Party = { zones: ["internet"] };
const INSIDE: Party = { zones: SECURITY_ZONES };
const ROUTERS: readonly Role[] = ["border", "core", "hub", "site"];
const NAME_SERVERS: readonly ServerTask[] = ["primary-dns", "secondary-dns"];

/**
 * The table. Neighbours' BGP and BFD are not in it, nor the doors of tunnels over the Internet: they follow from the lines. Every other packet that begins something is
 * let through by one of these or by none.
 */
export const FLOWS: readonly Flow[] = [
  {
    id: "public-web",
    from: INTERNET,
    to: { tasks: ["portal"] },
    services: ["http", "https", "echo"],
    why: "citizens read the portal and the agencies' pages",
  },
  {
    id: "public-dns",
    from: INTERNET,
    to: { tasks: NAME_SERVERS, within: "dmz" },
    services: ["dns", "echo"],
    why: "resolvers of the world ask the province's public name servers; a hidden primary stands elsewhere",
  },
  {
    id: "public-bastion",
    from: INTERNET,
    to: { tasks: ["bastion"] },
    services: ["ssh"],
    why: "the one door by which operators come in; it is watched",
  },
  {
    id: "public-mail",
    from: INTERNET,
    to: { tasks: ["mail"] },
    services: ["smtp", "echo"],
    why: "the world's mail servers deliver what is sent to the province",
  },
  {
    id: "deliver",
    from: { tasks: ["mail"] },
    to: INTERNET,
    services: ["smtp"],
    why: "what the province sends goes out by its mail servers, and by nobody else",
  },
  {
    id: "inner-mail",
    from: INSIDE,
    to: { tasks: ["mail"] },
    services: ["smtp"],
    why: "agencies and the console send by the province's mail servers, and agents watch their certificates",
  },
  {
    id: "inner-web",
    from: INSIDE,
    to: { tasks: ["portal"] },
    services: ["http", "https"],
    why: "agencies use the portal, and agents watch it",
  },
  {
    id: "inner-dns",
    from: INSIDE,
    to: { tasks: ["resolver"] },
    services: ["dns"],
    why: "every host resolves by the province's own resolvers",
  },
  {
    id: "watch-zones",
    from: { zones: ["campus", "management", "application"], tasks: ["bastion", ...NAME_SERVERS] },
    to: { tasks: NAME_SERVERS },
    services: ["dns"],
    why: "resolvers ask them, agents watch their signatures, and the zones are transferred between them",
  },
  {
    id: "reports",
    from: { zones: ["campus", "management", "border"], tasks: ["bastion"] },
    to: { tasks: ["console"] },
    services: ["gateway"],
    why: "agents report to the console",
  },
  {
    id: "watch-way",
    from: { zones: ["campus", "management"] },
    to: { roles: ["core"] },
    services: ["bgp", "dns"],
    why: "agents learn at a port that is always open whether the data centre is reached, and at one that never is whether somebody answers DNS in another's place",
  },
  {
    id: "steer",
    from: { tasks: ["bastion"] },
    to: { roles: ROUTERS, zones: ["dmz", "application", "data", "management"] },
    services: ["ssh"],
    why: "operators work on routers and servers by way of the bastion",
  },
  {
    id: "inner-echo",
    from: INSIDE,
    to: INSIDE,
    services: ["echo"],
    why: "whoever looks for a fault within asks first whether the other end is there",
  },
  {
    id: "resolve-world",
    from: { tasks: ["resolver", "bastion"] },
    to: INTERNET,
    services: ["dns"],
    why: "resolvers ask the world's name servers; the bastion audits the chain from the root",
  },
  {
    id: "time-world",
    from: { tasks: ["resolver"] },
    to: INTERNET,
    services: ["ntp"],
    why: "the data centre's clocks follow the world's",
  },
  {
    id: "inner-time",
    from: INSIDE,
    to: { tasks: ["resolver"] },
    services: ["ntp"],
    why: "every clock follows those of the data centre",
  },
  {
    id: "notify",
    from: { tasks: ["console"] },
    to: INTERNET,
    services: ["https", "smtp", "submission", "heartbeat"],
    why: "the console tells people who are not at their desks, and a watcher outside that it lives (province.yaml, notify)",
  },
  {
    id: "browse",
    from: { zones: ["campus"] },
    to: INTERNET,
    services: ["http", "https", "echo"],
    why: "people at the agencies read the web",
  },
];

/** Whether a host is one of a party. */
export const isOf = (host: PlannedHost, { zones, tasks, roles, within }: Party): boolean =>
  (within === undefined || within === zoneOf(host)) &&
  ((zones?.includes(zoneOf(host)) ?? false) ||
    (roles?.includes(host.role) ?? false) ||
    (host.server !== undefined && (tasks?.includes(host.server.task) ?? false)));
