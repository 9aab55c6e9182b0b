// Which address follows from which number. A number belongs to an identity (agency, router, server, data centre) by province.lock
// (number.ts); from there on every address is a function of the province's prefixes and of it, and of nothing else: not of order,
// not of how many there are. The ranges below are disjoint by construction:
//
//   IPv6, within the province's prefix (P = its length). A block is a /(P+16), or a /60 below a /48, whose blocks are fewer;
//   always some /64 wide, so that a site can grow. SITES is 0x1000 (0x100 in a /48).
//     block 0x0001           loopbacks: routers ::<number>; sites ::1:0:<number>
//     block 0x0002           lines, /127: between routers ::<lower>:<higher><<1; to sites ::1:<site>:<hub><<1
//     block 0x0003           where hubs are found over the Internet: chosen in province.yaml, its first /64
//     block 0x0010 + n       local network of data centre n, its first /64
//     block SITES + n        site n, of which the first /64 is its local network
//   IPv4, in shares of the private prefix (in brackets: of 10.0.0.0/8)
//     from 0                 loopbacks of routers, 1/256  (10.0.0.0/16)
//     from 1/256             loopbacks of sites, 1/256    (10.1.0.0/16)
//     from 1/128             lines between routers, 1/128 (10.2.0.0/15): (lower << bits | higher) × 2
//     from 1/32              lines to sites, 1/32         (10.8.0.0/13): (site << bits | hub mod 2^bits) × 2
//     from 1/16              local network of site n      (10.16.0.0 + n × /24)
//   The public IPv4 prefix is cut into a /26 a data centre.
import type { Intent } from "../province/schema.ts";
import { host, type Net, net, prefixText, subnet } from "./address.ts";
import type { Dual } from "./types.ts";

const DATACENTRES = 0x10;

/** How many bits each kind of number has, by the prefixes' lengths: what fits into the shares above. */
function widths(length4: number, length6: number) {
  const bits = 32 - length4;
  const hub = length4 <= 12 ? 4 : 2;
  const site4 = Math.min(14, bits - 6 - hub);
  const index = length6 === 48 ? 12 : 16;
  return { hub, site: site4, router: Math.min(8, (bits - 8) >> 1), lan: Math.min(8, bits - site4 - 1), index };
}

export interface Lan {
  prefix: Dual;
  address: Dual;
}

export interface Allocation {
  /** Highest number of each kind that the prefixes hold; how many hubs an agency can tell apart; addresses of a site's network. */
  most: { datacentre: number; router: number; site: number; hubs: number; siteHosts: number };
  /** What belongs to a site: room for more networks than the one that it has. */
  siteBlock(site: number): Dual;
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
  /** Of a device on a site's network. */
  siteHost(site: number, host: number): Dual;
  datacentreLan(datacentre: number): Lan;
  server(datacentre: number, server: number): Dual;
}

/** Cuts the province's prefixes. Pure; costs nothing until asked. */
export function allocation(province: Intent["province"]): Allocation {
  const six = net(province.ipv6);
  const four = net(province.ipv4);
  const open = net(province.publicIpv4);
  const width = widths(four.length, six.length);
  const blockLength = six.length + width.index;
  const sites = width.index === 12 ? 0x100 : 0x1000;
  const block = (index: number): Net => subnet(six, blockLength, index);
  const first64 = (index: number): Net => subnet(block(index), 64, 0);
  const [loops6, lines6] = [first64(1), first64(2)];
  const loops4 = subnet(four, four.length + 8, 0);
  const siteLoops4 = subnet(four, four.length + 8, 1);
  const lines4 = subnet(four, four.length + 7, 1);
  const siteLines4 = subnet(four, four.length + 5, 1);
  const siteLans4 = subnet(four, four.length + 4, 1);
  const hubMask = (1 << width.hub) - 1;
  const datacentre4 = (n: number) => subnet(open, 26, n - 1);
  const site4 = (n: number) => subnet(siteLans4, 32 - width.lan, n);
  const pair = (v4: Net, at4: number, at6: bigint): [Dual, Dual] => [
    { v4: host(v4, at4), v6: host(lines6, at6) },
    { v4: host(v4, at4 + 1), v6: host(lines6, at6 + 1n) },
  ];
  const lan = (v4: Net, v6: Net): Lan => ({
    prefix: { v4: prefixText(v4), v6: prefixText(v6) },
    address: { v4: host(v4, 1), v6: host(v6, 1) },
  });
  return {
    most: {
      datacentre: Math.min(4, 1 << (26 - open.length)),
      router: (1 << width.router) - 1,
      site: Math.min((1 << width.site) - 1, 2 ** width.index - sites - 1),
      hubs: 1 << width.hub,
      siteHosts: (1 << width.lan) - 2,
    },
    siteBlock: (n) => ({ v4: prefixText(site4(n)), v6: prefixText(block(sites + n)) }),
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
      const ends = pair(lines4, ((low << width.router) | high) << 1, (BigInt(low) << 16n) | (BigInt(high) << 1n));
      return upper < lower ? ends : [ends[1], ends[0]];
    },
    siteLine: (site, hub) =>
      pair(
        siteLines4,
        ((site << width.hub) | (hub & hubMask)) << 1,
        (1n << 32n) | (BigInt(site) << 16n) | (BigInt(hub) << 1n),
      ),
    siteLan: (n) => lan(site4(n), first64(sites + n)),
    siteHost: (site, n) => ({ v4: host(site4(site), n), v6: host(first64(sites + site), n) }),
    datacentreLan: (n) => lan(datacentre4(n), first64(DATACENTRES + n)),
    server: (dc, n) => ({ v4: host(datacentre4(dc), n), v6: host(first64(DATACENTRES + dc), n) }),
  };
}
