// Runs checks and detectors at their times. Rules:
//  - a target runs every everyMs, at a phase of its own that depends on agent and target only, so that a province does not
//    probe in step; kernel checks of one agent share a phase, and with it one reading of the kernel;
//  - the first run comes within seconds, however long the interval;
//  - never two runs of one target at once: a run that takes longer than its interval skips the times it missed;
//  - a run that throws, or is not over in time, is a `broke` report: it says nothing about the target;
//  - a new finding of a network check is reported only when a second run, at once, sees it too. The report then says what
//    both saw; what only the second saw has to wait for the next run;
//  - times are those of a clock that never jumps; the wall clock is written into reports and nothing else.
import { randomUUID } from "node:crypto";
import type { Detection, Finding, Report } from "../protocol/finding.ts";
import type { LogKind, Target, TargetKind, TargetOf } from "../protocol/target.ts";
import type { Check, Cursor, Detector, Outcome, Tail, World } from "./check.ts";
import { nextRun, phaseOf } from "./schedule.ts";

const CONFIRM_AFTER_MS = 350;
const DEADLINE_MS = 15_000;
const MAX_FINDINGS = 200;
/** A target that runs every few minutes is seen soon for the first time. */
const FIRST_WITHIN_MS = 10_000;
/** A log that gives lines and no detection still moves; its place is written down this often. */
const KEEP_CURSOR_MS = 10_000;

export type Checks = { readonly [K in TargetKind]?: Check<K> };
export type Detectors = { readonly [K in LogKind]?: Detector<K> };

export interface RunnerOptions {
  agent: string;
  world: World;
  checks: Checks;
  detectors: Detectors;
  /** Every report, also one that says nothing new. */
  onReport(report: Report): void;
  /** Detections, with the place in the log behind the lines that gave them. */
  onDetections(detections: Detection[], target: string, cursor: Cursor | undefined): void;
  /** Where reading of a target's log stopped in an earlier life. */
  cursorOf(target: string): Cursor | undefined;
  /** A run that takes longer is given up; by default 15 s or the interval, whichever is longer. */
  deadlineMs?: number;
  onRun?(check: string, outcome: Report["outcome"], tookMs: number): void;
}

interface Job {
  text: string;
  target: Target;
  stop(): void;
}

export class Runner {
  private readonly options: RunnerOptions;
  private jobs = new Map<string, Job>();

  constructor(options: RunnerOptions) {
    this.options = options;
  }

  get targets(): ReadonlySet<string> {
    return new Set(this.jobs.keys());
  }

  /** Replaces the watch list. A target that did not change goes on undisturbed. */
  apply(targets: readonly Target[]): void {
    const wanted = new Map(targets.map((target) => [target.id, { target, text: JSON.stringify(target) }]));
    for (const [id, job] of this.jobs) {
      if (wanted.get(id)?.text === job.text) continue;
      job.stop();
      this.jobs.delete(id);
    }
    for (const [id, { target, text }] of wanted) if (!this.jobs.has(id)) this.jobs.set(id, this.start(target, text));
  }

  stop(): void {
    this.apply([]);
  }

  private start(target: Target, text: string): Job {
    const work = this.workOf(target);
    const isKernel = this.options.checks[target.kind]?.sees === "kernel";
    const share = phaseOf(1, this.options.agent, isKernel ? target.kind : target.id);
    let stopped = false;
    let timer: NodeJS.Timeout;
    const plan = (everyMs = target.everyMs) => {
      const now = performance.now();
      timer = setTimeout(turn, nextRun(now, everyMs, share * everyMs) - now);
    };
    const turn = async () => {
      const start = performance.now();
      const report = await work.run();
      if (stopped) return;
      if (report) {
        const tookMs = Math.round((performance.now() - start) * 10) / 10;
        this.options.onRun?.(report.check, report.outcome, tookMs);
        this.options.onReport({ ...report, at: this.options.world.now(), tookMs });
      }
      plan();
    };
    plan(Math.min(target.everyMs, FIRST_WITHIN_MS));
    return {
      text,
      target,
      stop: () => {
        stopped = true;
        clearTimeout(timer);
        work.stop();
      },
    };
  }

  private workOf(target: Target): { run(): Promise<Draft>; stop(): void } {
    const check = this.options.checks[target.kind] as Check<TargetKind> | undefined;
    const deadlineMs = this.options.deadlineMs ?? Math.max(DEADLINE_MS, target.everyMs);
    if (check) return checkWork(check, target, this.options, deadlineMs);
    const log = logOf(target);
    const detector = log && (this.options.detectors[log.kind] as Detector<LogKind> | undefined);
    if (detector) return this.detectorWork(detector, log);
    const reason = `this agent has no check of kind ${target.kind}`;
    return { run: async () => draft(target.kind, target, { skipped: reason }), stop: () => {} };
  }

  private detectorWork(detector: Detector<LogKind>, target: TargetOf<LogKind>) {
    const { world, cursorOf, onDetections } = this.options;
    const from = cursorOf(target.id);
    const watching = detector.start(target, remembered(from, world.now()));
    const tail: Tail = world.tail(target.expects.path, from);
    // Where reading began is written down at once: a life that ends before that would leave the next to begin at the end again.
    let keptAt = from ? performance.now() : Number.NEGATIVE_INFINITY;
    let kept = "";
    const run = async (): Promise<Draft> => {
      try {
        const { lines, cursor } = tail.read();
        const at = world.now();
        // A window of the detector must not stretch or shrink when somebody sets the clock.
        const now = performance.now();
        const detections = watching
          .step(lines, now)
          .map((sighting): Detection => ({ type: "detection", id: randomUUID(), target: target.id, at, ...sighting }));
        const isLate = cursor && now - keptAt >= KEEP_CURSOR_MS && JSON.stringify(cursor) !== kept;
        if (detections.length > 0 || isLate) {
          // Place and memory go to the disk together: a killed agent neither forgets half an attack nor tells it twice.
          onDetections(detections, target.id, cursor && { ...cursor, memory: watching.memory(now), at });
          kept = JSON.stringify(cursor);
          keptAt = performance.now();
        }
        return draft(target.kind, target, { findings: [] });
      } catch (error) {
        return broke(target.kind, target, error);
      }
    };
    return { run, stop: () => tail.close() };
  }
}

/** The target as one of a log, or undefined. */
const logOf = (target: Target): TargetOf<LogKind> | undefined =>
  target.kind === "ssh-log" || target.kind === "firewall-log" || target.kind === "route-log" ? target : undefined;

function remembered(from: Cursor | undefined, nowAt: number) {
  if (from?.memory === undefined || from.at === undefined) return undefined;
  return { memory: from.memory, agoMs: nowAt - from.at, nowMs: performance.now() };
}

/** A report but for its times. */
type Draft = Report extends infer R ? (R extends Report ? Omit<R, "at" | "tookMs"> : never) : never;

function checkWork(check: Check<TargetKind>, target: Target, options: RunnerOptions, deadlineMs: number) {
  /** Findings that were reported: these need no second look. */
  let known: ReadonlySet<string> = new Set();
  let memory = options.cursorOf(target.id)?.memory;
  const once = () => withDeadline(check.run(target as never, options.world, memory), deadlineMs);
  const keep = (next: string | undefined) => {
    if (next === undefined || next === memory) return;
    memory = next;
    // Kept where places in logs are: a check has none.
    options.onDetections([], target.id, { inode: "", offset: 0, memory: next, at: options.world.now() });
  };
  const run = async (): Promise<Draft> => {
    try {
      let outcome = await once();
      if (check.sees === "network" && "findings" in outcome) outcome = await confirmed(outcome, known, once);
      if ("findings" in outcome) {
        known = new Set(outcome.findings.map(identity));
        keep(outcome.memory);
      }
      return draft(check.id, target, outcome);
    } catch (error) {
      return broke(check.id, target, error);
    }
  };
  return { run, stop: () => {} };
}

type Ran = Extract<Outcome, { findings: Finding[] }>;

/** Looks a second time when the first saw something new, and keeps of what is new only what both saw. */
async function confirmed(first: Ran, known: ReadonlySet<string>, again: () => Promise<Outcome>): Promise<Outcome> {
  if (first.findings.every((finding) => known.has(identity(finding)))) return first;
  await new Promise((resolve) => setTimeout(resolve, CONFIRM_AFTER_MS));
  const second = await again();
  if (!("findings" in second)) return second;
  const believed = new Set([...known, ...first.findings.map(identity)]);
  return { ...second, findings: second.findings.filter((finding) => believed.has(identity(finding))) };
}

const identity = ({ subject, tag }: Finding) => `${tag} ${subject}`;

function draft(check: string, target: Target, outcome: Outcome): Draft {
  const head = { type: "report", check, target: target.id } as const;
  if ("skipped" in outcome) return { ...head, outcome: "skipped", reason: outcome.skipped };
  const findings = outcome.findings.toSorted((a, b) => (identity(a) < identity(b) ? -1 : 1)).slice(0, MAX_FINDINGS);
  return { ...head, outcome: "ran", findings, ...(outcome.facts && { facts: outcome.facts }) };
}

function broke(check: string, target: Target, error: unknown): Draft {
  const text = error instanceof Error ? error.message : String(error);
  return { type: "report", check, target: target.id, outcome: "broke", error: text.slice(0, 500) };
}

async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
