// Every router and server, with its addresses and AS number. Pure.
import type { Intent, ServerTask } from "../province/schema.ts";
import { host, net } from "./address.ts";
import type { Allocation, Lan } from "./allocate.ts";
import { named } from "./naming.ts";
import { zoneOfServer } from "./security-zones.ts";
import type { PlannedHost } from "./types.ts";

/** RFC 6996 §5: 4-byte private use. Numbers of routers end at 255 and of sites at 16,383, so the two ranges are apart. */
const ROUTER_ASN = 4_200_000_000;
const SITE_ASN = 4_200_100_000;
/** The root's, vn's and gov.vn's servers where the Internet is our own. */
const ROOT_SERVER = 53;
/** Servers on which an agent stands: where people come in. */
const WATCHED_TASKS: ServerTask[] = ["bastion"];

/** The hosts of the province and of what stands around it: outside first, then data centres, then sites. */
export const planHosts = (p: Intent, a: Allocation): PlannedHost[] => [
  ...outside(p),
  ...p.datacentres.flatMap((dc) => [...routers(dc, a), ...servers(dc, a, hiddenPrimary(p))]),
  ...p.agencies.map(
    (agency): PlannedHost => ({
      id: agency.id,
      role: "site",
      agency: agency.id,
      name: named("site", { name: agency.name }),
      asn: SITE_ASN + agency.number,
      loopback: a.siteLoopback(agency.number),
      anycast: [],
      lan: a.siteLan(agency.number),
      watched: true,
    }),
  ),
];

function outside(p: Intent): PlannedHost[] {
  const owner = p.datacentres[0]!.id;
  const at = (n: { ipv4: string; ipv6: string }, index: number) => ({
    v4: host(net(n.ipv4), index),
    v6: host(net(n.ipv6), index),
  });
  const borders = new Map(p.datacentres.flatMap((dc) => dc.routers.map((r) => [r.id, dc.id] as const)));
  const common = { watched: false } as const;
  return [
    {
      id: p.internet.id,
      role: "internet",
      agency: owner,
      name: named("internet", p.internet),
      asn: p.internet.asn,
      loopback: at(p.internet, 1),
      anycast: [at(p.internet, ROOT_SERVER)],
      ...common,
    },
    ...p.upstreams.map(
      (u): PlannedHost => ({
        id: u.id,
        role: "upstream",
        agency: borders.get(u.border)!,
        name: named("upstream", u),
        asn: u.asn,
        loopback: at(u, 1),
        anycast: [],
        ...common,
      }),
    ),
  ];
}

function routers(dc: Intent["datacentres"][number], a: Allocation): PlannedHost[] {
  const lan: Lan = a.datacentreLan(dc.number);
  return dc.routers.map((r) => ({
    id: r.id,
    role: r.role,
    agency: dc.id,
    name: named(r.role, r),
    asn: ROUTER_ASN + r.number,
    loopback: a.routerLoopback(r.number),
    ...outerOf(r.internet),
    ...(r.role === "core" && { lan }),
    ...(r.drain && { drain: true }),
    watched: true,
  }));
}

function outerOf(internet?: { ipv4: string; ipv6: string }): Pick<PlannedHost, "anycast" | "outer"> {
  if (!internet) return { anycast: [] };
  const outer = { v4: internet.ipv4, v6: internet.ipv6 };
  return { anycast: [outer], outer };
}

/** With two public name servers besides it the primary need not be one. */
const hiddenPrimary = (p: Intent): boolean =>
  p.datacentres.flatMap((dc) => dc.servers).filter((s) => s.runs === "secondary-dns").length > 1;

function servers(dc: Intent["datacentres"][number], a: Allocation, hidden: boolean): PlannedHost[] {
  const core = dc.routers.find((r) => r.role === "core")!.id;
  const gateway = a.datacentreLan(dc.number).address;
  return dc.servers.map((s) => ({
    id: s.id,
    role: "server",
    agency: dc.id,
    name: named(s.runs, s),
    anycast: [],
    server: {
      task: s.runs,
      zone: zoneOfServer(s.runs, hidden, s.zone),
      address: a.server(dc.number, s.number),
      gateway,
      core,
    },
    watched: WATCHED_TASKS.includes(s.runs),
  }));
}
