// Parties of the table of flows as matches of nftables, on either side of a packet and in either family. Sites are known by
// what is left of the province's space when its own routers and servers are taken out: so an agency that comes or goes changes
// no rule but its hub's. Pure.
import { type Flow, isOf, type Party, type Ports, SERVICES, type Service, ZONES, zoneOf } from "../plan/firewall.ts";
import type { Plan, PlannedHost } from "../plan/types.ts";
import { perPlan } from "./per-plan.ts";

export type Side = "saddr" | "daddr";
export type F = "v4" | "v6";
export const FAMILIES = ["v4", "v6"] as const;
export const word = (f: F) => (f === "v4" ? "ip" : "ip6");
export const set = (members: readonly (string | number)[]): string => `{ ${members.join(", ")} }`;

/** Every address that a router or server of ours speaks from, but sites'. */
export const addressesOf = (plan: Plan, host: PlannedHost, f: F): string[] =>
  host.server
    ? [host.server.address[f]]
    : [
        host.loopback![f],
        ...host.anycast.map((a) => a[f]),
        // A core speaks to its servers from within their network.
        ...(host.lan ? [host.lan.address[f]] : []),
        ...(plan.interfaces.get(host.id) ?? []).flatMap((i) =>
          i.link.medium === "backbone" ? [i.own.address![f]] : [],
        ),
      ];

/** Named sets that the matches use: all that is the province's, and what of it is no site's. */
export const namedSets = (plan: Plan): string => sets(plan, undefined);
const sets = perPlan((plan: Plan, _: undefined): string => {
  const { aggregate, private4 } = plan.province;
  const inside = { v4: [aggregate.v4, private4], v6: [aggregate.v6] };
  const all = FAMILIES.flatMap((f) => [
    nftSet(`inside_${f}`, f, inside[f]),
    nftSet(`known_${f}`, f, [
      ...plan.hosts.flatMap((h) => (h.role === "core" ? [h.lan!.prefix[f]] : [])),
      ...infrastructure(plan).flatMap((h) => (h.server ? [] : addressesOf(plan, h, f))),
    ]),
  ]);
  return all.join("\n");
});

export const nftSet = (name: string, f: F, elements: readonly string[]): string =>
  `  set ${name} { type ${f === "v4" ? "ipv4_addr" : "ipv6_addr"}; flags interval; auto-merge; elements = ${set(elements)} }`;

const infrastructure = (plan: Plan): PlannedHost[] => ours(plan, undefined);
const ours = perPlan((plan: Plan, _: undefined) =>
  plan.hosts.filter((h) => h.role !== "site" && h.role !== "internet" && h.role !== "upstream"),
);

/** The matches of which one must hold for an address to be of a party; `among` limits them to these hosts of ours. */
export function matches(plan: Plan, party: Party, side: Side, f: F, among?: readonly PlannedHost[]): string[] {
  const zones = new Set(party.zones);
  if (!among && ZONES.every((z) => z === "internet" || zones.has(z))) return [`${word(f)} ${side} @inside_${f}`];
  const named = (among ?? infrastructure(plan)).filter((h) => isOf(h, party)).flatMap((h) => addressesOf(plan, h, f));
  const sites = zones.has("campus") || (party.roles?.includes("site") ?? false);
  return [
    ...(named.length > 0 ? [`${word(f)} ${side} ${set(named)}`] : []),
    ...(sites && !among ? [`${word(f)} ${side} @inside_${f} ${word(f)} ${side} != @known_${f}`] : []),
    ...(zones.has("internet") && !among ? [`${word(f)} ${side} != @inside_${f}`] : []),
  ];
}

const echo = (f: F, type: "echo-request" | "echo-reply") => `${f === "v4" ? "icmp" : "icmpv6"} type ${type}`;

/** What of a packet says that it begins one of these services. */
export const asks = (services: readonly Service[], f: F): string[] => [
  ...(["tcp", "udp"] as const).flatMap((p) => {
    const ports = portsOf(services, p);
    return ports.length > 0 ? [`${p} dport ${set(ports)}`] : [];
  }),
  ...(services.includes("echo") ? [echo(f, "echo-request")] : []),
];

/** What of a packet says that it answers one of these services, where no state is kept. */
export const answers = (services: readonly Service[], f: F): string[] => {
  const [tcp, udp] = [portsOf(services, "tcp"), portsOf(services, "udp")];
  return [
    ...(tcp.length > 0 ? [`tcp sport ${set(tcp)} tcp flags & (syn | ack) != syn`] : []),
    ...(udp.length > 0 ? [`udp sport ${set(udp)}`] : []),
    ...(services.includes("echo") ? [echo(f, "echo-reply")] : []),
  ];
};

const portsOf = (services: readonly Service[], protocol: keyof Ports): number[] =>
  services.flatMap((s) => [...(SERVICES[s] as Ports)[protocol]]);

/** Every combination as a rule that accepts and counts, under the flow's name. */
export const accepts = (flow: Pick<Flow, "id">, ...parts: readonly (readonly string[])[]): string[] =>
  parts
    .reduce<string[]>((rules, part) => rules.flatMap((r) => part.map((p) => `${r} ${p}`.trim())), [""])
    .map((rule) => `${rule} counter accept comment "${flow.id}"`);

/** Whether a host of ours is one that the outside must not reach at all. */
export const isHidden = (host: PlannedHost): boolean => zoneOf(host) !== "dmz";
