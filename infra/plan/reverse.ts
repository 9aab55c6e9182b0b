// Names of addresses turned round: the zones that cover a prefix, and the name of an address in them. Pure.
import { type Net, net } from "./address.ts";

/** The digits of an address, the highest first: octets of IPv4, nibbles of IPv6. */
const UNIT = {
  4: { bits: 8, count: 4, radix: 10, suffix: "in-addr.arpa" },
  6: { bits: 4, count: 32, radix: 16, suffix: "ip6.arpa" },
} as const;

function digits({ family, base }: Net): string[] {
  const { bits, count, radix } = UNIT[family];
  const mask = (1n << BigInt(bits)) - 1n;
  return Array.from({ length: count }, (_, i) => ((base >> BigInt(bits * (count - 1 - i))) & mask).toString(radix));
}

const turned = (family: 4 | 6, labels: readonly string[]) => [...labels.toReversed(), UNIT[family].suffix].join(".");

/**
 * The reverse zones of a prefix: one where it ends at an octet or nibble, several where it ends within one, and for an IPv4 prefix
 * longer than a /24 the one of RFC 2317 §4 (`64-26.113.0.203.in-addr.arpa`), to which the provider points.
 */
export function reverseZones(prefix: string): string[] {
  const n = net(prefix);
  const { bits } = UNIT[n.family];
  const all = digits(n);
  if (n.family === 4 && n.length > 24 && n.length < 32)
    return [turned(4, [...all.slice(0, 3), `${all[3]}-${n.length}`])];
  const whole = Math.ceil(n.length / bits);
  const spread = 1 << (whole * bits - n.length);
  const shift = BigInt((n.family === 4 ? 32 : 128) - whole * bits);
  return Array.from({ length: spread }, (_, i) =>
    turned(n.family, digits({ ...n, base: n.base + (BigInt(i) << shift) }).slice(0, whole)),
  );
}

/** The name of an address's PTR record: in an RFC 2317 zone its last octet below that zone, else the common one. */
export function reverseName(address: string, zone: string): string {
  // Ten thousand sites are turned round at once, and these need no arithmetic.
  if (!address.includes(":") && !zone.includes("-"))
    return `${address.split(".").reverse().join(".")}.${UNIT[4].suffix}`;
  const all = digits(net(address));
  const classless = /^\d+-\d+\./.test(zone);
  return classless ? `${all[3]}.${zone}` : turned(address.includes(":") ? 6 : 4, all);
}

/** Whether an address's reverse name lies in a reverse zone. */
export function isReversedIn(address: string, zone: string): boolean {
  if (address.includes(":") !== zone.endsWith(UNIT[6].suffix)) return false;
  const classless = /^(\d+)-(\d+)\.(.*)$/.exec(zone);
  const name = reverseName(address, "");
  if (!classless) return name.endsWith(`.${zone}`);
  const [, base, length, rest] = classless;
  const last = Number(digits(net(address))[3]);
  return name.endsWith(`.${rest}`) && last >= Number(base) && last < Number(base) + 2 ** (32 - Number(length));
}
