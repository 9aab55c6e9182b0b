/**
 * A whole run: batch after batch of zones, then mutated messages, into one report. Inside the namespace.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attack } from "./attack.ts";
import { askBatch, type BatchOptions, makeBatch } from "./batch.ts";
import { FAULTS, type Fault } from "./faults/index.ts";
import { keptCase, writeCase } from "./keep.ts";
import { Random } from "./random.ts";
import { addAsking, emptyReport, type OnDisagreement, type Report } from "./report.ts";
import { Workshop } from "./zones/sign.ts";
import { makeTree } from "./zones/tree.ts";

/** Zones made, served and asked at a time. */
const BATCH = 48;
const MUTATIONS_A_TREE = 25_000;

export interface RunOptions {
  /** Of the run's own; whoever made it removes it. */
  readonly folder: string;
  readonly zones: number;
  readonly mutations: number;
  readonly seed: string;
  readonly peerQuestions: number;
  /** Labels of faults; all when empty. */
  readonly only: readonly string[];
  /** Folder for disagreements as cases; empty for none. */
  readonly keep: string;
  /** File in which the run keeps how far it is, batch by batch, and from which it goes on; empty for none. */
  readonly state: string;
  /** No more zones are asked after this time. */
  readonly minutes: number;
}

export async function runDifferential(options: RunOptions): Promise<Report> {
  const report = begun(options);
  const start = performance.now() - report.seconds * 1_000;
  const seconds = () => (performance.now() - start) / 1_000;
  const random = new Random(options.seed);
  await runZones(options, random, report, performance.now() + options.minutes * 60_000, seconds);
  await runMutations(options, random, report);
  report.seconds = Math.round(seconds());
  return report;
}

/** What an earlier run of the same seed left in the state file; its batches are drawn from the seed and need not be made again. */
function begun({ seed, state }: RunOptions): Report {
  if (state === "" || !existsSync(state)) return emptyReport(seed);
  const kept = JSON.parse(readFileSync(state, "utf8")) as Report;
  if (kept.seed !== seed) throw new Error(`${state} is of the seed ${kept.seed}`);
  return kept;
}

async function runZones(
  { folder, zones, peerQuestions, only, keep, state }: RunOptions,
  random: Random,
  report: Report,
  until: number,
  seconds: () => number,
) {
  const catalogue = FAULTS.filter(({ label }) => only.length === 0 || only.includes(label));
  if (catalogue.length === 0) throw new Error(`no fault is called ${only.join(", ")}`);
  const prepare = (firstId: number) => {
    const count = Math.min(BATCH, zones - firstId);
    const faults = Array.from({ length: count }, (_, i) => faultOf(firstId + i, catalogue, only.length > 0));
    const part = { folder: join(folder, `b${firstId}`), random: random.fork(`batch${firstId}`) };
    const batch: BatchOptions = { ...part, faults, firstId, peerQuestions };
    const tree = makeBatch(batch);
    // It is waited for below; until then its failure is nobody's.
    tree.catch(() => undefined);
    return { batch, faults, tree };
  };
  let next = report.zones < zones ? prepare(report.zones) : undefined;
  while (next && performance.now() < until) {
    const { batch, faults, tree: made } = next;
    const tree = await made;
    const following = batch.firstId + BATCH;
    next = following < zones ? prepare(following) : undefined;
    const { askings, refused, anchor } = await askBatch(batch, tree);
    const told: OnDisagreement = (asking, about, clause) => {
      const slug = clause ? `${about.split(" ")[0]} ${clause.split(":")[0]}` : about;
      if (keep !== "") writeCase(keep, slug, keptCase(asking, anchor, about, clause ?? "unsettled"));
    };
    for (const asking of askings) addAsking(report, asking, told);
    countZones(report, faults, refused.length);
    const { questions, disagreements } = report;
    const line = `${report.zones} zones, ${questions} questions, ${disagreements.length} disagreements`;
    process.stderr.write(`${line}, ${Math.round(seconds())} s\n`);
    if (state !== "") writeFileSync(state, JSON.stringify({ ...report, seconds: Math.round(seconds()) }));
  }
}

/** One zone in three is whole; the others go through the catalogue in turn, so that every label comes as often. */
function faultOf(id: number, catalogue: readonly Fault[], all: boolean): Fault | undefined {
  if (id % 3 === 2 && !all) return undefined;
  return catalogue[(id - Math.floor((id + 1) / 3)) % catalogue.length];
}

function countZones(report: Report, faults: readonly (Fault | undefined)[], refused: number): void {
  report.zones += faults.length;
  report.broken_zones += faults.filter((fault) => fault && !fault.label.startsWith("harmless")).length;
  report.refused_zones += refused;
  for (const fault of faults) {
    const label = fault?.label ?? "whole";
    report.labels[label] = (report.labels[label] ?? 0) + 1;
  }
}

async function runMutations({ folder, mutations, keep }: RunOptions, random: Random, report: Report): Promise<void> {
  const { mutated } = report;
  for (let done = 0; done < mutations && mutated.failures.length === 0; done += MUTATIONS_A_TREE) {
    const part = random.fork(`mutations${done}`);
    const workshop = new Workshop(join(folder, `m${done}`));
    const whole = Array.from({ length: 12 }, () => undefined);
    const tree = await makeTree(part, workshop, whole, Math.floor(Date.now() / 1_000), 0, true);
    attack(tree, part.fork("messages"), Math.min(MUTATIONS_A_TREE, mutations - done), mutated);
  }
  if (keep === "") return;
  for (const { what, kept } of mutated.failures) writeCase(keep, `mutated ${what.slice(0, 40)}`, kept);
}
