// Clues on services, zones and sites, one cause an asset and class. A clue is placed again only when it changes, when the path of
// a host that it stands on changes, or when the service that it depends on goes down or comes back. Pure.
import type { Reason, Severity } from "../../protocol/index.ts";
import { SEVERITIES } from "../../protocol/index.ts";
import type { Cause, Clue, Derived, Group, State } from "./state.ts";
import { hostsOf, type Topology } from "./topology.ts";

/** A clue that one observer alone has of a thing that others use too waits this many times longer for company. */
const LONELY = 4;
/**
 * That a service cannot be reached, while nobody who watches the service itself says that it is down: they may say so in a moment, or have
 * just said that it is back, which those who asked last do not know yet.
 */
const SECOND_HAND = 10;
const ADVICE: ReadonlySet<Severity> = new Set(["low", "info"]);

type PathOk = (host: string) => boolean;

/** Brings groups and their causes up to the clues that were touched. Gives the keys of causes that may be other than before. */
export function regroup(state: State, topology: Topology, touched: Iterable<Clue>, pathOk: PathOk): Set<string> {
  const { derived } = state;
  const keys = new Set<string>();
  const dependent = new Set<Clue>();
  for (const was of touched) {
    // The clue as it is now, or gone.
    const clue = state.clues.get(was.id);
    const { dependsOn } = clue ?? was;
    if (dependsOn !== undefined) dependent.add(clue ?? was);
    else if (place(derived, topology, was.id, clue, clue && directGroup(topology, clue, pathOk), keys))
      for (const other of derived.dependentsOf.get((clue ?? was).asset) ?? []) dependent.add(other);
  }
  for (const { id } of dependent) {
    const clue = state.clues.get(id);
    place(derived, topology, id, clue, clue && dependentGroup(derived, topology, clue, pathOk), keys);
  }
  for (const key of keys) {
    const cause = groupCause(state, topology, key);
    if (cause) derived.groupCauses.set(key, cause);
    else derived.groupCauses.delete(key);
  }
  return keys;
}

function directGroup(topology: Topology, clue: Clue, pathOk: PathOk): string | undefined {
  if (saysLinkDown(topology, clue)) return undefined;
  if (!reaches(topology, clue, pathOk)) return undefined;
  return `${clue.row.class}:${clue.asset}`;
}

/** A service that is down for those who watch it directly explains that it cannot be reached. */
function dependentGroup(derived: Derived, topology: Topology, clue: Clue, pathOk: PathOk): string | undefined {
  if (!reaches(topology, clue, pathOk)) return undefined;
  const service = `service:${clue.dependsOn}`;
  for (const direct of derived.groups.get(service)?.direct ?? []) if (direct.row.down) return service;
  return hostsOf(topology, clue.dependsOn!).some(pathOk) ? `${clue.row.class}:${clue.asset}` : undefined;
}

/** Down links are the network's to explain (network.ts). */
export const saysLinkDown = (topology: Topology, clue: Clue): boolean =>
  clue.row.down && topology.assets.get(clue.asset)?.kind === "link";

const reaches = (topology: Topology, clue: Clue, pathOk: PathOk): boolean =>
  !clue.row.needsPath || (pathOk(clue.from) && hostsOf(topology, clue.asset).some(pathOk));

/** Moves a clue to its group, or out of all of them. Returns whether it is, or was, a direct clue that says "down". */
function place(
  derived: Derived,
  topology: Topology,
  id: string,
  clue: Clue | undefined,
  group: string | undefined,
  keys: Set<string>,
): boolean {
  const before = derived.placed.get(id);
  if (before) {
    const { clue: old, group: oldKey } = before;
    index(derived, topology, old, false);
    if (oldKey !== undefined) leave(derived, oldKey, old);
    if (oldKey !== undefined) keys.add(oldKey);
    derived.placed.delete(id);
  }
  if (clue) {
    index(derived, topology, clue, true);
    if (group !== undefined) join(derived, group, clue);
    if (group !== undefined) keys.add(group);
    derived.placed.set(id, { clue, group });
  }
  const downs = (c: Clue | undefined) => c?.row.down === true && c.dependsOn === undefined;
  return (downs(clue) || downs(before?.clue)) && before?.group !== group;
}

const side = (group: Group, clue: Clue) => (clue.dependsOn === undefined ? group.direct : group.dependent);

function join(derived: Derived, key: string, clue: Clue): void {
  const group = derived.groups.get(key) ?? { direct: new Set(), dependent: new Set() };
  derived.groups.set(key, group);
  side(group, clue).add(clue);
}

function leave(derived: Derived, key: string, clue: Clue): void {
  const group = derived.groups.get(key);
  if (!group) return;
  side(group, clue).delete(clue);
  if (group.direct.size + group.dependent.size === 0) derived.groups.delete(key);
}

/** Enters a clue under the hosts and the service whose state decides about it; or takes it out. */
function index(derived: Derived, topology: Topology, clue: Clue, enters: boolean): void {
  const hosts = new Set<string>();
  if (clue.row.needsPath) for (const host of [clue.from, ...hostsOf(topology, clue.asset)]) hosts.add(host);
  if (clue.dependsOn !== undefined) for (const host of hostsOf(topology, clue.dependsOn)) hosts.add(host);
  for (const host of hosts) enter(derived.cluesOfHost, host, clue, enters);
  if (clue.dependsOn !== undefined) enter(derived.dependentsOf, clue.dependsOn, clue, enters);
}

function enter(map: Map<string, Set<Clue>>, key: string, clue: Clue, enters: boolean): void {
  const set = map.get(key) ?? new Set();
  if (enters) map.set(key, set.add(clue));
  else if (set.delete(clue) && set.size === 0) map.delete(key);
}

export const inOrder = (clues: Iterable<Clue>): Clue[] => [...clues].sort((a, b) => a.n - b.n);

function groupCause(state: State, topology: Topology, key: string): Cause | undefined {
  const group = state.derived.groups.get(key);
  if (!group) return undefined;
  const clues = [...inOrder(group.direct), ...inOrder(group.dependent)];
  // Advice is shown where it was found, and alarms nobody by itself.
  if (clues.every((clue) => ADVICE.has(clue.row.severity))) return undefined;
  const asset = key.slice(key.indexOf(":") + 1);
  const own = clues.filter((c) => c.dependsOn === undefined || c.asset === asset);
  const kind = topology.assets.get(asset)?.kind;
  const observers = [...new Set(clues.map((c) => c.agency))].sort();
  const users = topology.usersOf.get(asset) ?? [];
  const secondHand = clues.every((c) => c.dependsOn !== undefined);
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
    settleMs: state.settings.settleMs * (secondHand ? SECOND_HAND : lonely && users.length > 1 ? LONELY : 1),
  };
}

export const worst = (list: Severity[]): Severity =>
  list.reduce((a, b) => (SEVERITIES.indexOf(b) < SEVERITIES.indexOf(a) ? b : a), "info");
