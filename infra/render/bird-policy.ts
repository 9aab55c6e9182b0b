// Which routes pass between two routers, by the roles of the two. The whole policy of the province stands in this file. Pure.
//
//   upstream → border      the default route only                border → upstream     the aggregates only
//   within the province    everything but borders' aggregates
//   hub → site             default, aggregates, backbone         site → hub            its own prefixes, by name
//   A second way (preference > 0) is announced with a longer path and taken with a lower preference.
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

const filter = (...statements: string[]) => `filter { ${statements.join(" ")} }`;
const accept = (condition: string, action = "") => `if ${condition} then { ${action}${action && " "}accept; }`;

/** What is taken from the peer. */
export function importOf(c: SessionContext): string {
  const preference = `bgp_local_pref = ${PREFERENCE - 10 * c.at.link.preference};`;
  const isDefault = `net = ${DEFAULT[c.family]}`;
  switch (pair(c)) {
    case "border<upstream":
      return filter(accept(isDefault, preference), "reject;");
    case "upstream<border":
      return filter(accept(`net ~ [ ${aggregate(c)} ] && bgp_path.last = ${c.plan.province.asn}`), "reject;");
    case "hub<site":
      return filter(accept(`net ~ [ ${ownPrefixes(c.peer, c.family).join(", ")} ]`), "reject;");
    case "site<hub":
      return filter(accept(`net ~ [ ${backbone(c).join(", ")} ]`, preference), "reject;");
    case "internet<upstream":
      return filter(`if ${isDefault} then reject;`, "accept;");
    default:
      return "all";
  }
}

/** What is told to the peer. */
export function exportOf(c: SessionContext): string {
  const longer = `bgp_path.prepend(${pathNumber(c)}); `.repeat(PREPENDS * c.at.link.preference).trim();
  const learned = "source = RTS_BGP || source = RTS_DEVICE";
  switch (pair(c)) {
    case "border<upstream":
      return filter(accept(`source = RTS_STATIC && net ~ [ ${aggregate(c)} ]`, longer), "reject;");
    case "site<hub":
      return filter(accept(`net ~ [ ${ownPrefixes(c.host, c.family).join(", ")} ]`, longer), "reject;");
    case "hub<site":
      return filter(accept(`net ~ [ ${backbone(c).join(", ")} ]`), "reject;");
    case "upstream<internet":
      return filter(`if net = ${DEFAULT[c.family]} then reject;`, accept(learned), "reject;");
    case "internet<upstream":
      return filter(accept(`${learned} || source = RTS_STATIC`), "reject;");
    default:
      // A border's aggregates are for the outside: within, only the cores may hold what no router is known for.
      return filter(accept(c.host.role === "core" ? `${learned} || source = RTS_STATIC` : learned), "reject;");
  }
}

const pair = ({ host, peer }: SessionContext): `${Role}<${Role}` => `${host.role}<${peer.role}`;

const key = (family: Family) => (family === 4 ? "v4" : "v6");

const aggregate = ({ plan, family }: SessionContext) => plan.province.aggregate[key(family)];

const pathNumber = ({ plan, host }: SessionContext) => (host.role === "border" ? plan.province.asn : host.asn!);

const ownPrefixes = (site: PlannedHost, family: Family): string[] => [
  `${site.loopback![key(family)]}/${FULL[family]}`,
  site.lan!.prefix[key(family)],
];

/** Not the other sites: ten thousand of them would be told to each of ten thousand. */
function backbone({ plan, family }: SessionContext): string[] {
  const { aggregate: whole, private4, backbone: inner, management } = plan.province;
  if (family === 4) return [DEFAULT[4], private4, ...inner.v4.map((p) => `${p}+`)];
  const [loopbacks] = management.v6;
  // Local networks of the data centres, and the loopbacks of routers: those of sites begin with 1:0 behind the prefix.
  const routers = loopbacks!.replace(/\/64$/, "/112");
  return [DEFAULT[6], whole.v6, ...inner.v6.map((p) => `${p}{${Number(p.split("/")[1])},64}`), `${routers}{128,128}`];
}
