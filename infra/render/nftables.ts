// The firewall of every host of ours, made of one table of flows (plan/firewall.ts), the same for both families: what reaches the
// host itself, what a data centre's core lets to and from its servers, what a border lets in and out, what a site lets its people ask
// for. Default: refused, counted, and now and then logged (NFLOG group 1). Pure.

import { FLOWS } from "../plan/firewall.ts";
import { LAN_DEVICE } from "../plan/links.ts";
import { BOGONS4, BOGONS6 } from "../plan/routing.ts";
import type { Interface, Plan, PlannedHost } from "../plan/types.ts";
import { accepts, answers, asks, FAMILIES, isHidden, matches, namedSets, nftSet, set, word } from "./nft-match.ts";
import { tunnelAntiSpoof, tunnelForward, tunnelInput } from "./nft-tunnel.ts";
import { perPlan } from "./per-plan.ts";

const BFD = "{ 3784, 4784 }";
const BGP = 179;
export const LOG_GROUP = 1;

const LAN = `"${LAN_DEVICE}"`;
const KNOWN_STATE = ["ct state established,related accept", 'ct state invalid counter drop comment "invalid"'];

/** RFC 4890 §4.3.1, §4.4.1: without these no path's width is found and nobody learns that there is no way. */
const ERRORS = [
  "icmp type { destination-unreachable, time-exceeded, parameter-problem } accept",
  "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept",
];
/** RFC 4890 §4.4.1: neighbours of the same line only, which the hop limit proves; §4.4.3: listeners of groups. */
const NEIGHBOURHOOD = [
  "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept",
  "icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } ip6 saddr fe80::/10 accept",
];

/** The ruleset of a host; none for what is not ours. */
export function firewall(plan: Plan, host: PlannedHost): string | undefined {
  if (host.role === "upstream" || host.role === "internet") return undefined;
  const chains = [antiSpoof(plan, host), input(plan, host), forward(plan, host), borderOutput(plan, host)].flat();
  return `table inet province {\n${[namedSets(plan), ...chains].join("\n")}\n}\n`;
}

const chain = (name: string, hook: string, priority: string, policy: "accept" | "drop", rules: readonly string[]) => [
  `  chain ${name} {`,
  `    type filter hook ${hook} priority ${priority}; policy ${policy};`,
  ...rules.map((r) => `    ${r}`),
  "  }",
];

/** The end of a chain: a line of log now and then, and a count of all. */
const refuse = (where: string): string[] => [
  `limit rate 10/second burst 20 packets log prefix "refused ${where} " group ${LOG_GROUP}`,
  'counter drop comment "default-drop"',
];

/** Packets to the host itself. */
function input(plan: Plan, host: PlannedHost): string[] {
  const bgp = (plan.interfaces.get(host.id) ?? []).filter((i) => i.link.bgp);
  const flows = host.role === "site" ? siteInput(plan, host.role) : flowsTo(plan, host);
  return chain("input", "input", "filter", "drop", [
    'iifname "lo" accept',
    ...KNOWN_STATE,
    ...ERRORS,
    ...NEIGHBOURHOOD,
    ...FAMILIES.flatMap((f) => neighbours(bgp, f)),
    ...tunnelInput(plan, host),
    ...flows,
    ...refuse("input"),
  ]);
}

const flowsTo = (plan: Plan, host: PlannedHost): string[] =>
  FLOWS.flatMap((flow) =>
    FAMILIES.flatMap((f) =>
      matches(plan, flow.to, "daddr", f, [host]).length === 0 &&
      !(host.role === "site" && flow.to.roles?.includes("site"))
        ? []
        : accepts(flow, matches(plan, flow.from, "saddr", f), asks(flow.services, f)),
    ),
  );

/** As one text: no two sites differ in it. */
const siteInput = perPlan((plan: Plan, role: "site") => [
  flowsTo(plan, plan.hosts.find((h) => h.role === role)!).join("\n    "),
]);

/** BGP and BFD between the two ends of a line. */
function neighbours(interfaces: readonly Interface[], f: "v4" | "v6"): string[] {
  if (interfaces.length === 0) return [];
  const peers = `${word(f)} saddr ${set(interfaces.map((i) => i.peer.address![f]))}`;
  const watched = interfaces.some((i) => i.link.bfd);
  return [
    `${peers} tcp dport ${BGP} accept comment "neighbour"`,
    ...(watched ? [`${peers} udp dport ${BFD} accept comment "neighbour"`] : []),
  ];
}

/** Packets that pass through the host. */
function forward(plan: Plan, host: PlannedHost): string[] {
  switch (host.role) {
    case "border":
      return borderForward(plan, host);
    case "core":
      return coreForward(plan, host);
    case "site":
      return siteForward(plan, undefined);
    default:
      return [];
  }
}

/** Without state: what leaves by one border may come back by the other. */
function borderForward(plan: Plan, host: PlannedHost): string[] {
  const devices = upstreamDevices(plan, host);
  if (devices.length === 0) return [];
  const [inward, outward] = [`iifname ${set(devices)}`, `oifname ${set(devices)}`];
  const { management, private4 } = plan.province;
  const public_ = plan.hosts.filter((h) => h.server && !isHidden(h));
  const asked = FLOWS.filter((f) => f.from.zones?.includes("internet"));
  const asking = FLOWS.filter((f) => f.to.zones?.includes("internet"));
  return chain("forward", "forward", "filter", "drop", [
    `iifname != ${set(devices)} oifname != ${set(devices)} accept`,
    `${inward} ip daddr ${set(management.v4)} counter drop comment "management"`,
    `${inward} ip6 daddr ${set(management.v6)} counter drop comment "management"`,
    // BCP 38: nothing leaves that nobody could answer.
    `${outward} ip saddr ${private4} counter drop comment "private-source"`,
    `${outward} ip saddr != @inside_v4 counter drop comment "foreign-source"`,
    `${outward} ip6 saddr != @inside_v6 counter drop comment "foreign-source"`,
    ...ERRORS,
    ...tunnelForward(plan, inward, outward),
    ...FAMILIES.flatMap((f) => [
      ...asked.flatMap((flow) => {
        const to = matches(plan, flow.to, "daddr", f, public_);
        const back = matches(plan, flow.to, "saddr", f, public_);
        return [
          ...accepts(flow, [inward], to, asks(flow.services, f)),
          ...accepts(flow, [outward], back, answers(flow.services, f)),
        ];
      }),
      ...asking.flatMap((flow) => [
        ...accepts(flow, [outward], matches(plan, flow.from, "saddr", f), asks(flow.services, f)),
        ...accepts(flow, [inward], matches(plan, flow.from, "daddr", f), answers(flow.services, f)),
      ]),
    ]),
    ...refuse("forward"),
  ]);
}

/** A border speaks to its upstreams' routers, and to nobody behind them. */
function borderOutput(plan: Plan, host: PlannedHost): string[] {
  const devices = host.role === "border" ? upstreamDevices(plan, host) : [];
  if (devices.length === 0) return [];
  const upstreams = (plan.interfaces.get(host.id) ?? []).filter((i) => i.link.medium === "upstream");
  return chain("output", "output", "filter", "accept", [
    `oifname != ${set(devices)} accept`,
    "ct state established,related accept",
    ...ERRORS,
    ...NEIGHBOURHOOD,
    ...FAMILIES.flatMap((f) => [
      `${word(f)} daddr ${set(upstreams.map((i) => i.peer.address![f]))} tcp dport ${BGP} accept comment "neighbour"`,
      `${word(f)} daddr ${set(upstreams.map((i) => i.peer.address![f]))} udp dport ${BFD} accept comment "neighbour"`,
    ]),
    ...refuse("output"),
  ]);
}

/** To and from the servers of its data centre; what only passes by is judged where it goes. */
function coreForward(plan: Plan, host: PlannedHost): string[] {
  const own = plan.hosts.filter((h) => h.server?.core === host.id);
  const rules = FLOWS.flatMap((flow) =>
    FAMILIES.flatMap((f) => [
      ...accepts(
        flow,
        [`oifname ${LAN}`],
        matches(plan, flow.from, "saddr", f),
        matches(plan, flow.to, "daddr", f, own),
        asks(flow.services, f),
      ),
      ...accepts(
        flow,
        [`iifname ${LAN}`],
        matches(plan, flow.from, "saddr", f, own),
        matches(plan, flow.to, "daddr", f),
        asks(flow.services, f),
      ),
    ]),
  );
  return chain("forward", "forward", "filter", "drop", [
    `iifname != ${LAN} oifname != ${LAN} accept`,
    // Between two servers of one network, where the kernel shows bridged packets here: each of them judges for itself.
    `iifname ${LAN} oifname ${LAN} accept`,
    ...KNOWN_STATE,
    ...ERRORS,
    ...rules,
    ...refuse("forward"),
  ]);
}

/** People at an agency begin; nobody begins with them. */
const siteForward = perPlan((plan: Plan, _: undefined): string[] => {
  const rules = FLOWS.filter((f) => f.from.zones?.includes("campus")).flatMap((flow) =>
    FAMILIES.flatMap((f) =>
      accepts(flow, [`iifname ${LAN}`], matches(plan, flow.to, "daddr", f), asks(flow.services, f)),
    ),
  );
  return [
    chain("forward", "forward", "filter", "drop", [...KNOWN_STATE, ...ERRORS, ...rules, ...refuse("forward")]).join(
      "\n",
    ),
  ];
});

const upstreamDevices = (plan: Plan, host: PlannedHost): string[] =>
  (plan.interfaces.get(host.id) ?? []).filter((i) => i.link.medium === "upstream").map((i) => `"${i.own.device}"`);

/**
 * Sources that cannot be, dropped before anything else looks at them (BCP 38, BCP 84): at a local network's router what has no way
 * back there, at a hub what is not the site's own, at a border what is ours or nobody's.
 */
function antiSpoof(plan: Plan, host: PlannedHost): string[] {
  switch (host.role) {
    case "core":
    case "site":
      return prerouting([
        // Before an address is had (RFC 4862 §5.4.2), and on the line itself.
        `iifname ${LAN} ip6 saddr { ::, fe80::/10 } accept`,
        `iifname ${LAN} fib saddr . iif oif missing counter drop comment "spoofed"`,
        ...tunnelAntiSpoof(plan, host),
      ]);
    case "hub":
      return hubAntiSpoof(plan, host);
    case "border":
      return borderAntiSpoof(plan, host);
    default:
      return [];
  }
}

const prerouting = (rules: readonly string[]) => chain("spoofed", "prerouting", "raw", "accept", rules);

function borderAntiSpoof(plan: Plan, host: PlannedHost): string[] {
  const devices = upstreamDevices(plan, host);
  if (devices.length === 0) return [];
  const { drawn } = plan.routing;
  const bogons = { v4: BOGONS4, v6: BOGONS6 };
  return [
    ...FAMILIES.map((f) =>
      nftSet(
        `bogons_${f}`,
        f,
        bogons[f].map((b) => b.what),
      ),
    ),
    ...FAMILIES.flatMap((f) => (drawn[f].length > 0 ? [nftSet(`drawn_${f}`, f, drawn[f])] : [])),
    ...prerouting(
      FAMILIES.flatMap((f) => {
        const outside = `iifname ${set(devices)} ${word(f)} saddr`;
        const but = drawn[f].length > 0 ? ` ${word(f)} saddr != @drawn_${f}` : "";
        return [
          ...(f === "v6" ? [`${outside} fe80::/10 accept`] : []),
          `${outside} @inside_${f} counter drop comment "spoofed"`,
          `${outside} @bogons_${f}${but} counter drop comment "spoofed"`,
        ];
      }),
    ),
  ];
}

/** A site that has two hubs may send by either: so the list of what is its own is asked, not the way back. */
function hubAntiSpoof(plan: Plan, host: PlannedHost): string[] {
  const sites = (plan.interfaces.get(host.id) ?? []).filter((i) => plan.byId.get(i.peer.host)!.role === "site");
  if (sites.length === 0) return [];
  const own = (f: "v4" | "v6") =>
    sites.flatMap((i) => {
      const site = plan.byId.get(i.peer.host)!;
      return [site.lan!.prefix[f], site.loopback![f], i.peer.address![f]].map((a) => `"${i.own.device}" . ${a}`);
    });
  const devices = set(sites.map((i) => `"${i.own.device}"`));
  return [
    ...FAMILIES.map(
      (f) =>
        `  set sites_${f} { type ifname . ${f === "v4" ? "ipv4_addr" : "ipv6_addr"}; flags interval; elements = ${set(own(f))} }`,
    ),
    ...prerouting([
      `iifname ${devices} ip6 saddr { ::, fe80::/10 } accept`,
      ...FAMILIES.map(
        (f) =>
          `iifname ${devices} meta nfproto ${f === "v4" ? "ipv4" : "ipv6"} iifname . ${word(f)} saddr != @sites_${f} counter drop comment "spoofed"`,
      ),
    ]),
  ];
}
