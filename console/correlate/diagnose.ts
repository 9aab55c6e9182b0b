// All causes that the open clues and the silent agents add up to, now. What a broken path explains is suppressed from
// alerting, never from being kept. Pure.
import type { Impact, Reason, Severity } from "../../protocol/index.ts";
import { SEVERITIES, tagRow } from "../../protocol/index.ts";
import { diagnoseNetwork, type NetworkDiagnosis } from "./network.ts";
import type { Cause, Clue, State } from "./state.ts";
import { wake } from "./state.ts";
import { hostsOf, type Topology } from "./topology.ts";

/** A clue that one observer alone has of a thing that others use too waits this many times longer for company. */
const LONELY = 4;
const ADVICE: ReadonlySet<Severity> = new Set(["low", "info"]);

export function diagnose(state: State, topology: Topology, now: number): Map<string, Cause> {
  const network = diagnoseNetwork(state, topology);
  // What could not be reached at the last step could not be reached until now.
  for (const host of state.cutOff) state.unreachableAt.set(host, now);
  state.cutOff = [...topology.linksOf.keys()].filter((host) => !network.up.has(host));
  const pathOk = (host: string) => pathStands(state, network, host, now);
  const causes = [
    ...network.causes,
    ...groupedCauses(state, topology, pathOk),
    ...silentCauses(state, topology, pathOk, now),
  ];
  return new Map(causes.map((c) => [c.key, c]));
}

/** Whether a host has had a path to the console for long enough that what it says, or its silence, is its own. */
function pathStands(state: State, network: NetworkDiagnosis, host: string, now: number): boolean {
  if (!network.up.has(host)) return false;
  const until = (state.unreachableAt.get(host) ?? Number.NEGATIVE_INFINITY) + state.settings.graceMs;
  if (until > now) {
    wake(state, until);
    return false;
  }
  return true;
}

/** Clues on services, zones and sites, one cause an asset and class. */
function groupedCauses(state: State, topology: Topology, pathOk: (host: string) => boolean): Cause[] {
  const groups = new Map<string, Clue[]>();
  const dependent: Clue[] = [];
  for (const clue of state.clues.values()) {
    const asset = topology.assets.get(clue.asset);
    if (clue.row.down && asset?.kind === "link") continue;
    if (clue.row.needsPath && (!pathOk(clue.from) || !hostsOf(topology, clue.asset).some(pathOk))) continue;
    if (clue.dependsOn !== undefined) dependent.push(clue);
    else add(groups, `${clue.row.class}:${clue.asset}`, clue);
  }
  for (const clue of dependent) {
    const service = `service:${clue.dependsOn}`;
    // A service that is down for those who watch it directly explains that it cannot be reached.
    if (groups.get(service)?.some((c) => c.row.down)) add(groups, service, clue);
    else if (hostsOf(topology, clue.dependsOn!).some(pathOk)) add(groups, `${clue.row.class}:${clue.asset}`, clue);
  }
  // Advice is shown where it was found, and alarms nobody by itself.
  const alarms = [...groups].filter(([, clues]) => clues.some((clue) => !ADVICE.has(clue.row.severity)));
  return alarms.map(([key, clues]) => groupCause(state, topology, key, clues));
}

function groupCause(state: State, topology: Topology, key: string, clues: Clue[]): Cause {
  const asset = key.slice(key.indexOf(":") + 1);
  const own = clues.filter((c) => c.dependsOn === undefined || c.asset === asset);
  const kind = topology.assets.get(asset)?.kind;
  const observers = [...new Set(clues.map((c) => c.agency))].sort();
  const users = topology.usersOf.get(asset) ?? [];
  const lonely = clues.every((c) => c.row.needsPath) && new Set(clues.map((c) => c.agent)).size === 1;
  const reason: Reason =
    kind === "zone"
      ? { key: "reason.zone", facts: { zone: asset, observers } }
      : kind === "service"
        ? { key: "reason.service", facts: { asset, observers } }
        : { key: "reason.site", facts: { host: asset, tags: [...new Set(clues.map((c) => c.tag))].sort() } };
  return {
    key,
    asset,
    class: own[0]!.row.class,
    severity: worst(own.map((c) => c.row.severity)),
    since: Math.min(...clues.map((c) => c.since)),
    clues,
    explains: [...new Set(clues.filter((c) => c.asset !== asset).map((c) => c.asset))].sort(),
    impact: { lost: [], degraded: [], affected: users.length > 0 ? users : observers },
    reason,
    settleMs: state.settings.settleMs * (lonely && users.length > 1 ? LONELY : 1),
  };
}

/** Agents that are silent though their host could reach the console. All silent at once: it is the console that is cut off. */
function silentCauses(state: State, topology: Topology, pathOk: (host: string) => boolean, now: number): Cause[] {
  const silent = [...state.presence].filter(([agent, p]) => p.presence === "silent" && topology.hostOfAgent.has(agent));
  if (silent.length === 0) return [];
  const since = Math.min(...silent.map(([, p]) => p.since));
  const anyLive = [...state.presence.values()].some((p) => p.presence === "live");
  const alone = (host: string, impact: Impact, severity: Severity, from: number, reason: Reason): Cause => ({
    key: `${tagRow("AGENT_SILENT").class}:${host}`,
    asset: host,
    class: "agent",
    severity,
    since: from,
    clues: [],
    explains: [],
    impact,
    reason,
    settleMs: state.settings.settleMs,
  });
  if (!anyLive && silent.length >= 3) {
    const lost = [...new Set(topology.sites.map((s) => s.agency))].sort();
    const reason = { key: "reason.console-cut-off", facts: { agents: silent.length } };
    return [alone(topology.registry.consoleHost, { lost, degraded: [], affected: [] }, "critical", since, reason)];
  }
  return silent.flatMap(([agent, p]) => {
    const host = topology.hostOfAgent.get(agent)!;
    if (!pathOk(host)) return [];
    const agency = topology.registry.agents.find((a) => a.id === agent)!.agency;
    const reason = { key: "reason.agent-silent", facts: { agent, since: p.since } };
    const impact = { lost: [], degraded: [], affected: [agency] };
    return [alone(host, impact, tagRow("AGENT_SILENT").severity, Math.min(p.since, now), reason)];
  });
}

export const worst = (list: Severity[]): Severity =>
  list.reduce((a, b) => (SEVERITIES.indexOf(b) < SEVERITIES.indexOf(a) ? b : a), "info");

function add(groups: Map<string, Clue[]>, key: string, clue: Clue): void {
  const list = groups.get(key);
  if (list) list.push(clue);
  else groups.set(key, [clue]);
}
