// What the province believes of the routes that others tell it: what nobody may announce, who may announce the province's own
// prefixes, and how much an upstream may say. Pure.
import type { Intent } from "../province/schema.ts";
import { type Net, net } from "./address.ts";
import type { Allocation } from "./allocate.ts";
import type { Dual } from "./types.ts";

/** Something that must not be seen in a route from outside, and who says so. */
export interface Bogon<T> {
  what: T;
  source: string;
}

/** IPv4 that is nobody's to announce (IANA IPv4 special-purpose registry, RFC 6890). */
export const BOGONS4: readonly Bogon<string>[] = [
  { what: "0.0.0.0/8", source: "RFC 1122 §3.2.1.3" },
  { what: "10.0.0.0/8", source: "RFC 1918" },
  { what: "100.64.0.0/10", source: "RFC 6598" },
  { what: "127.0.0.0/8", source: "RFC 1122 §3.2.1.3" },
  { what: "169.254.0.0/16", source: "RFC 3927" },
  { what: "172.16.0.0/12", source: "RFC 1918" },
  { what: "192.0.0.0/24", source: "RFC 6890 §2.1" },
  { what: "192.0.2.0/24", source: "RFC 5737" },
  { what: "192.88.99.0/24", source: "RFC 7526" },
  { what: "192.168.0.0/16", source: "RFC 1918" },
  { what: "198.18.0.0/15", source: "RFC 2544" },
  { what: "198.51.100.0/24", source: "RFC 5737" },
  { what: "203.0.113.0/24", source: "RFC 5737" },
  { what: "224.0.0.0/4", source: "RFC 5771" },
  { what: "240.0.0.0/4", source: "RFC 1112 §4" },
];

/** IPv6 that is nobody's to announce: all but global unicast, and what is set aside within it. */
export const BOGONS6: readonly Bogon<string>[] = [
  { what: "::/3", source: "RFC 4291 §2.4: not global unicast" },
  { what: "4000::/2", source: "RFC 4291 §2.4: not global unicast" },
  { what: "8000::/1", source: "RFC 4291 §2.4: not global unicast" },
  { what: "2001::/32", source: "RFC 4380: Teredo" },
  { what: "2001:2::/48", source: "RFC 5180" },
  { what: "2001:10::/28", source: "RFC 4843" },
  { what: "2001:20::/28", source: "RFC 7343" },
  { what: "2001:db8::/32", source: "RFC 3849" },
  { what: "2002::/16", source: "RFC 7526" },
  { what: "3ffe::/16", source: "RFC 3701" },
  { what: "3fff::/20", source: "RFC 9637" },
];

/** AS numbers that stand in no path of the Internet, from and to. */
export const BOGON_ASNS: readonly Bogon<[number, number]>[] = [
  { what: [0, 0], source: "RFC 7607" },
  { what: [23_456, 23_456], source: "RFC 6793" },
  { what: [64_496, 64_511], source: "RFC 5398" },
  { what: [64_512, 65_534], source: "RFC 6996" },
  { what: [65_535, 65_535], source: "RFC 7300" },
  { what: [65_536, 65_551], source: "RFC 5398" },
  { what: [65_552, 131_071], source: "IANA: reserved" },
  { what: [4_200_000_000, 4_294_967_294], source: "RFC 6996" },
  { what: [4_294_967_295, 4_294_967_295], source: "RFC 7300" },
];

/** What is narrower is not routed in the Internet (RFC 7454 §6.1.3). */
export const NARROWEST = { v4: 24, v6: 48 } as const;

/** Twice what a full table has today; a leak of somebody's whole table doubles it. */
const MAX_PREFIXES = { ipv4: 2_000_000, ipv6: 500_000 };

export interface Roa {
  prefix: string;
  maxLength: number;
  asn: number;
}

export interface Routing {
  /** Networks of others that this file describes: the upstreams, and what stands behind them. */
  others: { host: string; asn: number; prefix: Dual }[];
  /**
   * Where a province is drawn with addresses and numbers that are set aside (a laboratory, a course), the world around it is made
   * of bogons. These, exactly these, are let through the filters; with real ones the lists are empty.
   */
  drawn: { v4: string[]; v6: string[]; asns: number[] };
  /** The authorisations of the province's own prefixes, as they are published: no longer than announced. */
  roas: Roa[];
  /** RPKI validators that the borders ask (RFC 8210). */
  validators: { address: string; port: number }[];
  /** By upstream: how many prefixes it may tell in each family before its session ends. */
  limits: ReadonlyMap<string, Record<"v4" | "v6", number>>;
}

/** The routing policy's data. */
export function planRouting(p: Intent, { aggregate }: Allocation): Routing {
  const others = [p.internet, ...p.upstreams].map(({ id, asn, ipv4, ipv6 }) => ({
    host: id,
    asn,
    prefix: { v4: ipv4, v6: ipv6 },
  }));
  const roa = (prefix: string): Roa => ({ prefix, maxLength: net(prefix).length, asn: p.province.asn });
  return {
    others,
    drawn: {
      v4: others.map((o) => o.prefix.v4).filter((t) => isBogon(t, BOGONS4) || net(t).length > NARROWEST.v4),
      v6: others.map((o) => o.prefix.v6).filter((t) => isBogon(t, BOGONS6) || net(t).length > NARROWEST.v6),
      asns: others.map((o) => o.asn).filter((n) => BOGON_ASNS.some(({ what: [from, to] }) => n >= from && n <= to)),
    },
    roas: [roa(aggregate.v4), roa(aggregate.v6)],
    validators: p.province.validators ?? [],
    limits: new Map(
      p.upstreams.map((u) => {
        const { ipv4, ipv6 } = u.maxPrefixes ?? MAX_PREFIXES;
        return [u.id, { v4: ipv4, v6: ipv6 }];
      }),
    ),
  };
}

const isBogon = (text: string, bogons: readonly Bogon<string>[]): boolean =>
  bogons.some(({ what }) => covers(net(what), net(text)));

/** Whether all of `inner` lies in `outer`. */
export function covers(outer: Net, inner: Net): boolean {
  const shift = BigInt((outer.family === 4 ? 32 : 128) - outer.length);
  return outer.family === inner.family && inner.length >= outer.length && outer.base >> shift === inner.base >> shift;
}
