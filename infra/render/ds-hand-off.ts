// What the province hands to those who register its names and addresses, so that a zone is delegated and its chain of trust begins:
// name servers with their addresses, the DS record and the key that it is of. As lines of a zone file, which every registrar reads. Pure.
import type { Plan } from "../plan/types.ts";
import type { RenderFacts } from "./facts.ts";

const TTL_SECONDS = 3_600;

/** The text for one zone's parent. */
export function dsHandOff(plan: Plan, zone: string, facts: RenderFacts): string {
  const { servers } = plan.zones.find((z) => z.name === zone)!;
  const { ds, dnskey } = facts.zones.get(zone)!;
  const own = `${zone}. ${TTL_SECONDS} IN`;
  return `${[
    `; ${zone}: NS, DS (SHA-256, RFC 4509), DNSKEY (RFC 6605)`,
    ...servers.map((s) => `${own} NS ${s.name}.`),
    ...servers.flatMap(({ name, address }) =>
      name.endsWith(`.${zone}`)
        ? [`${name}. ${TTL_SECONDS} IN A ${address.v4}`, `${name}. ${TTL_SECONDS} IN AAAA ${address.v6}`]
        : [],
    ),
    `${own} DS ${ds}`,
    `; ${own} DNSKEY ${dnskey}`,
  ].join("\n")}\n`;
}

/** Zones whose parent is another's: those of names and addresses that the world sees. */
export const handedOver = (plan: Plan): string[] => {
  const ours = new Set(plan.zones.filter((z) => plan.byId.get(z.primary)!.server).map((z) => z.name));
  return plan.zones
    .filter((z) => !ours.has(z.name))
    .flatMap((z) => z.children.map((c) => c.name))
    .filter((name) => ours.has(name));
};
