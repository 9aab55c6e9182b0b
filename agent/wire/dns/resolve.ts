/**
 * The audit resolver's front: one question, followed over aliases to its end, each response validated. A step of the machine;
 * give it to a world that sends what it yields (see resolver/machine.ts).
 */
import { ancestor, canonicalName } from "./name.ts";
import { Budget, DEFAULT_LIMITS, type Limits } from "./resolver/budget.ts";
import { ResolverCache } from "./resolver/cache.ts";
import { type Question, type Response, responseOfDname, type SignedRrset } from "./resolver/classify.ts";
import { distrust, iterate, type NoResponse } from "./resolver/iterate.ts";
import type { ResolverConfig, Run, Step } from "./resolver/machine.ts";
import { RCODE, TYPE } from "./types.ts";
import { type Validated, validateResponse } from "./validator/answer.ts";
import { type Verdict, worse } from "./validator/verdict.ts";

/** One response on the way, with what was made of it. */
export interface Stage {
  readonly response: Response;
  readonly verdict: Verdict;
}

export interface Resolution {
  readonly question: Question;
  /** NOERROR, NXDOMAIN, YXDOMAIN; SERVFAIL when nothing could be had. What is bogus keeps the code that was sent. */
  readonly rcode: number;
  readonly verdict: Verdict;
  readonly answer: readonly SignedRrset[];
  readonly authority: readonly SignedRrset[];
  readonly additional: readonly SignedRrset[];
  readonly stages: readonly Stage[];
  /** Set when no response came: what was tried. */
  readonly failure?: NoResponse;
  /** Age of the oldest response used, seconds; 0 when all are fresh. */
  readonly ageSeconds: number;
  /** All of it came out of the cache. */
  readonly cached: boolean;
}

export interface ResolveOptions {
  /** false leaves validation out: the verdict is `indeterminate`, `not-validated`. Default true. */
  readonly validate?: boolean;
}

/** A run's beginning: `cache` is shared between runs that should not ask twice. `nowSeconds` is Unix time. */
export function startRun(
  config: ResolverConfig,
  nowSeconds: number,
  cache: ResolverCache = new ResolverCache(),
  limits: Limits = DEFAULT_LIMITS,
): Run {
  return { config, cache, budget: new Budget(limits), nowSeconds, avoid: new Set(), proofs: new Map() };
}

/** How often a bogus response is asked of other servers before it is believed to be the zone's own fault. */
const RETRIES = 3;

/** Resolves and validates a question. Throws DnsError when the name is none. */
export function* resolve(run: Run, name: string, type: number, options: ResolveOptions = {}): Step<Resolution> {
  const question: Question = { name: canonicalName(name), type };
  const stages: Stage[] = [];
  const answer: SignedRrset[] = [];
  const proofs: SignedRrset[] = [];
  const visited = new Set<string>();
  let target = question.name;
  let verdict: Verdict | undefined;
  for (;;) {
    const found = yield* oneStage(run, { name: target, type }, options.validate ?? true);
    if (found.kind === "no-response") return failed(run, question, stages, found);
    const { response, validated } = found;
    stages.push({ response, verdict: validated.verdict });
    verdict = verdict ? worse(verdict, validated.verdict) : validated.verdict;
    answer.push(...response.answer);
    if (response.kind !== "alias" || verdict.security === "bogus") {
      const authority = [...proofs, ...validated.authority];
      return finished(run, question, validated.rcode, verdict, stages, {
        answer,
        authority,
        additional: validated.additional,
      });
    }
    const denials = validated.authority.filter((set) => set.type === TYPE.NSEC || set.type === TYPE.NSEC3);
    proofs.push(...denials);
    remember(run, validated.verdict, denials);
    visited.add(target);
    target = response.target;
    if (visited.has(target) || !run.budget.take("aliases")) {
      return finished(run, question, RCODE.SERVFAIL, loop(response), stages, {
        answer,
        authority: proofs,
        additional: [],
      });
    }
  }
}

type Found = { readonly kind: "found"; readonly response: Response; readonly validated: Validated };

const MAX_PROOFS = 8;

/** Denials that verified beside an alias may show that its target lies below an unsigned cut: no need to ask again. */
function remember(run: Run, { security, where }: Verdict, denials: readonly SignedRrset[]): void {
  if (security !== "secure" || denials.length === 0) return;
  const all = [...(run.proofs.get(where.zone) ?? []), ...denials];
  run.proofs.set(where.zone, all.slice(-MAX_PROOFS));
}

/** One response, validated; what is bogus is asked again of the zone's other servers. */
function* oneStage(run: Run, question: Question, validate: boolean): Step<Found | NoResponse> {
  const known = validate ? byKnownDname(run, question) : undefined;
  if (known) return known;
  let last: Found | undefined;
  for (let attempt = 0; attempt <= RETRIES; attempt++) {
    const response = yield* iterate(run, question);
    if (response.kind === "no-response" && !last) return response;
    if (response.kind === "no-response") break;
    const validated = validate ? yield* validateResponse(run, response) : unvalidated(response);
    last ??= { kind: "found", response, validated };
    if (validated.verdict.security !== "bogus") return { kind: "found", response, validated };
    run.avoid.add(`${response.server} ${question.type}/${question.name}`);
  }
  distrust(run, last!.response);
  return last!;
}

/** A secure DNAME above the name, seen before, answers by itself. */
function byKnownDname(run: Run, question: Question): Found | undefined {
  for (let above = question.name; above !== "."; ) {
    above = ancestor(above);
    const { value: known, ageSeconds } = run.cache.dnames.get(above, run.nowSeconds) ?? { ageSeconds: 0 };
    const response = known && responseOfDname(question, known.set, known.zone, ageSeconds);
    if (!response) continue;
    const where = { zone: known.zone, name: above, type: TYPE.DNAME };
    const verdict: Verdict = { security: "secure", reason: "validated", where };
    return { kind: "found", response, validated: { verdict, rcode: response.rcode, authority: [], additional: [] } };
  }
  return undefined;
}

function unvalidated(response: Response): Validated {
  const { zone, question, rcode, authority, additional } = response;
  const verdict: Verdict = { security: "indeterminate", reason: "not-validated", where: { zone, ...question } };
  return { verdict, rcode, authority, additional };
}

function loop({ zone, question }: Response): Verdict {
  return { security: "bogus", reason: "alias-loop", where: { zone, ...question } };
}

function failed(run: Run, question: Question, stages: readonly Stage[], failure: NoResponse): Resolution {
  const verdict: Verdict = {
    security: "indeterminate",
    reason: "no-response",
    where: { zone: failure.zone, ...question },
  };
  const nothing = { answer: [], authority: [], additional: [] };
  return { ...finished(run, question, RCODE.SERVFAIL, verdict, stages, nothing), failure };
}

function finished(
  run: Run,
  question: Question,
  rcode: number,
  verdict: Verdict,
  stages: readonly Stage[],
  sections: Pick<Resolution, "answer" | "authority" | "additional">,
): Resolution {
  const spent = run.budget.exhausted !== undefined && verdict.security === "bogus";
  const total: Verdict = spent ? { ...verdict, reason: "work-limit" } : verdict;
  const ageSeconds = stages.reduce((max, stage) => Math.max(max, stage.response.ageSeconds), 0);
  const cached = stages.length > 0 && stages.every((stage) => stage.response.cached);
  return { question, rcode, verdict: total, stages, ageSeconds, cached, ...sections };
}
