// The correlator: (state, input, now) → changes, each with its reason. Pure and replayable: no clock, no randomness, no
// input or output but what is passed in; the same inputs give the same incidents.
import type { Incident, Registry, Report } from "../../protocol/index.ts";
import { applyReport, dropUnwatched } from "./clues.ts";
import { applyDetection, quieten, restoreCampaign } from "./detections.ts";
import { diagnose } from "./diagnose.ts";
import { assimilate, note, track } from "./incidents.ts";
import { type Change, type Input, initialState, type State } from "./state.ts";
import { topologyOf } from "./topology.ts";

export { type Change, type Input, initialState, type State };

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
      return decide(state, now);
    case "detection":
      return state.topology ? applyDetection(state, state.topology, input.agent, input.detection, now) : [];
    case "person":
      return actOf(state, input, now);
    case "tick":
      return due(state, now) ? decide(state, now) : [];
  }
}

/** When step() wants a tick, in the time of `now`; undefined when it waits for nothing. */
export const nextWake = (state: State): number | undefined => state.wakeAt;

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
    state.lastNumber = Math.max(state.lastNumber, Number(incident.id.replace(/^\D+/, "")) || 0);
    if (incident.state === "closed") continue;
    const stoodAt = incident.recoveredAt ?? incident.history.at(-1)?.at ?? incident.openedAt;
    const key = `${incident.class}:${incident.cause.asset}`;
    const tracked = track(state, key, incident, stoodAt, incident.state === "open");
    if (incident.class === "intrusion") restoreCampaign(state, tracked);
  }
  state.wakeAt = 0;
}

const due = (state: State, now: number) => state.wakeAt !== undefined && state.wakeAt <= now;

function decide(state: State, now: number): Change[] {
  if (!state.topology) return [];
  state.wakeAt = undefined;
  const causes = diagnose(state, state.topology, now);
  return [...assimilate(state, state.topology, causes, now), ...quieten(state, now)];
}

/** What a person does. Closing needs a resolution, a state that allows it, and no other owner. */
function actOf(state: State, input: Extract<Input, { type: "person" }>, now: number): Change[] {
  const tracked = state.tracked.get(input.incident);
  if (!tracked) return [];
  const { incident } = tracked;
  if (input.act.kind === "acknowledge") {
    if (incident.owner === input.account) return [];
    incident.owner = input.account;
    note(tracked, now, "acknowledged", { key: "reason.person", facts: {} }, input.account);
    return [{ type: "incident", incident }];
  }
  const resolution = input.act.resolution.trim();
  const ownedByOther = incident.owner !== undefined && incident.owner !== input.account;
  if (incident.state === "open" || resolution === "" || ownedByOther) return [];
  incident.state = "closed";
  incident.closedAt = now;
  incident.resolution = resolution;
  note(tracked, now, "closed", { key: "reason.person", facts: { resolution } }, input.account);
  state.tracked.delete(incident.id);
  for (const [key, c] of state.campaigns) if (c.incident === incident.id) state.campaigns.delete(key);
  return [{ type: "incident", incident }];
}
