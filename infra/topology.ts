// How a province's hosts hang together for the engine: under which component each stands, which of them stand in for one another, and
// which data centre's stack is theirs. Pure; from the registry's words and the deployment's daemons.
import type { Registry } from "../protocol/registry.ts";
import type { Deployment } from "./platforms/platform.ts";

export type PlaceKind = "data-centre" | "wan" | "agency-site" | "name-service" | "console";
export interface Place {
  kind: PlaceKind;
  name: string;
  /** Under which it stood in an earlier version of the program: the engine then moves it and makes nothing anew. */
  formerly?: { kind: PlaceKind; name: string };
}

export interface Topology {
  placeOf(host: string): Place;
  /** Hosts of one group stand in for one another: of these at most one is changed at a time. */
  groupOf(host: string): string | undefined;
  /** The data centre whose stack the host belongs to, where stacks are split. */
  partOf(host: string): string;
}

type HostAsset = Extract<Registry["assets"][number], { kind: "host" }>;

/** Throws nothing: a host that the registry does not name belongs to the world outside and to the first data centre. */
export function topologyOf(registry: Registry, deployment: Deployment): Topology {
  const levels = new Map(registry.agencies.map((a) => [a.id, a.level]));
  const hosts = new Map(registry.assets.flatMap((a) => (a.kind === "host" ? [[a.id, a] as const] : [])));
  const tasks = new Map(deployment.hosts.map((h) => [h.id, h.daemons.find((d) => d.role === "service")?.name]));
  const isCentre = (agency: string) => levels.get(agency) === "datacentre";
  const centres = registry.agencies.filter((a) => isCentre(a.id)).map((a) => a.id);
  const homes = homesOf(registry, hosts);

  const placeOf = (host: string): Place => {
    const asset = hosts.get(host);
    if (!asset || asset.role === "upstream" || asset.role === "internet") return { kind: "wan", name: "wan" };
    if (!isCentre(asset.agency)) return { kind: "agency-site", name: asset.agency };
    const centre = { kind: "data-centre", name: asset.agency } as const;
    if (asset.role !== "server") return centre;
    if (host === registry.consoleHost) return { kind: "console", name: "console", formerly: centre };
    const names = NAME_SERVERS.includes(tasks.get(host) ?? "");
    return names ? { kind: "name-service", name: "names", formerly: centre } : centre;
  };
  return {
    placeOf,
    groupOf(host) {
      const role = hosts.get(host)?.role;
      if (role === "server") return tasks.get(host);
      return role !== undefined && PAIRED.includes(role) ? role : undefined;
    },
    partOf: (host) => {
      const agency = hosts.get(host)?.agency;
      return agency === undefined ? centres[0]! : isCentre(agency) ? agency : (homes.get(agency) ?? centres[0]!);
    },
  };
}

/** Daemons that serve names. */
const NAME_SERVERS = ["knot", "unbound"];
/** Routers that stand in for one another. Sites do not, and what is outside is not ours to order. */
const PAIRED: readonly HostAsset["role"][] = ["border", "core", "hub"];

/** An agency's home: the data centre of its first line's upper end. */
function homesOf(registry: Registry, hosts: ReadonlyMap<string, HostAsset>): Map<string, string> {
  const homes = new Map<string, string>();
  for (const asset of registry.assets)
    if (asset.kind === "link") {
      const [upper, lower] = [hosts.get(asset.ends[0]), hosts.get(asset.ends[1])];
      if (upper && lower?.role === "site" && !homes.has(lower.agency)) homes.set(lower.agency, upper.agency);
    }
  return homes;
}
