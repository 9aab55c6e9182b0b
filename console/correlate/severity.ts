// How bad an incident is: what the tag says × how much depends on the asset × how many agencies are hit. A table; the result
// keeps its factors as the reason, and a person's own judgement stands above it. Pure.
import { type Impact, type Incident, type Reason, SEVERITIES, type Severity } from "../../protocol/index.ts";
import type { Topology } from "./topology.ts";

export type Importance = "vital" | "important" | "ordinary";
export type Breadth = "one" | "few" | "many";

/** From this many agencies on it is `many`. */
const MANY = 10;

/** Steps up (+) or down (-) from the tag's own severity. */
export const SHIFT: Record<Importance, Record<Breadth, -1 | 0 | 1>> = {
  vital: { one: 0, few: 0, many: 1 },
  important: { one: 0, few: 0, many: 1 },
  ordinary: { one: -1, few: 0, many: 1 },
};

/** What others depend on is vital; a site of the lowest level is ordinary; the rest is important. */
export function importanceOf(topology: Topology, asset: string): Importance {
  const a = topology.assets.get(asset);
  if (a === undefined || a.kind === "service" || a.kind === "zone") return "vital";
  if (a.kind === "link") return a.medium === "backbone" || a.medium === "upstream" ? "vital" : "important";
  if (a.role !== "site") return a.role === "server" || a.role === "device" ? "important" : "vital";
  const { levels, agencies } = topology.registry;
  const level = agencies.find((x) => x.id === a.agency)?.level;
  return levels.length > 1 && level === levels.at(-1)!.id ? "ordinary" : "important";
}

export function breadthOf(impact: Impact): Breadth {
  const hit = new Set([...impact.lost, ...impact.degraded, ...impact.affected]).size;
  return hit >= MANY ? "many" : hit > 1 ? "few" : "one";
}

/** Sets the severity from the table, with its reason, unless a person has set it. An attack is never milder than its detector says. */
export function weigh(topology: Topology, incident: Incident, base: Severity): void {
  if (incident.severityBy !== undefined) return;
  const importance = importanceOf(topology, incident.cause.asset);
  const breadth = breadthOf(incident.impact);
  const least = incident.class === "intrusion" ? 0 : -1;
  const shift = Math.max(least, SHIFT[importance][breadth]);
  incident.severity = shifted(base, shift);
  incident.severityReason = severityReason(base, importance, breadth);
}

const shifted = (base: Severity, shift: number): Severity =>
  SEVERITIES[Math.min(SEVERITIES.length - 1, Math.max(0, SEVERITIES.indexOf(base) - shift))]!;

const severityReason = (base: Severity, importance: Importance, breadth: Breadth): Reason => ({
  key: "reason.severity",
  facts: { base: `severity.${base}`, importance: `importance.${importance}`, breadth: `breadth.${breadth}` },
});
