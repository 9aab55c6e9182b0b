// One agency as the screen shows it: a cell for each check family, and the worst of them. Pure.
import type { Severity } from "../../../protocol/finding.ts";
import type { AgentStatus, CheckStatus, Incident, TargetStatus } from "../../../protocol/incident.ts";
import type { Bilingual } from "../../../protocol/registry.ts";

/** From worst to mildest. */
export const IMPACT_GROUPS = ["lost", "degraded", "affected"] as const;
export type ImpactGroup = (typeof IMPACT_GROUPS)[number];

/** The worst of an agency's targets of one family. */
export interface CellView {
  kind: string;
  status: CheckStatus;
  severity?: Severity;
  /** The fault is in what belongs to another agency: the portal that everybody watches. */
  shared: boolean;
  targets: TargetStatus[];
}

export interface AgencyView {
  id: string;
  level: string;
  name: Bilingual;
  cells: ReadonlyMap<string, CellView>;
  /** `unknown` also when a check broke or its agent is silent: nothing then vouches for the agency. */
  overall: "good" | "finding" | "unknown";
  /** The worst severity of what is the agency's own; absent when all its findings are of shared things. */
  severity?: Severity;
  findings: number;
  /** Agents of this agency that are not heard. */
  silent: AgentStatus[];
  /** Open incidents that hit this agency, and how. */
  incidents: { incident: Incident; group: ImpactGroup }[];
}

const SEVERITY_RANK: Record<Severity, number> = { critical: 0, high: 1, medium: 2, low: 3, info: 4 };
const STATUS_RANK: Record<CheckStatus, number> = { finding: 0, broke: 1, unknown: 2, skipped: 3, good: 4 };

/** The family of a target: the second part of its id (docs/architecture.md, Identities). */
export const kindOf = (targetId: string): string => targetId.split("/")[1] ?? "";

/** Lower is worse; absent is mildest. */
export const severityRank = (s: Severity | undefined): number => (s === undefined ? 5 : SEVERITY_RANK[s]);

/** Worst first: findings by severity, then what could not be checked. */
export const byWorst = (
  a: { status: CheckStatus; severity?: Severity },
  b: { status: CheckStatus; severity?: Severity },
): number => STATUS_RANK[a.status] - STATUS_RANK[b.status] || severityRank(a.severity) - severityRank(b.severity);

/** Builds the view from the agency's targets, agents and the open incidents that hit it. */
export function viewAgency(
  agency: { id: string; level: string; name: Bilingual },
  targets: TargetStatus[],
  agents: AgentStatus[],
  incidents: AgencyView["incidents"],
  ownerOf: (asset: string) => string | undefined,
): AgencyView {
  const isShared = (t: TargetStatus) => (ownerOf(t.asset) ?? agency.id) !== agency.id;
  const cells = new Map<string, CellView>();
  for (const target of [...targets].sort((a, b) => byWorst(a, b) || a.target.localeCompare(b.target))) {
    const kind = kindOf(target.target);
    const cell = cells.get(kind);
    if (cell) cell.targets.push(target);
    else {
      const { status, severity } = target;
      cells.set(kind, { kind, status, severity, shared: status === "finding" && isShared(target), targets: [target] });
    }
  }
  const worst = [...cells.values()].sort(byWorst)[0];
  const silent = agents.filter((a) => a.presence !== "live");
  const good = worst !== undefined && silent.length === 0 && (worst.status === "good" || worst.status === "skipped");
  return {
    id: agency.id,
    level: agency.level,
    name: agency.name,
    cells,
    overall: worst?.status === "finding" ? "finding" : good ? "good" : "unknown",
    severity: targets.filter((t) => t.status === "finding" && !isShared(t)).sort(byWorst)[0]?.severity,
    findings: targets.reduce((n, t) => n + (t.status === "finding" ? Math.max(1, t.tags.length) : 0), 0),
    silent,
    incidents: [...incidents].sort((a, b) => IMPACT_GROUPS.indexOf(a.group) - IMPACT_GROUPS.indexOf(b.group)),
  };
}

/** Own findings by severity, then what is unknown, then what only suffers from others, then what is good. */
const needOf = (a: AgencyView): number => {
  if (a.severity !== undefined) return severityRank(a.severity);
  return a.overall === "unknown" ? 10 : a.overall === "finding" ? 11 : 12;
};
/** Those cut off stand before all; equals keep the order of the data. */
export const agenciesByNeed = (a: AgencyView, b: AgencyView): number =>
  Number(isLost(b)) - Number(isLost(a)) || needOf(a) - needOf(b);
const isLost = (a: AgencyView) => a.incidents[0]?.group === "lost";
