// What depends on what, from the registry: who can reach the console when some hosts and links are out, and which
// agencies that cuts off or leaves with fewer paths. Pure.
import type { Asset, Impact, Registry, Target } from "../../protocol/index.ts";

export type Host = Extract<Asset, { kind: "host" }>;
export type Link = Extract<Asset, { kind: "link" }>;

/** Hosts and links that are out, by asset id. */
export interface Outage {
  hosts: ReadonlySet<string>;
  links: ReadonlySet<string>;
}

export interface Topology {
  registry: Registry;
  assets: Map<string, Asset>;
  targets: Map<string, Target>;
  /** Links of each host. */
  linksOf: Map<string, Link[]>;
  agentOf: Map<string, string>;
  hostOfAgent: Map<string, string>;
  agencyOfAgent: Map<string, string>;
  /** Link targets by link asset and the host from which it is seen. */
  viewsOf: Map<string, Target[]>;
  /** Which service answers at an address, learnt from the targets that name it. */
  serviceAt: Map<string, string>;
  /** Agencies' gateway hosts: the agency whose site it is. */
  sites: Host[];
  /** Agencies with a target on each service or zone: they are hit when it is broken. */
  usersOf: Map<string, string[]>;
}

const FORWARDS = new Set(["border", "core", "hub"]);

export function topologyOf(registry: Registry): Topology {
  const assets = new Map(registry.assets.map((a) => [a.id, a]));
  const linksOf = new Map<string, Link[]>();
  for (const a of registry.assets) if (a.kind === "link") for (const end of a.ends) push(linksOf, end, a);
  const viewsOf = new Map<string, Target[]>();
  const serviceAt = new Map<string, string>();
  const users = new Map<string, Set<string>>();
  for (const t of registry.targets) {
    if (t.kind === "link") push(viewsOf, t.asset, t);
    if (t.kind === "certificate") for (const a of t.expects.addresses) serviceAt.set(a, t.asset);
    if (t.kind === "resolver") serviceAt.set(t.expects.address, t.asset);
    if (t.kind === "zone") for (const s of t.expects.servers) serviceAt.set(s.address, s.asset);
    const kind = assets.get(t.asset)?.kind;
    if (kind === "service" || kind === "zone") users.set(t.asset, (users.get(t.asset) ?? new Set()).add(t.agency));
  }
  const agencies = new Map(registry.agencies.map((a) => [a.id, a.level]));
  return {
    registry,
    assets,
    targets: new Map(registry.targets.map((t) => [t.id, t])),
    linksOf,
    agentOf: new Map(registry.agents.map((a) => [a.host, a.id])),
    hostOfAgent: new Map(registry.agents.map((a) => [a.id, a.host])),
    agencyOfAgent: new Map(registry.agents.map((a) => [a.id, a.agency])),
    viewsOf,
    serviceAt,
    sites: registry.assets.filter((a): a is Host => a.kind === "host" && a.role === "site"),
    // Watching a service for others (the data centre's own agents) is not using it.
    usersOf: new Map(
      [...users].map(([asset, set]) => [asset, [...set].filter((a) => agencies.get(a) !== "datacentre").sort()]),
    ),
  };
}

/** Hosts that can still reach the console. Only borders, cores and hubs forward; sites and servers are leaves. */
export function reachable(topology: Topology, outage: Outage): Set<string> {
  const start = topology.registry.consoleHost;
  const seen = new Set<string>();
  if (outage.hosts.has(start)) return seen;
  const queue = [start];
  seen.add(start);
  for (let host = queue.pop(); host !== undefined; host = queue.pop()) {
    if (host !== start && !forwards(topology, host)) continue;
    for (const link of topology.linksOf.get(host) ?? []) {
      const next = link.ends[0] === host ? link.ends[1] : link.ends[0];
      if (outage.links.has(link.id) || outage.hosts.has(next) || seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return seen;
}

/** Agencies that the outage cuts off (lost) or leaves with fewer paths (degraded). Sorted. */
export function impactOf(topology: Topology, outage: Outage): Pick<Impact, "lost" | "degraded"> {
  const up = reachable(topology, outage);
  const lost: string[] = [];
  const degraded: string[] = [];
  for (const site of topology.sites) {
    const paths = topology.linksOf.get(site.id) ?? [];
    const usable = paths.filter(
      (l) => !outage.links.has(l.id) && up.has(l.ends[0] === site.id ? l.ends[1] : l.ends[0]),
    );
    if (paths.length > 0 && (usable.length === 0 || outage.hosts.has(site.id))) lost.push(site.agency);
    else if (usable.length < paths.length) degraded.push(site.agency);
  }
  return { lost: lost.sort(), degraded: degraded.sort() };
}

/** Hosts on which an asset stands. */
export function hostsOf(topology: Topology, asset: string): string[] {
  const a = topology.assets.get(asset);
  if (!a) return [];
  return a.kind === "host" ? [a.id] : a.kind === "link" ? [...a.ends] : a.on;
}

/** Whether other hosts' packets go through it. */
export function forwards(topology: Topology, host: string): boolean {
  const asset = topology.assets.get(host);
  return asset?.kind === "host" && FORWARDS.has(asset.role);
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
