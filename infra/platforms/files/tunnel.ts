// A line over the Internet as files of systemd-networkd: the WireGuard device under the line's own name, and at an agency its Internet line, by
// which the tunnel goes and nothing else: what the provider's DHCP and router say stands in a routing table of its own, which only packets
// with the tunnel's mark are looked up in. Pure.
import { INTERNET_DEVICE } from "../../render/nft-tunnel.ts";
import type { LinkEnd } from "../platform.ts";
import { section } from "./ini.ts";
import { type Entry, text } from "./tree.ts";

type Tunnel = NonNullable<LinkEnd["tunnel"]>;

/** 1,492 of PPPoE (RFC 2516), which most lines of Vietnam's providers are, less 40 of IPv6, 8 of UDP and 32 of WireGuard. */
const MTU = 1_412;
/** Mark and routing table in one number. */
const OUTER = 51_820;
/** A provider's NAT forgets who is silent, mostly after 30 s. */
const KEEPALIVE_SECONDS = 25;

const keyFile = (device: string) => `/etc/systemd/network/30-${device}.key`;

/** The device, systemd.netdev(5), and its key, which its program alone may read. */
export function tunnelFiles(device: string, { key, peerKey, allowed, port }: Tunnel): Entry[] {
  const begins = "endpoint" in port;
  const own = begins ? [`FirewallMark=${OUTER}`] : [`ListenPort=${port.listen}`];
  const other = begins ? [`Endpoint=${port.endpoint}:${port.at}`, `PersistentKeepalive=${KEEPALIVE_SECONDS}`] : [];
  return [
    text(
      `/etc/systemd/network/20-${device}.netdev`,
      section("NetDev", [`Name=${device}`, "Kind=wireguard", `MTUBytes=${MTU}`]) +
        section("WireGuard", [`PrivateKeyFile=${keyFile(device)}`, ...own]) +
        section("WireGuardPeer", [`PublicKey=${peerKey}`, `AllowedIPs=${allowed.join(",")}`, ...other]),
    ),
    { path: keyFile(device), content: key, mode: "0640", owner: "root:systemd-network" },
  ];
}

/** More of a tunnel's .network: where no provider has given a way, its packets stay here instead of going by the dedicated network. */
export const tunnelRules = ({ port }: Tunnel): string =>
  "endpoint" in port
    ? section("RoutingPolicyRule", ["Family=both", `FirewallMark=${OUTER}`, `Table=${OUTER}`, "Priority=1000"]) +
      section("RoutingPolicyRule", ["Family=both", `FirewallMark=${OUTER}`, "Type=unreachable", "Priority=1001"])
    : "";

/** The Internet line of an agency, by DHCP; with PPPoE its device is the engineer's, under the same name. */
export const internetLine = (): Entry =>
  text(
    `/etc/systemd/network/20-${INTERNET_DEVICE}.network`,
    section("Match", [`Name=${INTERNET_DEVICE}`]) +
      section("Network", ["DHCP=yes", "IPv6AcceptRA=yes", "LinkLocalAddressing=ipv6"]) +
      section("DHCPv4", [`RouteTable=${OUTER}`, "UseDNS=no", "UseNTP=no", "UseDomains=no", "UseHostname=no"]) +
      section("DHCPv6", ["UseDNS=no", "UseNTP=no", "UseDomains=no", "UseHostname=no"]) +
      section("IPv6AcceptRA", [`RouteTable=${OUTER}`, "UseDNS=no", "UseDomains=no"]),
  );
