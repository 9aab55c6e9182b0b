// Agents that are silent though their host could reach the console. All silent at once: it is the console that is cut off. Pure.
import type { Impact, Reason, Severity } from "../../protocol/index.ts";
import { tagRow } from "../../protocol/index.ts";
import type { Cause, State } from "./state.ts";
import type { Topology } from "./topology.ts";

const ROW = tagRow("AGENT_SILENT");
/** So many agents and none of them live: not all of them broke at once. */
const LEAST_FOR_CUT_OFF = 3;

/** Brings the causes up to the agents that were touched. Gives the keys of causes that may be other than before. */
export function judgeSilence(
  state: State,
  topology: Topology,
  touched: Iterable<string>,
  pathOk: (host: string) => boolean,
  now: number,
): Set<string> {
  const { derived } = state;
  const keys = new Set<string>();
  const agents = new Set(touched);
  for (const agent of agents) {
    const silent = state.presence.get(agent)?.presence === "silent" && topology.hostOfAgent.has(agent);
    if (silent) derived.silent.add(agent);
    else derived.silent.delete(agent);
  }
  const cutOff = derived.silent.size >= LEAST_FOR_CUT_OFF && !anyLive(state);
  if (cutOff || derived.consoleCutOff !== cutOff) {
    for (const key of derived.silentCauses.keys()) keys.add(key);
    derived.silentCauses.clear();
    for (const agent of derived.silent) agents.add(agent);
  }
  derived.consoleCutOff = cutOff;
  const causes = cutOff ? [consoleCause(state, topology)] : [...agents].map((a) => agentCause(state, topology, a, now));
  for (const cause of causes) {
    keys.add(cause.key);
    if (cutOff || (derived.silent.has(cause.agent) && pathOk(cause.asset))) derived.silentCauses.set(cause.key, cause);
    else derived.silentCauses.delete(cause.key);
  }
  return keys;
}

function anyLive(state: State): boolean {
  for (const { presence } of state.presence.values()) if (presence === "live") return true;
  return false;
}

function agentCause(state: State, topology: Topology, agent: string, now: number) {
  const host = topology.hostOfAgent.get(agent) ?? agent;
  const since = state.presence.get(agent)?.since ?? now;
  const reason = { key: "reason.agent-silent", facts: { agent, since } };
  const impact = { lost: [], degraded: [], affected: [topology.agencyOfAgent.get(agent) ?? agent] };
  return { agent, ...causeAt(state, host, impact, ROW.severity, Math.min(since, now), reason) };
}

function consoleCause(state: State, topology: Topology) {
  const since = Math.min(...[...state.derived.silent].map((a) => state.presence.get(a)!.since));
  const lost = [...new Set(topology.sites.map((s) => s.agency))].sort();
  const reason = { key: "reason.console-cut-off", facts: { agents: state.derived.silent.size } };
  const impact = { lost, degraded: [], affected: [] };
  return { agent: "", ...causeAt(state, topology.registry.consoleHost, impact, "critical", since, reason) };
}

const causeAt = (
  state: State,
  host: string,
  impact: Impact,
  severity: Severity,
  since: number,
  reason: Reason,
): Cause => ({
  key: `${ROW.class}:${host}`,
  asset: host,
  class: "agent",
  severity,
  since,
  clues: [],
  explains: [],
  impact,
  reason,
  settleMs: state.settings.settleMs,
});
