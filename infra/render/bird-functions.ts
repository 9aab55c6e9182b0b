// The definitions that a router's filters use (bird-policy.ts): what is inside, what is nobody's, and how a route from
// the world is looked at before it is taken (RFC 7454, RFC 6811, RFC 8326). Pure.
import { BOGON_ASNS, BOGONS4, BOGONS6, NARROWEST } from "../plan/routing.ts";
import type { Plan, PlannedHost } from "../plan/types.ts";

/** Second number of our large communities (RFC 8092): the third says by which upstream, 0 the preferred one. */
const LEARNED_FROM = 1;
const PREFERENCE = 100;

/** Definitions and functions for one router's configuration. */
export function birdFunctions(plan: Plan, host: PlannedHost): string[] {
  const shutdown = [
    "define GRACEFUL_SHUTDOWN = (65535, 0);",
    "# RFC 8326: who is about to go asks that others are preferred.",
    "function yield() { if GRACEFUL_SHUTDOWN ~ bgp_community then bgp_local_pref = 0; }",
  ];
  switch (host.role) {
    case "internet":
    case "upstream":
    case "site":
      return shutdown;
    case "border":
      return [...shutdown, ...inside(plan), ...world(plan)];
    default:
      return [...shutdown, ...inside(plan)];
  }
}

function inside({ province, routing }: Plan): string[] {
  const { asn, aggregate, private4 } = province;
  const lesser = routing.limits.size - 1;
  const ranks = Array.from({ length: lesser }, (_, i) => i + 1).map(
    (rank) =>
      `  if (${asn}, ${LEARNED_FROM}, ${rank}) ~ bgp_large_community then bgp_local_pref = ${PREFERENCE - 10 * rank};`,
  );
  return [
    `define INSIDE_4 = [ ${aggregate.v4}+, ${private4}+ ];`,
    `define INSIDE_6 = [ ${aggregate.v6}+ ];`,
    "function from_inside() {",
    ...ranks,
    "  yield();",
    "}",
  ];
}

/** What a border asks of every route from an upstream. */
function world({ province, routing }: Plan): string[] {
  const { asn } = province;
  const { drawn, roas, validators } = routing;
  const table = (family: 4 | 6) => `roa${family} { table roa_${family}; };`;
  const bogons = (list: typeof BOGONS4) => list.map((b) => `  ${b.what}+`).join(",\n");
  const asns = BOGON_ASNS.map(({ what: [from, to] }) => (from === to ? `${from}` : `${from}..${to}`));
  const own = (family: 4 | 6) => roas.filter((r) => r.prefix.includes(":") === (family === 6));
  const families = [4, 6] as const;
  // What is printed here is read again: agent/wire/route-log.ts.
  return [
    "# IANA's special-purpose registries: nobody announces these.",
    `define BOGONS_4 = [\n${bogons(BOGONS4)}\n];`,
    `define BOGONS_6 = [\n${bogons(BOGONS6)}\n];`,
    `define BOGON_ASNS = [ ${asns.join(", ")} ];`,
    ...(drawn.asns.length + drawn.v4.length + drawn.v6.length > 0
      ? ["# This province is drawn with documentation addresses and private numbers: the world around it has these."]
      : []),
    ...(drawn.v4.length > 0 ? [`define DRAWN_4 = [ ${drawn.v4.join(", ")} ];`] : []),
    ...(drawn.v6.length > 0 ? [`define DRAWN_6 = [ ${drawn.v6.join(", ")} ];`] : []),
    ...(drawn.asns.length > 0 ? [`define DRAWN_ASNS = [ ${drawn.asns.join(", ")} ];`] : []),
    ...families.flatMap((family) => [
      `roa${family} table roa_${family};`,
      `protocol static own_roas_${family} { ${table(family)} ${own(family)
        .map((r) => `route ${r.prefix} max ${r.maxLength} as ${r.asn};`)
        .join(" ")} }`,
    ]),
    ...validators.map(
      ({ address, port }, i) =>
        `protocol rpki validator_${i + 1} { ${table(4)} ${table(6)} remote "${address}" port ${port}; retry keep 30; refresh keep 300; expire keep 7200; }`,
    ),
    ...families.flatMap((family) => [
      `function from_world_${family}(int rank) {`,
      `  if net ~ INSIDE_${family} then { print "refused, our own prefix: ", net, " by ", bgp_path; reject; }`,
      `  if bgp_path ~ [ ${asn} ] then reject;`,
      `  if net != ${family === 4 ? "0.0.0.0/0" : "::/0"} ${drawn[key(family)].length > 0 ? `&& !(net ~ DRAWN_${family}) ` : ""}then {`,
      `    if net.len > ${NARROWEST[key(family)]} then reject;`,
      `    if net ~ BOGONS_${family} then { print "refused, nobody's prefix: ", net, " by ", bgp_path; reject; }`,
      "  }",
      `  if ${drawn.asns.length > 0 ? "delete(bgp_path, DRAWN_ASNS)" : "bgp_path"} ~ BOGON_ASNS then reject;`,
      `  if roa_check(roa_${family}, net, bgp_path.last) = ROA_INVALID then reject;`,
      "  # Our own communities are ours to give (RFC 7454 §11).",
      `  bgp_large_community.delete([(${asn}, *, *)]);`,
      `  bgp_large_community.add((${asn}, ${LEARNED_FROM}, rank));`,
      `  bgp_local_pref = ${PREFERENCE} - 10 * rank;`,
      "  yield();",
      "}",
    ]),
  ];
}

const key = (family: 4 | 6) => (family === 4 ? "v4" : "v6");
