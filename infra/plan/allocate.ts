// Which address belongs to whom. Every address is a function of stable identities (the province's prefixes and the numbers of
// agency, router, server, data centre) and of nothing else: not of order, not of how many there are. So an agency that
// comes or goes renumbers nobody, and no lock file is needed for it. The ranges below are disjoint by construction:
//
//   IPv6, within the province's prefix (P = its length; a block is a /(P+16), at most a /64)
//     block 0x0001           loopbacks: routers ::<number>; sites ::1:0:<number>
//     block 0x0002           lines, /127: between routers ::<lower>:<higher><<1; to sites ::1:<site>:<hub><<1
//     block 0x0010 + n       local network of data centre n, its first /64
//     block 0x1000 + n       site n, of which the first /64 is its local network
//   IPv4, within 10.0.0.0/8
//     10.0.0.0/16            loopbacks of routers        10.1.0.0/16   loopbacks of sites
//     10.2.0.0/15            lines between routers: (lower << 8 | higher) × 2
//     10.8.0.0/13            lines to sites: (site << 4 | hub mod 16) × 2
//     10.16.0.0 + n × /24    local network of site n
//   The public IPv4 prefix is cut into a /26 a data centre.
import type { Intent } from "../province/schema.ts";
import { host, type Net, net, prefixText, subnet } from "./address.ts";
import type { Dual } from "./types.ts";

const SITES = 0x1000;
const DATACENTRES = 0x10;

export interface Lan {
  prefix: Dual;
  address: Dual;
}

export interface Allocation {
  /** The prefixes themselves, for the outside. */
  aggregate: Dual;
  private4: string;
  management: { v4: string[]; v6: string[] };
  backbone: { v4: string[]; v6: string[] };
  routerLoopback(router: number): Dual;
  siteLoopback(site: number): Dual;
  /** Upper end's address first, whichever number is lower. */
  backboneLine(upper: number, lower: number): [Dual, Dual];
  siteLine(site: number, hub: number): [Dual, Dual];
  siteLan(site: number): Lan;
  datacentreLan(datacentre: number): Lan;
  server(datacentre: number, server: number): Dual;
}

/** Cuts the province's prefixes. Pure; costs nothing until asked. */
export function allocation(province: Intent["province"]): Allocation {
  const six = net(province.ipv6);
  const four = net(province.ipv4);
  const open = net(province.publicIpv4);
  const blockLength = Math.min(64, six.length + 16);
  const block = (index: number): Net => subnet(six, blockLength, index);
  const first64 = (index: number): Net => subnet(block(index), 64, 0);
  const [loops6, lines6] = [first64(1), first64(2)];
  const loops4 = subnet(four, 16, 0);
  const siteLoops4 = subnet(four, 16, 1);
  const lines4 = subnet(four, 15, 1);
  const siteLines4 = subnet(four, 13, 1);
  const datacentre4 = (n: number) => subnet(open, 26, n - 1);
  const pair = (v4: Net, at4: number, at6: bigint): [Dual, Dual] => [
    { v4: host(v4, at4), v6: host(lines6, at6) },
    { v4: host(v4, at4 + 1), v6: host(lines6, at6 + 1n) },
  ];
  const lan = (v4: Net, v6: Net): Lan => ({
    prefix: { v4: prefixText(v4), v6: prefixText(v6) },
    address: { v4: host(v4, 1), v6: host(v6, 1) },
  });
  return {
    aggregate: { v4: prefixText(open), v6: prefixText(six) },
    private4: prefixText(four),
    management: {
      v4: [prefixText(four)],
      v6: [prefixText(loops6), prefixText(lines6)],
    },
    // The blocks below the sites' begin with four zero bits.
    backbone: {
      v4: [prefixText(loops4), prefixText(open)],
      v6: [prefixText(subnet(six, six.length + 4, 0))],
    },
    routerLoopback: (n) => ({ v4: host(loops4, n), v6: host(loops6, n) }),
    siteLoopback: (n) => ({ v4: host(siteLoops4, n), v6: host(loops6, (1n << 32n) | BigInt(n)) }),
    backboneLine(upper, lower) {
      const [low, high] = upper < lower ? [upper, lower] : [lower, upper];
      const ends = pair(lines4, ((low << 8) | high) << 1, (BigInt(low) << 16n) | (BigInt(high) << 1n));
      return upper < lower ? ends : [ends[1], ends[0]];
    },
    siteLine: (site, hub) =>
      pair(siteLines4, ((site << 4) | (hub & 15)) << 1, (1n << 32n) | (BigInt(site) << 16n) | (BigInt(hub) << 1n)),
    siteLan: (n) => lan(subnet(subnet(four, 12, 1), 24, n), first64(SITES + n)),
    datacentreLan: (n) => lan(datacentre4(n), first64(DATACENTRES + n)),
    server: (dc, n) => ({ v4: host(datacentre4(dc), n), v6: host(first64(DATACENTRES + dc), n) }),
  };
}
