// The text of a zone file: unsigned, since Knot signs what it loads. Pure.
import type { NameServer, Plan, PlannedZone } from "../plan/types.ts";
import type { RenderFacts } from "./facts.ts";

const TTL_SECONDS = 60;
const dotted = (name: string) => `${name}.`;

/** A zone with its SOA, servers, delegations (NS, DS and the glue that lies below), and records. */
export function zoneFile(plan: Plan, zone: PlannedZone, facts: RenderFacts): string {
  const apex = dotted(zone.name);
  const mailbox = dotted(`hostmaster.${plan.province.domain}`);
  // Knot counts the serial by itself (difference-no-serial): this one only begins.
  // A secondary without its primary stops before the signatures end: Knot keeps seven days of them (knot.ts, rrsig-refresh).
  const soa = `${apex} SOA ${dotted(zone.servers[0]!.name)} ${mailbox} 1 3600 600 604800 60`;
  const delegations = zone.children.flatMap((child) => [
    ...child.servers.map((s) => `${dotted(child.name)} NS ${dotted(s.name)}`),
    `${dotted(child.name)} DS ${child.broken ? facts.wrongDs.get(child.name) : facts.zones.get(child.name)!.ds}`,
    ...child.servers.flatMap((s) => glue(s, child.name)),
  ]);
  return `${[
    `$TTL ${TTL_SECONDS}`,
    soa,
    ...zone.servers.map((s) => `${apex} NS ${dotted(s.name)}`),
    ...zone.records.map((r) => `${dotted(r.name)} ${r.type} ${r.data}`),
    // 3 1 1: the server's own public key, whoever vouches for it.
    ...(zone.tlsa ?? []).flatMap(({ name, certificate }) =>
      facts.publicKeys.get(certificate)!.map((key) => `${dotted(name)} TLSA 3 1 1 ${key}`),
    ),
    ...delegations,
  ].join("\n")}\n`;
}

/** Only what lies within the child needs its address in the parent (RFC 1034 §4.2.1). */
const glue = ({ name, address, ipv6Only }: NameServer, child: string): string[] =>
  name === child || name.endsWith(`.${child}`)
    ? [...(ipv6Only ? [] : [`${dotted(name)} A ${address.v4}`]), `${dotted(name)} AAAA ${address.v6}`]
    : [];
