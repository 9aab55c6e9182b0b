// What the feed said, arranged for the screen. Pure: one message in, the next model out. Objects whose content did not
// change keep their identity, so that rows of agencies untouched by a tick are not rendered again.
import type { AgentStatus, FeedMessage, Incident, TargetStatus } from "../../../protocol/incident.ts";
import { phaseOf } from "../../../protocol/lifecycle.ts";
import type { Bilingual } from "../../../protocol/registry.ts";
import { type AgencyView, IMPACT_GROUPS, type ImpactGroup, kindOf, viewAgency } from "./agency.ts";

export interface Model {
  /** The console's clock at the last message. */
  at: number;
  province: { id: string; name: Bilingual };
  levels: readonly { id: string; name: Bilingual }[];
  /** In the order of the data. */
  agencies: ReadonlyMap<string, AgencyView>;
  /** Names of assets and agencies, for texts that carry ids. */
  names: ReadonlyMap<string, Bilingual>;
  /** Which agency each asset belongs to. */
  owners: ReadonlyMap<string, string>;
  agents: ReadonlyMap<string, AgentStatus>;
  targets: ReadonlyMap<string, TargetStatus>;
  incidents: ReadonlyMap<string, Incident>;
  /** Check families that occur, in the order of the screen. */
  kinds: readonly string[];
}

const KIND_ORDER = [
  "link",
  "datacentre",
  "ipv6",
  "zone",
  "zone-audit",
  "resolver",
  "certificate",
  "path",
  "clock",
  "disk",
  "ra",
  "device",
  "page",
  "ssh-log",
  "firewall-log",
  "route-log",
];

/** The next model. Changes that come before any snapshot say nothing and are dropped. */
export function applyMessage(model: Model | undefined, message: FeedMessage): Model | undefined {
  if (message.t === "snapshot") return fromSnapshot(message);
  return message.t === "changes" ? model && withChanges(model, message) : model;
}

type Snapshot = Extract<FeedMessage, { t: "snapshot" }>;
type Changes = Extract<FeedMessage, { t: "changes" }>;

function fromSnapshot(m: Snapshot): Model {
  const targets = new Map(m.targets.map((t) => [t.target, t]));
  const agents = new Map(m.agents.map((a) => [a.agent, a]));
  const incidents = new Map(m.incidents.map((i) => [i.id, i]));
  const byAgency = groupByAgency(targets.values());
  const agentsOf = groupByAgency(agents.values());
  const impacts = impactsByAgency(incidents.values());
  const owners = new Map(m.assets.map((a) => [a.id, a.agency]));
  const ownerOf = (asset: string) => owners.get(asset);
  const agencies = m.agencies.map((a): [string, AgencyView] => [
    a.id,
    viewAgency(a, byAgency.get(a.id) ?? [], agentsOf.get(a.id) ?? [], impacts.get(a.id) ?? [], ownerOf),
  ]);
  const names = new Map([...m.agencies, ...m.assets].map((x) => [x.id, x.name]));
  // An agency and its gateway host bear the same id; the agency's name is the one that people know.
  for (const a of m.agencies) names.set(a.id, a.name);
  return {
    at: m.at,
    province: m.province,
    levels: m.levels,
    agencies: new Map(agencies),
    names,
    owners,
    agents,
    targets,
    incidents,
    kinds: kindsOf(targets.keys()),
  };
}

function withChanges(model: Model, m: Changes): Model {
  const targets = m.targets.length + m.removedTargets.length > 0 ? new Map(model.targets) : model.targets;
  const agents = m.agents.length > 0 ? new Map(model.agents) : model.agents;
  const incidents = m.incidents.length > 0 ? new Map(model.incidents) : model.incidents;
  const touched = new Set<string>();
  for (const id of m.removedTargets) {
    const old = targets.get(id);
    if (old) touched.add(old.agency);
    (targets as Map<string, TargetStatus>).delete(id);
  }
  for (const t of m.targets) {
    touched.add(t.agency);
    (targets as Map<string, TargetStatus>).set(t.target, t);
  }
  for (const a of m.agents) {
    touched.add(a.agency);
    (agents as Map<string, AgentStatus>).set(a.agent, a);
  }
  for (const i of m.incidents) {
    for (const agency of [...agenciesHit(model.incidents.get(i.id)), ...agenciesHit(i)]) touched.add(agency);
    (incidents as Map<string, Incident>).set(i.id, i);
  }
  if (touched.size === 0) return { ...model, at: m.at };
  const byAgency = groupByAgency(targets.values());
  const agentsOf = groupByAgency(agents.values());
  const impacts = impactsByAgency(incidents.values());
  const ownerOf = (asset: string) => model.owners.get(asset);
  const agencies = new Map(model.agencies);
  for (const id of touched) {
    const old = agencies.get(id);
    if (old)
      agencies.set(id, viewAgency(old, byAgency.get(id) ?? [], agentsOf.get(id) ?? [], impacts.get(id) ?? [], ownerOf));
  }
  const kinds = targets.size === model.targets.size ? model.kinds : kindsOf(targets.keys());
  return { ...model, at: m.at, targets, agents, incidents, agencies, kinds };
}

function groupByAgency<T extends { agency: string }>(items: Iterable<T>): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.agency);
    if (group) group.push(item);
    else groups.set(item.agency, [item]);
  }
  return groups;
}

const agenciesHit = (i: Incident | undefined): string[] => (i ? IMPACT_GROUPS.flatMap((g) => i.impact[g]) : []);

function impactsByAgency(incidents: Iterable<Incident>): Map<string, { incident: Incident; group: ImpactGroup }[]> {
  const found = new Map<string, { incident: Incident; group: ImpactGroup }[]>();
  for (const incident of incidents) {
    if (phaseOf(incident) !== "open") continue;
    for (const group of IMPACT_GROUPS)
      for (const agency of incident.impact[group])
        found.set(agency, [...(found.get(agency) ?? []), { incident, group }]);
  }
  return found;
}

function kindsOf(targetIds: Iterable<string>): string[] {
  const place = (kind: string) => (KIND_ORDER.includes(kind) ? KIND_ORDER.indexOf(kind) : KIND_ORDER.length);
  return [...new Set([...targetIds].map(kindOf))].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}
