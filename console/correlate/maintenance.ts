// Maintenance windows in the correlator: a watched cause that a window names is followed in the shadow and opens no incident.
// When the window ends and it still stands, it is one, at once. Attacks are never held back. Pure.
import { endOfSilence, isActive, matches, type Silence, type Subject } from "../../protocol/index.ts";
import type { Cause, State } from "./state.ts";
import type { Topology } from "./topology.ts";
import { wakeOf } from "./wakes.ts";

export const WINDOW = "window:";

/** The window that keeps this cause from opening an incident now. Asks to be woken when it ends. */
export function windowFor(state: State, topology: Topology, cause: Cause, now: number): Silence | undefined {
  const window = state.silences.find(
    (s) => s.kind === "maintenance" && isActive(s, now) && matches(s, subjectOfCause(topology, cause)),
  );
  if (window) wakeOf(state.wakes, WINDOW + cause.key, endOfSilence(window));
  return window;
}

function subjectOfCause(topology: Topology, cause: Cause): Subject {
  return {
    assets: standsOn(topology, cause.asset),
    agencies: ownersOf(topology, cause.asset),
    class: cause.class,
    tags: [...new Set(cause.clues.map((c) => c.tag))],
    severity: cause.severity,
  };
}

/** The asset; the ends of a link; the host of a service that has no other. */
export function standsOn(topology: Topology, asset: string): string[] {
  const a = topology.assets.get(asset);
  if (a?.kind === "link") return [asset, ...a.ends];
  if ((a?.kind === "service" || a?.kind === "zone") && a.on.length === 1) return [asset, ...a.on];
  return [asset];
}

/** Whose it is: of a link to a site, the site's agency. */
function ownersOf(topology: Topology, asset: string): string[] {
  const a = topology.assets.get(asset);
  if (a === undefined) return [];
  if (a.kind !== "link") return [a.agency];
  const site = topology.sites.find((s) => a.ends.includes(s.id));
  return [site?.agency ?? a.agency];
}
