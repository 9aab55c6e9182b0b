// Every line between two hosts, with its device names and addresses. Pure.
import { type AgencyIntent, hubOf, type Intent } from "../province/schema.ts";
import { host, net } from "./address.ts";
import type { Allocation } from "./allocate.ts";
import { named } from "./naming.ts";
import type { Dual, Interface, PlannedEnd, PlannedLink } from "./types.ts";

/** The bridge of a router's local network. */
export const LAN_DEVICE = "lan0";
/** A device is named after the far end; the prefix keeps it from being taken for a keyword of `ip`. */
const towards = (id: string) => `to-${id}`;
/** Sites' ids are longer than a kernel's name may be; their numbers are not. */
const towardsSite = (number: number) => `to-ag${number}`;
const POINT_TO_POINT = { v4: 31, v6: 127 };
/** Lines between the Internet and an upstream lie from here in the Internet's prefix, two addresses an upstream. */
const INTERNET_LINES = 128;

/** UDP port of the tunnel to site 0: a device of its own a line keeps a hub's rules by device as they are, and WireGuard has a port a device. */
const TUNNELS = 40_000;

/** The lines in the order: Internet, upstreams, backbone, servers, sites. */
export function planLinks(p: Intent, a: Allocation): PlannedLink[] {
  const routers = new Map(p.datacentres.flatMap((dc) => dc.routers.map((r) => [r.id, { ...r, dc: dc.id }] as const)));
  return [
    ...p.upstreams.flatMap((u, i) => upstreamLinks(p, u, i, routers.get(u.border)!.dc)),
    ...(p.backbone as [string, string][]).map(([upper, lower]) => {
      const [x, y] = [routers.get(upper)!, routers.get(lower)!];
      const [high, low] = a.backboneLine(x.number, y.number);
      const ends = [end(upper, towards(lower), high), end(lower, towards(upper), low)] as const;
      return line(ends, { medium: "backbone", agency: x.dc, bfd: true });
    }),
    ...p.datacentres.flatMap((dc) => serverLinks(dc, a)),
    ...p.agencies.flatMap((agency) => siteLinks(agency, (id) => routers.get(id)!, a)),
  ];
}

const end = (id: string, device: string, address: Dual): PlannedEnd => ({ host: id, device, address });

type Traits = Pick<PlannedLink, "medium" | "agency"> & Partial<PlannedLink>;

function line([upper, lower]: readonly [PlannedEnd, PlannedEnd], traits: Traits): PlannedLink {
  return {
    id: `${upper.host}~${lower.host}`,
    name: named("link", { a: upper.host, b: lower.host }),
    ends: [upper, lower],
    length: POINT_TO_POINT,
    bgp: true,
    bfd: false,
    preference: 0,
    ...traits,
  };
}

function upstreamLinks(p: Intent, u: Intent["upstreams"][number], preference: number, agency: string): PlannedLink[] {
  const at = (prefixes: { ipv4: string; ipv6: string }, v4: number, v6: bigint): Dual => ({
    v4: host(net(prefixes.ipv4), v4),
    v6: host(net(prefixes.ipv6), v6),
  });
  const first = INTERNET_LINES + 2 * preference;
  // The lines' /64 is the last but one of the Internet's /48, as with its IPv4.
  const far = BigInt(0xffff) << 64n;
  const outer = line(
    [
      end(u.id, towards(p.internet.id), at(p.internet, first, far + BigInt(first))),
      end(p.internet.id, towards(u.id), at(p.internet, first + 1, far + BigInt(first + 1))),
    ],
    { medium: "internet", agency, preference },
  );
  const inner = line(
    [end(u.border, towards(u.id), at(u.line, 1, 1n)), end(u.id, towards(u.border), at(u.line, 0, 0n))],
    { medium: "upstream", agency, bfd: true, preference },
  );
  return [outer, inner];
}

/** A server hangs on a port of its core's bridge: no BGP, one default route. */
function serverLinks(dc: Intent["datacentres"][number], a: Allocation): PlannedLink[] {
  const core = dc.routers.find((r) => r.role === "core")!.id;
  return dc.servers.map((s) =>
    line(
      [
        { host: core, device: towards(s.id), bridge: LAN_DEVICE },
        end(s.id, towards(core), a.server(dc.number, s.number)),
      ],
      { medium: "lan", agency: dc.id, bgp: false, length: { v4: 26, v6: 64 } },
    ),
  );
}

type HubIntent = Intent["datacentres"][number]["routers"][number];

function siteLinks(agency: AgencyIntent, hubIntent: (hub: string) => HubIntent, a: Allocation): PlannedLink[] {
  return agency.uplinks.map((uplink, preference) => {
    const hub = hubOf(uplink);
    const [upper, lower] = a.siteLine(agency.number, hubIntent(hub).number);
    const ends = [end(hub, towardsSite(agency.number), upper), end(agency.id, towards(hub), lower)] as const;
    const name = named("link", { a: hub, b: agency.name });
    const stated = { ...agency, ...(typeof uplink === "string" ? {} : uplink) };
    const { medium = "dedicated" } = stated;
    const tunnel = medium === "internet" ? tunnelOf(agency, hubIntent(hub)) : {};
    return line(ends, { medium, agency: agency.id, name, preference, ...tunnel, ...termsOf(stated) });
  });
}

/** A hub that is not to be had over the Internet was refused before (province/network-rules.ts). */
const tunnelOf = ({ number }: AgencyIntent, { internet }: HubIntent): Pick<PlannedLink, "tunnel"> => ({
  tunnel: { endpoint: { v4: internet!.ipv4, v6: internet!.ipv6 }, port: TUNNELS + number },
});

function termsOf({ provider, contract, capacityMbps }: AgencyIntent): Pick<PlannedLink, "terms"> {
  const terms = {
    ...(provider !== undefined && { provider }),
    ...(contract !== undefined && { contract }),
    ...(capacityMbps !== undefined && { capacityMbps }),
  };
  return Object.keys(terms).length === 0 ? {} : { terms };
}

/** Each host's ends of links, in the order of the links. */
export function interfacesOf(links: readonly PlannedLink[]): Map<string, Interface[]> {
  const map = new Map<string, Interface[]>();
  for (const link of links) {
    const [upper, lower] = link.ends;
    for (const [own, peer] of [
      [upper, lower],
      [lower, upper],
    ] as const) {
      const list = map.get(own.host);
      if (list) list.push({ link, own, peer });
      else map.set(own.host, [{ link, own, peer }]);
    }
  }
  return map;
}
