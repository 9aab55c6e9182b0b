// Which addresses the console may be sent to by what people configure (webhooks, checks by address): none of this machine's, none
// of the link's, none that lead elsewhere than they say. The province's own networks are private too, so those that a webhook may
// reach are named by the operator. IANA special-purpose registries (RFC 6890). Pure.
import { BlockList, isIP } from "node:net";

type Range = readonly [prefix: string, bits: number];

/** Never, whatever the operator says: here, everybody, tunnels and translations that hide another address. */
const NEVER_4: readonly Range[] = [
  ["0.0.0.0", 8], // this network
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local: clouds' metadata
  ["192.0.0.0", 24], // protocol assignments
  ["192.88.99.0", 24], // 6to4 relays
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];
const NEVER_6: readonly Range[] = [
  ["::", 96], // unspecified, loopback, IPv4-compatible
  ["::ffff:0:0", 96], // IPv4-mapped: said as IPv4 or not at all
  ["64:ff9b::", 96], // NAT64
  ["64:ff9b:1::", 48],
  ["100::", 64], // discard
  ["2001::", 32], // Teredo
  ["2002::", 16], // 6to4
  ["fe80::", 10], // link-local
  ["fec0::", 10], // site-local
  ["ff00::", 8], // multicast
];
/** Only where the operator has named the network. */
const PRIVATE_4: readonly Range[] = [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["192.0.2.0", 24],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
];
const PRIVATE_6: readonly Range[] = [
  ["fc00::", 7],
  ["2001:db8::", 32],
];

type Kind = "ipv4" | "ipv6";
/** A list a family: in a common one, an IPv4 address is also looked for as IPv4-mapped. */
function listOf(kind: Kind, ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [prefix, bits] of ranges) list.addSubnet(prefix, bits, kind);
  return list;
}
const NEVER = { ipv4: listOf("ipv4", NEVER_4), ipv6: listOf("ipv6", NEVER_6) };
const PRIVATE = { ipv4: listOf("ipv4", PRIVATE_4), ipv6: listOf("ipv6", PRIVATE_6) };

export type AddressFault = "address-invalid" | "address-forbidden" | "address-private";
export interface AddressPolicy {
  /** Private networks that may be reached, as prefixes: `10.20.0.0/16`, `fd00:1::/48`. */
  allow: readonly string[];
}

/** Why an address may not be connected to; undefined when it may. */
export function addressFault(address: string, policy: AddressPolicy): AddressFault | undefined {
  const family = isIP(address);
  if (family === 0 || address.includes("%")) return "address-invalid";
  const kind: Kind = family === 4 ? "ipv4" : "ipv6";
  if (NEVER[kind].check(address, kind)) return "address-forbidden";
  if (!PRIVATE[kind].check(address, kind)) return undefined;
  return listOf(kind, allowed(policy, family)).check(address, kind) ? undefined : "address-private";
}

const allowed = (policy: AddressPolicy, family: number): Range[] =>
  policy.allow.flatMap((prefix) => {
    const [network = "", bits = ""] = prefix.split("/");
    const good = isIP(network) === family && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
    return good ? [[network, Number(bits)] as const] : [];
  });

export type TargetFault = AddressFault | "url-invalid" | "url-not-https" | "url-credentials" | "url-port";

/** Why a configured address of the web may not be kept: judged before any name is looked up. */
export function urlFault(text: string, policy: AddressPolicy & { plain?: boolean }): TargetFault | undefined {
  if (text.length > 2_048 || !URL.canParse(text)) return "url-invalid";
  const url = new URL(text);
  if (url.protocol !== "https:" && !(policy.plain && url.protocol === "http:")) return "url-not-https";
  if (url.username !== "" || url.password !== "") return "url-credentials";
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  if (port < 1024 && port !== 443 && port !== 80) return "url-port";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? undefined : addressFault(host, policy);
}
