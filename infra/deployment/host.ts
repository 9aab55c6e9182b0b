// PlannedHost → HostSpec: the parts of a host's role, joined. Pure.

import { LAN_DEVICE } from "../plan/links.ts";
import type { Plan, PlannedHost, PlannedLink } from "../plan/types.ts";
import type { HostSpec, LinkEnd, LinkSpec } from "../platforms/platform.ts";
import { firewall, sysctls } from "../render/index.ts";
import { nameServerPart, resolverPart } from "./dns-part.ts";
import type { Materials } from "./facts.ts";
import { mailPart } from "./mail-part.ts";
import { routerPart } from "./network-part.ts";
import type { Part } from "./part.ts";
import { refusedLogPart } from "./refused-log-part.ts";
import { bastionPart, portalPart } from "./service-part.ts";
import { timePart } from "./time-part.ts";
import { tunnelEnd } from "./tunnel.ts";
import { agentPart, CONSOLE_KEEPS, consolePart } from "./watch-part.ts";

/** The host as a platform is asked to make it. */
export function hostSpec(plan: Plan, host: PlannedHost, m: Materials): HostSpec {
  const parts = partsOf(plan, host, m);
  const isConsole = host.server?.task === "console";
  const nftables = firewall(plan, host);
  return {
    id: host.id,
    loopback: [...(host.loopback ? [host.loopback] : []), ...host.anycast].flatMap((a) => [
      `${a.v4}/32`,
      `${a.v6}/128`,
    ]),
    sysctls: sysctls(host),
    bridges: host.lan ? [{ device: LAN_DEVICE, addresses: lanAddresses(host.lan) }] : [],
    ...(nftables !== undefined && { nftables }),
    directories: parts.flatMap((p) => p.directories),
    files: parts.flatMap((p) => p.files),
    daemons: parts.flatMap((p) => p.daemons),
    runtime: host.watched || isConsole,
    keep: isConsole ? CONSOLE_KEEPS : {},
    ...(isConsole && { forward: { daemon: "console", port: m.screen.port, listen: m.screen.listen } }),
    resolvers: host.role === "internet" || host.role === "upstream" ? [] : plan.resolvers.flatMap((a) => [a.v6, a.v4]),
  };
}

/** Started in this order: the network, then services, then what watches. */
function partsOf(plan: Plan, host: PlannedHost, m: Materials): Part[] {
  const parts: Part[] = [];
  if (host.asn !== undefined) parts.push(routerPart(plan, host));
  if (host.role === "border") parts.push(refusedLogPart());
  switch (host.server?.task ?? host.role) {
    case "internet":
    case "primary-dns":
    case "secondary-dns":
      parts.push(nameServerPart(plan, host, m));
      break;
    case "resolver":
      parts.push(resolverPart(plan, host, m), timePart(plan, host));
      break;
    case "portal":
      parts.push(portalPart(plan, host, m));
      break;
    case "mail":
      parts.push(mailPart(plan, host, m));
      break;
    case "bastion":
      parts.push(bastionPart(host, m));
      break;
    case "console":
      parts.push(consolePart(plan.registry, m));
      break;
  }
  if (host.watched) parts.push(agentPart(plan, host, m));
  return parts;
}

const lanAddresses = ({ address, prefix }: NonNullable<PlannedHost["lan"]>): string[] => [
  `${address.v4}/${prefix.v4.split("/")[1]}`,
  `${address.v6}/${prefix.v6.split("/")[1]}`,
];

/** The link as a platform is asked to make it; a server's default route goes by its core. */
export function linkSpec(plan: Plan, link: PlannedLink, m: Pick<Materials, "tunnelKey" | "fingerprint">): LinkSpec {
  const [a, b] = link.ends.map((end): LinkEnd => {
    const { server } = plan.byId.get(end.host)!;
    const { v4, v6 } = end.address ?? {};
    return {
      host: end.host,
      device: end.device,
      ...(end.bridge !== undefined && { bridge: end.bridge }),
      addresses: v4 === undefined ? [] : [`${v4}/${link.length.v4}`, `${v6}/${link.length.v6}`],
      routes: server
        ? [
            { to: "0.0.0.0/0", via: server.gateway.v4 },
            { to: "::/0", via: server.gateway.v6 },
          ]
        : [],
      ...tunnelEnd(plan, link, end, m),
    };
  }) as [LinkEnd, LinkEnd];
  return { id: link.id, a, b };
}
