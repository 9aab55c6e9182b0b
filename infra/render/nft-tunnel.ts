// What lines over the Internet ask of the firewalls, as neighbours' BGP does of the lines: it follows from them and is no row of the table
// of flows. WireGuard's own port at a hub, by way of the borders, from anywhere, since an agency's Internet line has whatever address its
// provider gives; to one who has no key it never answers. At the agency nothing comes in by the Internet line but its hub's answers. Pure.
import type { Plan, PlannedHost, PlannedLink } from "../plan/types.ts";
import { FAMILIES, set, word } from "./nft-match.ts";
import { perPlan } from "./per-plan.ts";

/** The device of an agency's Internet line; files of systemd's name it so (platforms/files/tunnel.ts). */
export const INTERNET_DEVICE = "wan0";

interface Door {
  hub: string;
  endpoint: { v4: string; v6: string };
  ports: number[];
}

const doors = perPlan((plan: Plan, _: undefined): Door[] => {
  const byHub = new Map<string, Door>();
  for (const { tunnel, ends } of plan.links) {
    if (!tunnel) continue;
    const hub = ends[0].host;
    const door = byHub.get(hub) ?? { hub, endpoint: tunnel.endpoint, ports: [] };
    door.ports.push(tunnel.port);
    byHub.set(hub, door);
  }
  return [...byHub.values()];
});

const COMMENT = 'counter accept comment "tunnel"';

/** At the hub: its own door. At the agency: what its provider's DHCPv6 says, which answers a group and so no state knows. */
export const tunnelInput = (plan: Plan, host: PlannedHost): string[] =>
  host.role === "site"
    ? tunnelsOf(plan, host)
        .slice(0, 1)
        .map(() => `iifname "${INTERNET_DEVICE}" ip6 saddr fe80::/10 udp sport 547 udp dport 546 ${COMMENT}`)
    : doors(plan, undefined)
        .filter((d) => d.hub === host.id)
        .flatMap(({ endpoint, ports }) =>
          FAMILIES.map((f) => `${word(f)} daddr ${endpoint[f]} udp dport ${set(ports)} ${COMMENT}`),
        );

/** At a border, without state: in to every hub's door, and its answers out. */
export const tunnelForward = (plan: Plan, inward: string, outward: string): string[] =>
  doors(plan, undefined).flatMap(({ endpoint, ports }) =>
    FAMILIES.flatMap((f) => [
      `${inward} ${word(f)} daddr ${endpoint[f]} udp dport ${set(ports)} ${COMMENT}`,
      `${outward} ${word(f)} saddr ${endpoint[f]} udp sport ${set(ports)} ${COMMENT}`,
    ]),
  );

/** At an agency: who comes by its Internet line with an address of the province's is a liar, but for the hubs. */
export function tunnelAntiSpoof(plan: Plan, host: PlannedHost): string[] {
  const own = tunnelsOf(plan, host);
  if (own.length === 0) return [];
  const from = `iifname "${INTERNET_DEVICE}"`;
  return FAMILIES.flatMap((f) => [
    ...own.map(({ endpoint, port }) => `${from} ${word(f)} saddr ${endpoint[f]} udp sport ${port} accept`),
    `${from} ${word(f)} saddr @inside_${f} counter drop comment "spoofed"`,
  ]);
}

const tunnelsOf = (plan: Plan, host: PlannedHost): NonNullable<PlannedLink["tunnel"]>[] =>
  (plan.interfaces.get(host.id) ?? []).flatMap(({ link }) => (link.tunnel ? [link.tunnel] : []));
