// The text of /etc/unbound/unbound.conf and of what it reads: a validating resolver with the province's own root, which asks the
// province's name servers directly, so that names within resolve while both upstreams are down. Pure.
import type { Plan, PlannedHost, PlannedZone } from "../plan/types.ts";
import type { RenderFacts } from "./facts.ts";

export const UNBOUND = {
  config: "/etc/unbound/unbound.conf",
  hints: "/etc/unbound/root.hints",
  anchors: "/etc/unbound/anchors.ds",
  control: "/run/unbound/control.sock",
} as const;

export function unboundConfig(plan: Plan, host: PlannedHost): string {
  const { address } = host.server!;
  const { aggregate, private4 } = plan.province;
  const own = ownZones(plan);
  const id = `${plan.names.resolverId}.`;
  const allow = [aggregate.v4, private4, aggregate.v6].map((p) => `  access-control: ${p} allow`);
  return `server:
  directory: "/etc/unbound"
  chroot: ""
  username: ""
  pidfile: ""
  do-daemonize: no
  use-syslog: no
  logfile: ""
  log-time-ascii: yes
  val-log-level: 2
  num-threads: 1
  interface: ${address.v4}
  interface: ${address.v6}
${allow.join("\n")}
  root-hints: "${UNBOUND.hints}"
  trust-anchor-file: "${UNBOUND.anchors}"
  module-config: "validator iterator"
  ede: yes
  harden-dnssec-stripped: yes
  qname-minimisation: yes
  # Reverse zones of private and documentation addresses are ours here.
  unblock-lan-zones: yes
  hide-identity: yes
  hide-version: yes
  prefetch: yes
  # By this name an agent knows that it is this resolver that answers it, and nobody in its place.
  local-zone: "${id}" static
  local-data: '${id} 0 IN TXT "${host.id}"'
  # What was bogus is asked for again soon: a corrected zone is in use within seconds.
  val-bogus-ttl: 5
  cache-max-ttl: 60
  cache-max-negative-ttl: 5
  # A server that was out of reach is tried again soon.
  infra-host-ttl: 30
  infra-keep-probing: yes
remote-control:
  control-enable: yes
  control-interface: ${UNBOUND.control}
  control-use-cert: no
${own.map(stubZone).join("")}`;
}

/** Zones of the province's own servers that none of them delegates: what lies below one is found by its delegation. */
const ownZones = (plan: Plan): PlannedZone[] => {
  const ours = plan.zones.filter((z) => plan.byId.get(z.primary)!.server);
  const below = new Set(ours.flatMap((z) => z.children.map((c) => c.name)));
  return ours.filter((z) => !below.has(z.name));
};

const stubZone = ({ name, servers }: PlannedZone): string => `stub-zone:
  name: "${name}."
${servers
  .flatMap((s) => [s.address.v6, s.address.v4])
  .map((a) => `  stub-addr: ${a}\n`)
  .join("")}`;

/** The root's servers, in both families. */
export function rootHints(plan: Plan): string {
  const root = plan.zones.find((z) => z.name === "")!;
  return `${root.servers
    .flatMap(({ name, address }) => [
      `. 3600 NS ${name}.`,
      `${name}. 3600 A ${address.v4}`,
      `${name}. 3600 AAAA ${address.v6}`,
    ])
    .join("\n")}\n`;
}

/** The root, and the province's own zones: those that are asked for without going by the root, and those that it does not know. */
export const trustAnchors = (plan: Plan, facts: RenderFacts): string =>
  ["", ...ownZones(plan).map((z) => z.name)].map((zone) => `${zone}. IN DS ${facts.zones.get(zone)!.ds}\n`).join("");
