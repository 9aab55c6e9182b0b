// A host's network as files of systemd-networkd, sysctl.d and nftables, with the addresses, routes and rules that the lab gives it by
// `ip` and `nft`. Pure.
import type { HostSpec, LinkEnd } from "../platform.ts";
import { section } from "./ini.ts";
import { type Entry, text } from "./tree.ts";
import { internetLine, tunnelFiles, tunnelRules } from "./tunnel.ts";

/** One end of a line at this host, and the line's id. */
export interface OwnEnd extends LinkEnd {
  link: string;
}

/** Every file that makes the host's network; systemd.network(5), systemd.netdev(5), sysctl.d(5). */
export function networkFiles(host: HostSpec, ends: readonly OwnEnd[]): Entry[] {
  return [
    text("/etc/systemd/network/05-lo.network", section("Match", ["Name=lo"]) + network(host.loopback)),
    ...host.bridges.flatMap(({ device, addresses }) => [
      text(
        `/etc/systemd/network/10-${device}.netdev`,
        section("NetDev", [`Name=${device}`, "Kind=bridge"]) + section("Bridge", ["STP=no", "MulticastSnooping=no"]),
      ),
      text(
        `/etc/systemd/network/10-${device}.network`,
        section("Match", [`Name=${device}`]) + network(addresses, ["ConfigureWithoutCarrier=yes"]),
      ),
    ]),
    ...ends.map((end) => text(`/etc/systemd/network/20-${end.device}.network`, port(end))),
    ...ends.flatMap(({ device, tunnel }) => (tunnel ? tunnelFiles(device, tunnel) : [])),
    ...(ends.some(({ tunnel }) => tunnel && "endpoint" in tunnel.port) ? [internetLine()] : []),
    text("/etc/sysctl.d/60-vonggac.conf", sysctlText(host.sysctls)),
    ...(host.nftables === undefined
      ? []
      : [text("/etc/nftables.conf", `#!/usr/sbin/nft -f\nflush ruleset\n${host.nftables}\n`, "0755")]),
    ...(host.resolvers.length === 0
      ? []
      : [
          text(
            "/etc/resolv.conf",
            `${host.resolvers.map((r) => `nameserver ${r}`).join("\n")}\noptions edns0 trust-ad\n`,
          ),
        ]),
  ];
}

/** The device bears the plan's name: a tunnel's by its .netdev, another's by a .link file of the engineer's, who knows the hardware's address. */
function port(end: OwnEnd): string {
  const bridge = end.bridge === undefined ? [] : [`Bridge=${end.bridge}`];
  return (
    `# ${end.link}\n` +
    section("Match", [`Name=${end.device}`]) +
    network(end.addresses, bridge) +
    end.routes.map((r) => section("Route", [`Destination=${r.to}`, `Gateway=${r.via}`])).join("") +
    (end.tunnel ? tunnelRules(end.tunnel) : "")
  );
}

/** No address and no router but what the plan says. */
const network = (addresses: readonly string[], more: readonly string[] = []): string =>
  section("Network", [
    "LinkLocalAddressing=ipv6",
    "IPv6AcceptRA=no",
    "IPv6DuplicateAddressDetection=0",
    ...more,
    ...addresses.map((a) => `Address=${a}`),
  ]);

const sysctlText = (sysctls: Record<string, string>): string =>
  Object.entries(sysctls)
    .map(([key, value]) => `net/${key} = ${value}\n`)
    .join("");
