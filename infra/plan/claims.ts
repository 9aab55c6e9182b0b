// What of a province has a number, and where each number goes. Pure.
import type { Path } from "../province/locate.ts";
import type { Intent, Written } from "../province/schema.ts";
import type { Allocation } from "./allocate.ts";

/** Something that has a number, as it is written. `pool`: where the number is unique. */
export interface Claim {
  id: string;
  pool: string;
  number: number | undefined;
  at: Path;
  hub: boolean;
}

/** Servers and devices of a data centre share its network, so they share its numbers; so do the devices of an agency. */
export const hostPool = (place: string): string => `host/${place}`;

/** In the order of the file: it decides nothing but which of two new ones has the lower number. */
export function claimsOf(p: Written): Claim[] {
  const claim = (id: string, pool: string, number: number | undefined, at: Path, hub = false): Claim => ({
    id,
    pool,
    number,
    at,
    hub,
  });
  return [
    ...p.datacentres.flatMap((dc, d) => [
      claim(`datacentre/${dc.id}`, "datacentre", dc.number, ["datacentres", d, "number"]),
      ...dc.routers.map((r, i) =>
        claim(`router/${r.id}`, "router", r.number, ["datacentres", d, "routers", i, "number"], r.role === "hub"),
      ),
      ...dc.servers.map((s, i) =>
        claim(`host/${dc.id}/${s.id}`, hostPool(dc.id), s.number, ["datacentres", d, "servers", i, "number"]),
      ),
    ]),
    ...p.agencies.map((a, i) => claim(`site/${a.id}`, "site", a.number, ["agencies", i, "number"])),
    ...(p.devices ?? []).map((v, i) =>
      claim(`host/${v.at}/${v.id}`, hostPool(v.at), v.number, ["devices", i, "number"]),
    ),
  ];
}

/** Lowest and highest number of a pool. 1 is the router's own address in each network. */
export function bounds(pool: string, { most }: Allocation, isDatacentre: (place: string) => boolean): [number, number] {
  switch (pool) {
    case "datacentre":
      return [1, most.datacentre];
    case "router":
      return [1, most.router];
    case "site":
      return [1, most.site];
    default:
      return [2, isDatacentre(pool.slice("host/".length)) ? 62 : Math.min(62, most.siteHosts)];
  }
}

/** IPv6, then IPv4, of what a number gives; nothing for a host whose place has no number itself. */
export function blockOf(
  id: string,
  number: number,
  a: Allocation,
  numberOf: (id: string) => number | undefined,
): [string, string] | undefined {
  const [kind, place] = id.split("/") as [string, string];
  const both = ({ v6, v4 }: { v6: string; v4: string }): [string, string] => [v6, v4];
  if (kind === "datacentre") return both(a.datacentreLan(number).prefix);
  if (kind === "router") return both(a.routerLoopback(number));
  if (kind === "site") return both(a.siteBlock(number));
  const datacentre = numberOf(`datacentre/${place}`);
  if (datacentre !== undefined) return both(a.server(datacentre, number));
  const site = numberOf(`site/${place}`);
  return site === undefined ? undefined : both(a.siteHost(site, number));
}

/** The province with the number of everything. */
export function withNumbers(p: Written, numberOf: (id: string) => number): Intent {
  return {
    ...p,
    datacentres: p.datacentres.map((dc) => ({
      ...dc,
      number: numberOf(`datacentre/${dc.id}`),
      routers: dc.routers.map((r) => ({ ...r, number: numberOf(`router/${r.id}`) })),
      servers: dc.servers.map((s) => ({ ...s, number: numberOf(`host/${dc.id}/${s.id}`) })),
    })),
    devices: (p.devices ?? []).map((v) => ({ ...v, number: numberOf(`host/${v.at}/${v.id}`) })),
    agencies: p.agencies.map((a) => ({ ...a, number: numberOf(`site/${a.id}`) })),
  };
}
