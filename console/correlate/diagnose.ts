// All causes that the open clues and the silent agents add up to, now. What a broken path explains is suppressed from
// alerting, never from being kept. Only what was touched since the last decision is looked at again. Pure.
import { inOrder, regroup, saysLinkDown } from "./groups.ts";
import { diagnoseNetwork } from "./network.ts";
import { judgeSilence } from "./silent.ts";
import { type Clue, nothingDerived, type State } from "./state.ts";
import type { Topology } from "./topology.ts";
import { wakeOf } from "./wakes.ts";

const HOST = "host:";

/** Brings the causes in `state.derived` up to now. Gives the keys of those that may be other than before. `due`: wakes that are due. */
export function diagnose(state: State, topology: Topology, due: readonly string[], now: number): Set<string> {
  if (state.derived.stale) touchEverything(state);
  const { derived } = state;
  const touchedKeys = new Set<string>();
  for (const clue of derived.touchedClues.values()) noteLinkDown(state, topology, clue);
  const hosts = new Set(due.filter((s) => s.startsWith(HOST)).map((s) => s.slice(HOST.length)));
  if (derived.networkTouched || !derived.network) rediagnoseNetwork(state, topology, hosts, touchedKeys, now);
  const pathOk = (host: string) => pathStands(state, host, now);

  const clues = new Map(derived.touchedClues);
  const agents = new Set(derived.touchedAgents);
  for (const host of hosts) {
    for (const clue of derived.cluesOfHost.get(host) ?? []) clues.set(clue.id, clue);
    const agent = topology.agentOf.get(host);
    if (agent !== undefined) agents.add(agent);
  }
  for (const key of regroup(state, topology, clues.values(), pathOk)) touchedKeys.add(key);
  if (agents.size > 0) for (const key of judgeSilence(state, topology, agents, pathOk, now)) touchedKeys.add(key);
  derived.touchedClues.clear();
  derived.touchedAgents.clear();
  return touchedKeys;
}

/** Throws away what was derived, and looks at every clue and agent as if it were new. */
function touchEverything(state: State): void {
  state.derived = { ...nothingDerived(), stale: false };
  for (const clue of state.clues.values()) state.derived.touchedClues.set(clue.id, clue);
  for (const agent of state.presence.keys()) state.derived.touchedAgents.add(agent);
}

function noteLinkDown(state: State, topology: Topology, was: Clue): void {
  if (!saysLinkDown(topology, was)) return;
  const { linksDown } = state.derived;
  const clues = linksDown.get(was.asset) ?? new Map<string, Clue>();
  const clue = state.clues.get(was.id);
  if (clue) linksDown.set(was.asset, clues.set(clue.id, clue));
  else if (clues.delete(was.id) && clues.size === 0) linksDown.delete(was.asset);
  state.derived.networkTouched = true;
}

/** Adds to `hosts` those whose path came or went, and to `keys` those of every network cause of before and of now. */
function rediagnoseNetwork(state: State, topology: Topology, hosts: Set<string>, keys: Set<string>, now: number): void {
  const { derived } = state;
  derived.networkTouched = false;
  // With every link up before and now, nobody's word about a link can change anything.
  if (derived.network && derived.linksDown.size === 0 && derived.networkCauses.size === 0) return;
  const down = new Map([...derived.linksDown].map(([link, clues]) => [link, inOrder(clues.values())]));
  const network = diagnoseNetwork(state, topology, down);
  const before = derived.network?.up ?? new Set<string>();
  // What could not be reached at the last step could not be reached until now.
  for (const host of state.cutOff) state.unreachableAt.set(host, now);
  state.cutOff = [...topology.linksOf.keys()].filter((host) => !network.up.has(host));
  for (const host of before) if (!network.up.has(host)) hosts.add(host);
  for (const host of network.up) {
    if (!before.has(host)) hosts.add(host);
    const until = graceEnd(state, host);
    if (until > now) wakeOf(state.wakes, HOST + host, until);
  }
  derived.network = network;
  for (const key of derived.networkCauses.keys()) keys.add(key);
  derived.networkCauses = new Map(network.causes.map((c) => [c.key, c]));
  for (const key of derived.networkCauses.keys()) keys.add(key);
}

const graceEnd = (state: State, host: string) =>
  (state.unreachableAt.get(host) ?? Number.NEGATIVE_INFINITY) + state.settings.graceMs;

/** Whether a host has had a path to the console for long enough that what it says, or its silence, is its own. */
const pathStands = (state: State, host: string, now: number): boolean =>
  state.derived.network!.up.has(host) && graceEnd(state, host) <= now;
