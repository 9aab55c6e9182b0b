// What a check last said of a target, as the screen shows it. Pure.
import {
  type AgentStatus,
  type Report,
  SEVERITIES,
  type Severity,
  type Target,
  type TargetStatus,
  tagRow,
} from "../protocol/index.ts";

/** A report with the instant, by the agent's clock, since which its status stands. */
export interface Said {
  report: Report;
  since: number;
  receivedAt: number;
}

/**
 * The status of one target. An agent that is not live makes it `unknown`, whatever it said before: the last answer is
 * then history, not state. Severity is the worst of the tags' rows.
 */
export function statusOf(target: Target, said: Said | undefined, agent: AgentStatus): TargetStatus {
  const head = { target: target.id, agency: target.agency, agent: target.agent, asset: target.asset };
  const check = said?.report.check ?? target.kind;
  if (!said || agent.presence !== "live")
    return { ...head, check, status: "unknown", tags: [], since: agent.since, at: said?.report.at ?? 0 };
  const { report, since } = said;
  const common = { ...head, check, since, at: report.at };
  if (report.outcome === "skipped") return { ...common, status: "skipped", tags: [], reason: report.reason };
  if (report.outcome === "broke") return { ...common, status: "broke", tags: [], reason: report.error };
  const facts = report.facts === undefined ? {} : { facts: report.facts };
  const tags = tagsOf(report);
  if (tags.length === 0) return { ...common, ...facts, status: "good", tags };
  return { ...common, ...facts, status: "finding", severity: worst(tags), tags };
}

/** What two reports of a target must share for the later to continue the status of the earlier. */
export const standing = (report: Report): string => [report.outcome, ...tagsOf(report)].join(" ");

const tagsOf = (report: Report): string[] =>
  report.outcome === "ran" ? [...new Set(report.findings.map((f) => f.tag))].sort() : [];

const worst = (tags: string[]): Severity =>
  SEVERITIES[Math.min(...tags.map((t) => SEVERITIES.indexOf(tagRow(t).severity)))] ?? "info";
