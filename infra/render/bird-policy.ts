// Which routes pass between two routers, by the roles of the two. The whole policy of the province stands in this file and
// in the functions that it names (bird-functions.ts). Pure.
//
//   upstream → border      the world, filtered                   border → upstream     the aggregates only
//   border → core          the default route                     border → border       the world too, for the better way out
//   within the province    its own prefixes and the default route, but borders' aggregates
//   hub → site             default, aggregates, backbone         site → hub            its own prefixes, by name
//   A second way (preference > 0) is announced with a longer path and taken with a lower preference. What was learned from the second
//   upstream carries a community that says so, so that every router prefers the first however near the second is.
import type { Interface, Plan, PlannedHost, Role } from "../plan/types.ts";

export type Family = 4 | 6;

export interface SessionContext {
  plan: Plan;
  host: PlannedHost;
  peer: PlannedHost;
  at: Interface;
  family: Family;
}

const DEFAULT = { 4: "0.0.0.0/0", 6: "::/0" } as const;
const FULL = { 4: 32, 6: 128 } as const;
const PREFERENCE = 100;
/** Each further way has this many more numbers in its path: more than a hop within the province can outweigh. */
const PREPENDS = 2;
/** More than a province of ten thousand agencies has; what is beyond is somebody's mistake. */
const INNER_LIMIT = 65_536;
/** A site has two prefixes in each family. */
const SITE_LIMIT = 16;

const filter = (...statements: string[]) => `filter { ${statements.filter(Boolean).join(" ")} }`;
const accept = (condition: string, action = "") => `if ${condition} then { ${action}${action && " "}accept; }`;

/** What is taken from the peer. */
export function importOf(c: SessionContext): string {
  const preference = `bgp_local_pref = ${PREFERENCE - 10 * c.at.link.preference};`;
  const isDefault = `net = ${DEFAULT[c.family]}`;
  switch (pair(c)) {
    case "border<upstream":
      return filter(`from_world_${c.family}(${c.at.link.preference});`, "accept;");
    case "upstream<border":
      return filter(
        accept(`net ~ [ ${aggregate(c)} ] && bgp_path.last = ${c.plan.province.asn}`, "yield();"),
        "reject;",
      );
    case "hub<site":
      return filter(accept(`net ~ [ ${ownPrefixes(c.peer, c.family).join(", ")} ]`, "yield();"), "reject;");
    case "site<hub":
      return filter(accept(`net ~ [ ${backbone(c).join(", ")} ]`, `${preference} yield();`), "reject;");
    case "internet<upstream":
      return filter(`if ${isDefault} then reject;`, "accept;");
    case "upstream<internet":
      return "all";
    case "border<border":
      return filter("from_inside();", "accept;");
    default:
      return filter(accept(`${isDefault} || net ~ INSIDE_${c.family}`, "from_inside();"), "reject;");
  }
}

/** What is told to the peer. */
export function exportOf(c: SessionContext): string {
  const longer = `bgp_path.prepend(${pathNumber(c)}); `.repeat(PREPENDS * c.at.link.preference).trim();
  const drain = c.host.drain ? "bgp_community.add(GRACEFUL_SHUTDOWN);" : "";
  const action = `${drain} ${longer}`.trim();
  const isDefault = `net = ${DEFAULT[c.family]}`;
  const learned = "source = RTS_BGP || source = RTS_DEVICE";
  switch (pair(c)) {
    case "border<upstream":
      return filter(accept(`source = RTS_STATIC && net ~ [ ${aggregate(c)} ]`, action), "reject;");
    case "site<hub":
      return filter(accept(`net ~ [ ${ownPrefixes(c.host, c.family).join(", ")} ]`, action), "reject;");
    case "hub<site":
      return filter(accept(`net ~ [ ${backbone(c).join(", ")} ]`, action), "reject;");
    case "upstream<internet":
      return filter(`if ${isDefault} then reject;`, accept(`${learned} || source = RTS_STATIC`), "reject;");
    case "internet<upstream":
    case "upstream<border":
      return filter(accept(`${learned} || source = RTS_STATIC`), "reject;");
    case "border<border":
      return filter(accept(learned, action), "reject;");
    default: {
      // A border's aggregates are for the outside: within, only the cores may hold what no router is known for.
      const own = c.host.role === "core" ? `${learned} || source = RTS_STATIC` : learned;
      return filter(accept(`(${own}) && (${isDefault} || net ~ INSIDE_${c.family})`, action), "reject;");
    }
  }
}

/** How many prefixes the peer may tell, and what happens to the session when it tells more. */
export function limitOf({ plan, peer, host, at, family }: SessionContext): string {
  if (host.role === "border" && peer.role === "upstream") {
    // Somebody must look: the other upstream carries everything meanwhile.
    const limit = plan.routing.limits.get(at.peer.host)![family === 4 ? "v4" : "v6"];
    return `import limit ${limit} action disable;`;
  }
  if (isOutside(host)) return "";
  return peer.role === "site"
    ? `import limit ${SITE_LIMIT} action block;`
    : `import limit ${INNER_LIMIT} action restart;`;
}

/** BIRD looks again at what it took, when a validator changes its mind, only where it keeps what was received. */
export const keepsReceived = ({ plan, host, peer }: SessionContext): boolean =>
  host.role === "border" && peer.role === "upstream" && plan.routing.validators.length > 0;

/** RFC 9234: who sells transit to whom, so that a route which was leaked on its way is known by its mark. */
export function roleOf({ host, peer }: SessionContext): string {
  const pairs: Partial<Record<`${Role}<${Role}`, string>> = {
    "border<upstream": "customer",
    "upstream<border": "provider",
    "upstream<internet": "customer",
    "internet<upstream": "provider",
  };
  const role = pairs[`${host.role}<${peer.role}`];
  return role === undefined ? "" : ` local role ${role};`;
}

export const isOutside = ({ role }: PlannedHost): boolean => role === "upstream" || role === "internet";

const pair = ({ host, peer }: SessionContext): `${Role}<${Role}` => `${host.role}<${peer.role}`;

const key = (family: Family) => (family === 4 ? "v4" : "v6");

const aggregate = ({ plan, family }: SessionContext) => plan.province.aggregate[key(family)];

const pathNumber = ({ plan, host, peer }: SessionContext) => (isOutside(peer) ? plan.province.asn : host.asn!);

const ownPrefixes = (site: PlannedHost, family: Family): string[] => [
  `${site.loopback![key(family)]}/${FULL[family]}`,
  site.lan!.prefix[key(family)],
];

/** Of each plan and family: tens of thousands of sessions name the same. */
const backbones = new WeakMap<Plan, Partial<Record<Family, string[]>>>();

function backbone({ plan, family }: SessionContext): string[] {
  const known = backbones.get(plan) ?? {};
  backbones.set(plan, known);
  known[family] ??= backboneOf(plan, family);
  return known[family];
}

/** Not the other sites: ten thousand of them would be told to each of ten thousand. */
function backboneOf(plan: Plan, family: Family): string[] {
  const { aggregate: whole, private4, backbone: inner, management } = plan.province;
  if (family === 4) return [DEFAULT[4], private4, ...inner.v4.map((p) => `${p}+`)];
  const [loopbacks] = management.v6;
  // Local networks of the data centres, and the loopbacks of routers: those of sites begin with 1:0 behind the prefix.
  const routers = loopbacks!.replace(/\/64$/, "/112");
  return [DEFAULT[6], whole.v6, ...inner.v6.map((p) => `${p}{${Number(p.split("/")[1])},64}`), `${routers}{128,128}`];
}
