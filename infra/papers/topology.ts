// The topology drawing as a graph: what stands in a box, which boxes are joined. A box is a router, the servers of a data centre, or
// all agencies that hang on the same hubs in the same order: so a drawing of ten thousand agencies is as readable as one of ten. Pure.
import type { Bilingual } from "../../protocol/registry.ts";
import { zoneOf } from "../plan/firewall.ts";
import type { Plan, PlannedHost, PlannedLink } from "../plan/types.ts";

export interface Box {
  id: string;
  kind: "outside" | "border" | "core" | "hub" | "servers" | "agencies";
  title: string;
  lines: string[];
  /** The data centre that it stands in. */
  within?: string;
}

export interface Join {
  id: string;
  from: string;
  to: string;
  /** Not the preferred way. */
  second: boolean;
  medium: PlannedLink["medium"];
}

export interface Topology {
  places: { id: string; title: string }[];
  boxes: Box[];
  joins: Join[];
}

export type Language = keyof Bilingual;

/** Agencies named in one box; the others are counted. */
const NAMED = 24;

/** The graph of a plan in one language. */
export function topologyOf(plan: Plan, language: Language, words: { more: string }): Topology {
  const names = new Map(plan.registry.agencies.map((a) => [a.id, a.name[language]]));
  const routers = plan.hosts.filter((h) => h.role !== "site" && h.role !== "server");
  const datacentres = [...new Set(routers.filter((h) => !isOutside(h)).map((h) => h.agency))];
  const groups = groupsOf(plan);
  return {
    places: datacentres.map((id) => ({ id, title: names.get(id) ?? id })),
    boxes: [
      ...routers.map((h): Box => routerBox(h, language)),
      ...datacentres.flatMap((id) => serverBox(plan, id)),
      ...groups.map(({ id, sites }): Box => {
        const named = sites.slice(0, NAMED).map((s) => names.get(s.id) ?? s.id);
        const rest = sites.length - named.length;
        const lines = rest > 0 ? [...named, words.more.replace("{count}", String(rest))] : named;
        return { id, kind: "agencies", title: String(sites.length), lines };
      }),
    ],
    joins: [
      ...plan.links.flatMap((l): Join[] => {
        const ends = l.ends.map((e) => plan.byId.get(e.host)!);
        if (ends.some((h) => h.role === "site" || h.role === "server")) return [];
        // An upstream stands above its border, whichever end the link names first.
        const [from, to] = isOutside(ends[1]!) ? [ends[1]!, ends[0]!] : [ends[0]!, ends[1]!];
        return [{ id: l.id, from: from.id, to: to.id, second: l.preference > 0, medium: l.medium }];
      }),
      ...plan.hosts
        .filter((h) => h.lan && h.role === "core")
        .flatMap((h): Join[] =>
          serverBox(plan, h.agency).map((box) => ({
            id: `${h.id}~${box.id}`,
            from: h.id,
            to: box.id,
            second: false,
            medium: "lan",
          })),
        ),
      ...groups.flatMap(({ id, sites }) =>
        plan.interfaces.get(sites[0]!.id)!.map(
          (at): Join => ({
            id: `${at.peer.host}~${id}`,
            from: at.peer.host,
            to: id,
            second: at.link.preference > 0,
            medium: at.link.medium,
          }),
        ),
      ),
    ],
  };
}

const isOutside = ({ role }: PlannedHost) => role === "internet" || role === "upstream";

function routerBox(h: PlannedHost, language: Language): Box {
  const { v6, v4 } = h.loopback!;
  const kind = isOutside(h) ? "outside" : (h.role as "border" | "core" | "hub");
  return {
    id: h.id,
    kind,
    title: kind === "outside" ? h.name[language] : h.id,
    lines: [`AS ${h.asn}`, v6, v4],
    ...(kind !== "outside" && { within: h.agency }),
  };
}

function serverBox(plan: Plan, datacentre: string): Box[] {
  const servers = plan.hosts.filter((h) => h.agency === datacentre && h.server);
  const core = plan.hosts.find((h) => h.agency === datacentre && h.lan);
  if (servers.length === 0 || !core) return [];
  const lines = servers.map((h) => `${h.id} · ${zoneOf(h)} · ${h.server!.address.v4}`);
  return [{ id: `lan/${datacentre}`, kind: "servers", title: core.lan!.prefix.v6, lines, within: datacentre }];
}

/** Sites by their hubs and media, in the order of the plan. */
function groupsOf(plan: Plan): { id: string; sites: PlannedHost[] }[] {
  const groups = new Map<string, PlannedHost[]>();
  for (const site of plan.hosts.filter((h) => h.role === "site")) {
    const ways = plan.interfaces.get(site.id)!.map((at) => `${at.peer.host}:${at.link.medium}`);
    const id = `agencies/${ways.join("+")}`;
    groups.set(id, [...(groups.get(id) ?? []), site]);
  }
  return [...groups].map(([id, sites]) => ({ id, sites }));
}
