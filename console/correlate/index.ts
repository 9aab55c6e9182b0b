// The correlator: (state, input, now) → changes, each with its reason. Pure and replayable: no clock, no randomness, no
// input or output but what is passed in; the same inputs give the same incidents.
import { endsByPerson, type Incident, isWorking, type Registry, type Report } from "../../protocol/index.ts";
import { numberOf, track } from "./book.ts";
import { applyReport, dropUnwatched } from "./clues.ts";
import { applyDetection, quieten, restoreAttack } from "./detections.ts";
import { diagnose } from "./diagnose.ts";
import { assimilate } from "./incidents.ts";
import { actOf, declare } from "./persons.ts";
import {
  type Change,
  type Declared,
  type Input,
  initialState,
  type Policy,
  type Settings,
  type State,
  wake,
} from "./state.ts";
import { restoreOpenings } from "./storms.ts";
import { type Topology, topologyOf } from "./topology.ts";
import { nextWakeAt, takeDue } from "./wakes.ts";

export { type Change, type Declared, type Input, initialState, type Policy, type Settings, type State };

/**
 * Takes one input in. Changes `state` and returns each incident that became new or other than it was.
 * `now` is in milliseconds and never goes back between two calls.
 */
export function step(state: State, input: Input, now: number): Change[] {
  switch (input.type) {
    case "registry":
      state.topology = topologyOf(input.registry);
      dropUnwatched(state);
      return decide(state, now);
    case "report":
      return applyReport(state, input.agent, input.report) || due(state, now) ? decide(state, now) : [];
    case "presence":
      state.presence.set(input.agent, { presence: input.presence, since: input.since });
      state.derived.touchedAgents.add(input.agent);
      state.derived.networkTouched = true;
      return decide(state, now);
    case "detection":
      return state.topology ? applyDetection(state, state.topology, input.agent, input.detection, now) : [];
    case "person":
      // A person may change any incident: the next decision looks at all of them.
      state.derived.trackedStale = true;
      return actOf(state, input, now);
    case "declare":
      return state.topology ? declare(state, state.topology, input.account, input.declared, now) : [];
    case "silences":
      state.silences = input.silences;
      state.derived.trackedStale = true;
      return decide(state, now);
    case "policy":
      state.settings = { ...state.settings, policy: input.policy };
      // What had gone out of sight may now be the machine's to close.
      for (const tracked of state.tracked.values()) if (!endsByPerson(tracked.incident)) state.hot.add(tracked);
      state.derived.trackedStale = true;
      return decide(state, now);
    case "tick":
      return due(state, now) ? decide(state, now) : [];
  }
}

/** When step() wants a tick, in the time of `now`; undefined when it waits for nothing. */
export const nextWake = (state: State): number | undefined => nextWakeAt(state.wakes);

/** Takes up, after a restart, what the store holds: open incidents, and each target's last report. */
export function restore(
  state: State,
  registry: Registry,
  incidents: Incident[],
  reports: { agent: string; report: Report; receivedAt: number }[],
): void {
  state.topology = topologyOf(registry);
  for (const { agent, report } of reports) applyReport(state, agent, report);
  for (const incident of incidents) {
    state.lastNumber = Math.max(state.lastNumber, numberOf(incident.id));
    if (incident.state === "closed") continue;
    const stoodAt = incident.recoveredAt ?? incident.history.at(-1)?.at ?? incident.openedAt;
    const key = incident.answersFor?.[0] ?? `${incident.class}:${incident.cause.asset}`;
    const tracked = track(state, key, incident, stoodAt, isWorking(incident));
    restoreAttack(state, tracked);
    restorePaths(state, state.topology, incident);
  }
  restoreOpenings(state, incidents);
  state.derived.stale = true;
  wake(state, 0);
}

/** Whom a broken path cut off, until when: what they said meanwhile is old news after a restart, too. */
function restorePaths(state: State, topology: Topology, incident: Incident): void {
  if (incident.class !== "connectivity") return;
  const hosts = [incident.cause.asset, ...incident.explains].filter((asset) => topology.linksOf.has(asset));
  const { recoveredAt } = incident;
  // Of one that is open the next step says whether the path is back, and if so since when: since then.
  if (recoveredAt === undefined) state.cutOff = [...new Set([...state.cutOff, ...hosts])];
  else
    for (const host of hosts)
      state.unreachableAt.set(host, Math.max(recoveredAt, state.unreachableAt.get(host) ?? recoveredAt));
}

function due(state: State, now: number): boolean {
  const at = nextWakeAt(state.wakes);
  return at !== undefined && at <= now;
}

function decide(state: State, now: number): Change[] {
  const { topology } = state;
  if (!topology) return [];
  const sources = takeDue(state.wakes, now);
  const agents = [...state.derived.touchedAgents];
  const touched = diagnose(state, topology, sources, now);
  return [...assimilate(state, topology, { touched, due: sources, agents }, now), ...quieten(state, now)];
}
