/**
 * What a run says: counts by tool and by label, and every disagreement with what is needed to look at it again. Pure.
 */
import { typeName } from "../../../agent/wire/dns/index.ts";
import { type AttackReport, emptyAttackReport } from "./attack.ts";
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
  mutated: AttackReport;
  /** Zones by label; `whole` for those without a fault. */
  labels: Record<string, number>;
  disagreements: Disagreement[];
}

export function emptyReport(seed: string): Report {
  const date = new Date().toISOString().slice(0, 10);
  const counts = { zones: 0, broken_zones: 0, questions: 0, seconds: 0, refused_zones: 0 };
  return { seed, date, ...counts, tools: {}, mutated: emptyAttackReport(), labels: {}, disagreements: [] };
}

/** Told of each disagreement, settled (with its clause) or not. */
export type OnDisagreement = (asking: Asking, about: string, clause: string | undefined) => void;

/** Adds one asking to the report. */
export function addAsking(report: Report, asking: Asking, told: OnDisagreement): void {
  const judge = (tool: string, said: string, detail: string, expected: string = asking.expected.security) =>
    compare(report, asking, { tool, said, detail, expected }, told);
  report.questions++;
  const { ours, expected } = asking;
  const right = ours.security === expected.security;
  judge("ours", ours.security, `${ours.reason}, extended error ${ours.ede ?? "none"}`);
  if (right && expected.ede) {
    const fits = ours.ede !== undefined && expected.ede.includes(ours.ede);
    const wanted = `want ${expected.ede.join(" or ")}, reason ${ours.reason}`;
    judge("ours, extended error", fits ? expected.security : `${ours.ede ?? "none"}`, wanted);
  }
  const honest = asking.case.site.honest.get(asking.question);
  if (honest && expected.security === "secure" && !isBelowCut(asking)) {
    judge("ours, response code", String(ours.rcode), ours.reason, String(honest.rcode));
  }
  judge("ours, warm", asking.warm, "");
  for (const [name, verdict] of Object.entries(asking.peers))
    judge(name, verdict.security, verdict.words.slice(0, 600));
}

/** The zone itself has no answer for what lies below a cut. */
const isBelowCut = ({ question }: Asking) => question.kind === "signed-child" || question.kind === "unsigned-child";

interface Said {
  readonly tool: string;
  readonly said: string;
  readonly expected: string;
  readonly detail: string;
}

function compare(report: Report, asking: Asking, { tool, said, expected, detail }: Said, told: OnDisagreement): void {
  const { case: one, question } = asking;
  const tally = report.tools[tool] ?? { asked: 0, agreed: 0, explained: {}, unexplained: 0 };
  report.tools[tool] = tally;
  tally.asked++;
  if (said === expected) {
    tally.agreed++;
    return;
  }
  const fault = one.fault?.label ?? "whole";
  const { plan, childPlans } = one.site;
  const plans = question.kind === "signed-child" ? [plan, ...childPlans] : [plan];
  const clause = explanationOf({ tool, fault, said, expected, kind: question.kind, plans });
  told(asking, `${tool} says ${said} where it is ${expected}: ${fault}`, clause);
  if (clause) {
    tally.explained[clause] = (tally.explained[clause] ?? 0) + 1;
    return;
  }
  tally.unexplained++;
  const { signer, algorithm, denial } = plan;
  const { apex } = one.site.zone;
  report.disagreements.push({
    tool,
    zone: apex,
    fault,
    plan: `${signer} algorithm ${algorithm} ${denial.kind}/${denial.iterations}/${denial.salt}, served by ${one.site.server}`,
    question: `${question.name} ${typeName(question.type)} (${question.kind})`,
    expected,
    said,
    detail,
  });
}
