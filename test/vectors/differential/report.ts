/**
 * What a run says: counts by tool and by label, and every disagreement with what is needed to look at it again. Pure.
 */
import { typeName } from "../../../agent/wire/dns/index.ts";
import type { Asking } from "./batch.ts";
import { explanationOf } from "./peers/explained.ts";

export interface Tally {
  asked: number;
  agreed: number;
  /** Disagreements that an RFC section settles, by that section. */
  explained: Record<string, number>;
  unexplained: number;
}

export interface Disagreement {
  readonly tool: string;
  readonly zone: string;
  readonly fault: string;
  readonly plan: string;
  readonly question: string;
  readonly expected: string;
  readonly said: string;
  readonly detail: string;
}

export interface Report {
  seed: string;
  date: string;
  zones: number;
  broken_zones: number;
  questions: number;
  seconds: number;
  refused_zones: number;
  tools: Record<string, Tally>;
  /** Zones by label; `whole` for those without a fault. */
  labels: Record<string, number>;
  disagreements: Disagreement[];
}

export function emptyReport(seed: string): Report {
  const date = new Date().toISOString().slice(0, 10);
  const counts = { zones: 0, broken_zones: 0, questions: 0, seconds: 0, refused_zones: 0 };
  return { seed, date, ...counts, tools: {}, labels: {}, disagreements: [] };
}

/** Adds one asking to the report. */
export function addAsking(report: Report, asking: Asking): void {
  report.questions++;
  const { ours, expected } = asking;
  const right = ours.security === expected.security;
  judge(report, asking, "ours", ours.security, `${ours.reason}, extended error ${ours.ede ?? "none"}`);
  if (right && expected.ede) {
    const fits = ours.ede !== undefined && expected.ede.includes(ours.ede);
    judge(report, asking, "ours, extended error", fits ? expected.security : `${ours.ede ?? "none"}`, `want ${expected.ede.join(" or ")}, reason ${ours.reason}`);
  }
  judge(report, asking, "ours, warm", asking.warm, "");
  for (const [name, verdict] of Object.entries(asking.peers)) judge(report, asking, name, verdict.security, verdict.words.slice(0, 600));
}

function judge(report: Report, asking: Asking, tool: string, said: string, detail: string): void {
  const { case: one, question, expected } = asking;
  const tally = report.tools[tool] ?? { asked: 0, agreed: 0, explained: {}, unexplained: 0 };
  report.tools[tool] = tally;
  tally.asked++;
  if (said === expected.security) {
    tally.agreed++;
    return;
  }
  const fault = one.fault?.label ?? "whole";
  const { plan } = one.site;
  const clause = explanationOf({ tool, fault, said, expected: expected.security, kind: question.kind, plan });
  if (clause) {
    tally.explained[clause] = (tally.explained[clause] ?? 0) + 1;
    return;
  }
  tally.unexplained++;
  const { signer, algorithm, denial } = plan;
  report.disagreements.push({
    tool,
    zone: one.site.zone.apex,
    fault,
    plan: `${signer} algorithm ${algorithm} ${denial.kind}/${denial.iterations}/${denial.salt}, served by ${one.site.server}`,
    question: `${question.name} ${typeName(question.type)} (${question.kind})`,
    expected: expected.security,
    said,
    detail,
  });
}
