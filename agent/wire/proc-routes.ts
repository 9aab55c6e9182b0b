// Reads the kernel's routes from /proc/net/route and /proc/net/ipv6_route and answers which way a packet would go:
// longest prefix, then lowest metric (RFC 1812 §5.2.4.3). Pure. Policy rules are not seen: a host that routes by them needs
// another reader.
import { type Address, holds } from "./address.ts";

export interface Route {
  /** "lo" for the machine itself, "*" for a refusal of IPv4. */
  device: string;
  address: Address;
  /** Bits of the prefix. */
  length: number;
  metric: number;
  /** unreachable, blackhole, prohibit: matched, and answers "no". */
  rejects: boolean;
}

const UP = 0x0001;
const REJECT = 0x0200;

/** /proc/net/route: destination and mask are 32-bit numbers in the machine's byte order. Other lines are passed over. */
export function parseRoutes4(text: string, littleEndian: boolean): Route[] {
  const routes: Route[] = [];
  for (const line of text.split("\n")) {
    const [device, destination, , flagsText, , , metric, mask] = line.trim().split(/\s+/);
    if (!device || !isHex(destination, 8) || !isHex(mask, 8) || !isHex(flagsText, 4)) continue;
    const flags = Number.parseInt(flagsText, 16);
    const length = maskLength(word(mask, littleEndian));
    if ((flags & UP) === 0 || length === undefined) continue;
    const rejects = (flags & REJECT) !== 0;
    routes.push({ device, address: word(destination, littleEndian), length, metric: Number(metric) || 0, rejects });
  }
  return routes;
}

/** /proc/net/ipv6_route: addresses in network order. All tables stand in it, the local one too (device lo). */
export function parseRoutes6(text: string): Route[] {
  const routes: Route[] = [];
  for (const line of text.split("\n")) {
    const [destination, lengthText, , , , metric, , , flagsText, device] = line.trim().split(/\s+/);
    if (!device || !isHex(destination, 32) || !isHex(lengthText, 2) || !isHex(metric, 8) || !isHex(flagsText, 8))
      continue;
    const flags = Number.parseInt(flagsText, 16);
    const length = Number.parseInt(lengthText, 16);
    if ((flags & UP) === 0 || length > 128) continue;
    const address = Uint8Array.from(Buffer.from(destination, "hex"));
    routes.push({ device, address, length, metric: Number.parseInt(metric, 16), rejects: (flags & REJECT) !== 0 });
  }
  return routes;
}

/** The route that a packet to `address` takes; undefined when none matches. A rejecting route is returned as such. */
export function routeTo(routes: readonly Route[], address: Address): Route | undefined {
  let best: Route | undefined;
  for (const route of routes) {
    if (!holds(route, address)) continue;
    if (!best || route.length > best.length || (route.length === best.length && route.metric < best.metric))
      best = route;
  }
  return best;
}

const isHex = (text: string | undefined, digits: number): text is string =>
  text !== undefined && text.length === digits && /^[0-9a-f]+$/i.test(text);

function word(hex: string, littleEndian: boolean): Uint8Array {
  const octets = Uint8Array.from(Buffer.from(hex, "hex"));
  return littleEndian ? octets.reverse() : octets;
}

function maskLength(mask: Uint8Array): number | undefined {
  const bits = [...mask].map((octet) => octet.toString(2).padStart(8, "0")).join("");
  const ones = bits.indexOf("0") < 0 ? 32 : bits.indexOf("0");
  return bits.includes("1", ones) ? undefined : ones;
}
