// From down links to the thing that broke: a host when every link of it that somebody healthy can see is down, else
// the link. Pure. The rules, in the order in which they are applied:
// 1. A link is down when an open clue on it says so.
// 2. A view counts only if its observer is live and can reach the console over what is left.
// 3. A host is down when two or more of its links are, no counting view shows one of its links healthy, and another
//    down host does not already explain those links.
// 4. Every other down link is a cause by itself. It waits longer when another link of the same host is down too: not everybody
//    may have looked yet, and then it is the host.
import type { Impact, Reason } from "../../protocol/index.ts";
import type { Cause, Clue, State } from "./state.ts";
import { forwards, hostsOf, impactOf, type Outage, reachable, type Topology } from "./topology.ts";

export interface NetworkDiagnosis {
  causes: Cause[];
  outage: Outage;
  /** Hosts that can reach the console over what is left. */
  up: Set<string>;
}

/** `down`: the clues on each link that is down, in the order in which they came. */
export function diagnoseNetwork(state: State, topology: Topology, down: Map<string, Clue[]>): NetworkDiagnosis {
  const links = new Set(down.keys());
  const hosts = downHosts(state, topology, links, reachable(topology, { hosts: new Set(), links }));
  const outage: Outage = { hosts: new Set(hosts.keys()), links };
  const up = reachable(topology, outage);
  const explained = new Set([...hosts.values()].flat());
  const causes = [...hosts].map(([host, its]) => hostCause(state, topology, host, its, down));
  for (const [link, clues] of down)
    if (!explained.has(link))
      causes.push(linkCause(state, topology, link, clues, hasDownNeighbour(topology, link, links)));
  shareCombinedLoss(topology, outage, causes);
  return { causes, outage, up };
}

/**
 * Times the settling time: less for a router that all agree on; more for a lone link, of whose host the others may not have spoken
 * yet; most for one of several links of a host, and for a site, whose hubs may be the cause.
 */
const AGREED = 0.5;
const AMBIGUOUS = 2.5;
const LONE_LINK = 1.5;

function hasDownNeighbour(topology: Topology, link: string, down: Set<string>): boolean {
  const asset = topology.assets.get(link);
  if (asset?.kind !== "link") return false;
  return asset.ends.some((end) => topology.linksOf.get(end)!.some((l) => l.id !== link && down.has(l.id)));
}

/** Down hosts, each with the down links that it explains. */
function downHosts(state: State, topology: Topology, down: Set<string>, up: Set<string>): Map<string, string[]> {
  const candidates = [...topology.linksOf]
    .map(([host, links]) => ({ host, links, down: links.filter((l) => down.has(l.id)).map((l) => l.id) }))
    .filter((c) => c.down.length >= 2)
    .filter((c) => !c.links.some((l) => !down.has(l.id) && seenHealthy(state, topology, l.id, up)))
    .sort((a, b) => b.down.length - a.down.length || a.host.localeCompare(b.host));
  const chosen = new Map<string, string[]>();
  const explained = new Set<string>();
  for (const c of candidates) {
    if (c.down.filter((l) => !explained.has(l)).length < 2) continue;
    chosen.set(c.host, c.down);
    for (const l of c.down) explained.add(l);
  }
  return chosen;
}

function seenHealthy(state: State, topology: Topology, link: string, up: Set<string>): boolean {
  return (topology.viewsOf.get(link) ?? []).some((view) => {
    const host = topology.hostOfAgent.get(view.agent);
    return (
      host !== undefined &&
      up.has(host) &&
      state.presence.get(view.agent)?.presence === "live" &&
      state.lastRun.get(`${view.agent}\nlink\n${view.id}`)?.length === 0
    );
  });
}

function hostCause(state: State, topology: Topology, host: string, links: string[], down: Map<string, Clue[]>): Cause {
  const clues = links.flatMap((l) => down.get(l) ?? []);
  const outage = { hosts: new Set([host]), links: new Set<string>() };
  const reason: Reason = { key: "reason.host-down", facts: { host, links: [...links].sort() } };
  const settleMs = state.settings.settleMs * (forwards(topology, host) ? AGREED : AMBIGUOUS);
  return { ...networkCause(topology, host, clues, outage, reason, links), settleMs };
}

function linkCause(state: State, topology: Topology, link: string, clues: Clue[], ambiguous: boolean): Cause {
  const outage = { hosts: new Set<string>(), links: new Set([link]) };
  const reason: Reason = { key: "reason.link-down", facts: { link } };
  const settleMs = state.settings.settleMs * (ambiguous ? AMBIGUOUS : LONE_LINK);
  return { ...networkCause(topology, link, clues, outage, reason, []), settleMs };
}

function networkCause(
  topology: Topology,
  asset: string,
  clues: Clue[],
  outage: Outage,
  reason: Reason,
  links: string[],
): Omit<Cause, "settleMs"> {
  const up = reachable(topology, outage);
  const alone = impactOf(topology, outage);
  const impact: Impact = { ...alone, affected: usersCutOff(topology, up).filter((a) => !alone.lost.includes(a)) };
  const cutOff = [...topology.agentOf.keys()].filter((h) => !up.has(h) && h !== asset);
  return {
    key: `connectivity:${asset}`,
    asset,
    class: "connectivity",
    severity:
      impact.lost.length > 0 ? "critical" : impact.degraded.length + impact.affected.length > 0 ? "high" : "medium",
    since: Math.min(...clues.map((c) => c.since)),
    clues,
    explains: [...links, ...cutOff].sort(),
    impact,
    reason,
  };
}

/** Users of services and zones of which no host can be reached any more. */
function usersCutOff(topology: Topology, up: Set<string>): string[] {
  const users = new Set<string>();
  for (const [asset, agencies] of topology.usersOf)
    if (hostsOf(topology, asset).every((h) => !up.has(h))) for (const a of agencies) users.add(a);
  return [...users].sort();
}

/** An agency that no single cause cuts off but all together do is lost to each of them. */
function shareCombinedLoss(topology: Topology, outage: Outage, causes: Cause[]): void {
  if (causes.length < 2) return;
  const alone = new Set(causes.flatMap((c) => c.impact.lost));
  for (const agency of impactOf(topology, outage).lost.filter((a) => !alone.has(a)))
    for (const { impact } of causes.filter((c) => c.impact.degraded.includes(agency))) {
      impact.degraded = impact.degraded.filter((a) => a !== agency);
      impact.lost = [...impact.lost, agency].sort();
    }
}
