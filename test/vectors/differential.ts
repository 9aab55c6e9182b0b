/**
 * The suite `differential`: random zones signed by Knot and BIND, whole or broken in one way, asked of ours, delv and
 * unbound-host; the label is the truth. Runs in a network namespace of its own.
 * Options: --zones N (2000), --mutations N (200000: mutated messages against the validator, in memory), --seed S (today's date), --faults A,B (only these labels), --peer-questions N (3),
 * --minutes M (60: no more zones after that), --keep FOLDER (disagreements as cases that replay.ts plays), --json.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attack } from "./differential/attack.ts";
import { runBatch } from "./differential/batch.ts";
import { FAULTS } from "./differential/faults/index.ts";
import { keptCase, writeCase } from "./differential/keep.ts";
import { enter, furnish, isInside } from "./differential/namespace.ts";
import { Random } from "./differential/random.ts";
import { addAsking, emptyReport, type OnDisagreement, type Report } from "./differential/report.ts";
import { Workshop } from "./differential/zones/sign.ts";
import { makeTree } from "./differential/zones/tree.ts";

const BATCH = 48;
const MUTATIONS_A_TREE = 25_000;
const TOOLS = [
  "unshare",
  "ip",
  "dnssec-keygen",
  "dnssec-signzone",
  "named",
  "delv",
  "kzonesign",
  "knotd",
  "unbound",
  "unbound-host",
];

/** Why the suite cannot run here; undefined when it can. */
export function whyNoDifferential(): string | undefined {
  if (process.platform !== "linux") return "the differential run needs Linux";
  const missing = TOOLS.filter((tool) => !isThere(tool));
  if (missing.length > 0)
    return `the differential run needs ${missing.join(", ")}: apt-get install bind9 bind9-utils bind9-dnsutils knot knot-dnssecutils unbound unbound-host iproute2`;
  try {
    const root = process.getuid?.() === 0;
    execFileSync("unshare", [...(root ? [] : ["--user", "--map-root-user"]), "--net", "true"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "the differential run needs a network namespace: run as root";
  }
}

function isThere(tool: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${tool}`], {
      stdio: "ignore",
      env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    });
    return true;
  } catch {
    return false;
  }
}

/** Runs the suite with the arguments of the command line; gives the exit code. */
export async function differential(args: readonly string[]): Promise<number> {
  const why = whyNoDifferential();
  if (why) {
    process.stderr.write(`skipped: ${why}\n`);
    return 2;
  }
  if (!isInside()) return enter(process.argv[1]!, process.argv.slice(2));
  furnish();
  const option = (name: string, fallback: string) => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? fallback : (args[at + 1] ?? fallback);
  };
  const only = option("faults", "");
  const report = await run({
    zones: Number(option("zones", "2000")),
    mutations: Number(option("mutations", "200000")),
    seed: option("seed", new Date().toISOString().slice(0, 10)),
    peerQuestions: Number(option("peer-questions", "3")),
    only: only === "" ? [] : only.split(","),
    keep: option("keep", ""),
    minutes: Number(option("minutes", "60")),
  });
  process.stdout.write(args.includes("--json") ? `${JSON.stringify(report, null, 2)}\n` : text(report));
  const ours = Object.entries(report.tools).filter(([tool]) => tool.startsWith("ours"));
  const asked = ours.reduce((sum, [, tally]) => sum + tally.asked, 0);
  const examined = asked + report.mutated.messages;
  return examined > 0 && report.disagreements.length === 0 && report.mutated.failures.length === 0 ? 0 : 1;
}

interface RunOptions {
  readonly zones: number;
  readonly mutations: number;
  readonly seed: string;
  readonly peerQuestions: number;
  readonly only: readonly string[];
  /** Folder for disagreements as cases; empty for none. */
  readonly keep: string;
  /** Zones are made until this time is over, however many are wanted. */
  readonly minutes: number;
}

async function run({ zones, mutations, seed, peerQuestions, only, keep, minutes }: RunOptions): Promise<Report> {
  const report = emptyReport(seed);
  const start = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "vgdiff-"));
  const random = new Random(seed);
  const catalogue = FAULTS.filter(({ label }) => only.length === 0 || only.includes(label));
  if (catalogue.length === 0) throw new Error(`no fault is called ${only.join(", ")}`);
  try {
    for (let first = 0; first < zones; first += BATCH) {
      if (performance.now() - start > minutes * 60_000) break;
      const size = Math.min(BATCH, zones - first);
      // One in three is whole; the others go through the catalogue in turn, so that every label comes as often.
      const faults = Array.from({ length: size }, (_, i) => {
        const id = first + i;
        return id % 3 === 2 && only.length === 0
          ? undefined
          : catalogue[(id - Math.floor((id + 1) / 3)) % catalogue.length];
      });
      const batch = {
        folder: join(folder, `b${first}`),
        random: random.fork(`batch${first}`),
        faults,
        firstId: first,
        peerQuestions,
      };
      const { askings, refused, anchor } = await runBatch(batch);
      const told: OnDisagreement = (asking, about, clause) => {
        if (keep !== "")
          writeCase(
            keep,
            clause ? `${about.split(" ")[0]} ${clause.split(":")[0]}` : about,
            keptCase(asking, anchor, about, clause ?? "unsettled"),
          );
      };
      for (const asking of askings) addAsking(report, asking, told);
      report.zones += size;
      report.broken_zones += faults.filter((fault) => fault && !fault.label.startsWith("harmless")).length;
      report.refused_zones += refused.length;
      for (const fault of faults) {
        const label = fault?.label ?? "whole";
        report.labels[label] = (report.labels[label] ?? 0) + 1;
      }
      process.stderr.write(
        `${report.zones} zones, ${report.questions} questions, ${report.disagreements.length} disagreements\n`,
      );
    }
    for (let done = 0; done < mutations; done += MUTATIONS_A_TREE) {
      const part = random.fork(`mutations${done}`);
      const workshop = new Workshop(join(folder, `m${done}`));
      const whole = Array.from({ length: 12 }, () => undefined);
      const tree = await makeTree(part, workshop, whole, Math.floor(Date.now() / 1_000), 0, true);
      attack(tree, part.fork("messages"), Math.min(MUTATIONS_A_TREE, mutations - done), report.mutated);
      if (report.mutated.failures.length > 0) break;
    }
    if (keep !== "")
      for (const { what, kept } of report.mutated.failures) writeCase(keep, `mutated ${what.slice(0, 40)}`, kept);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  report.seconds = Math.round((performance.now() - start) / 1_000);
  return report;
}

function text(report: Report): string {
  const lines = [
    `seed ${report.seed}, ${report.date}: ${report.zones} zones (${report.broken_zones} broken), ${report.questions} questions, ${report.seconds} s`,
  ];
  for (const [tool, { asked, agreed, explained, unexplained }] of Object.entries(report.tools)) {
    const settled = Object.entries(explained).map(([clause, count]) => `${count} ${clause}`);
    lines.push(`${tool}: ${agreed} of ${asked}; explained ${settled.join(", ") || "none"}; unexplained ${unexplained}`);
  }
  const { messages, unreadable, slowest_ms, verdicts, failures } = report.mutated;
  const tally = Object.entries(verdicts).map(([verdict, count]) => `${count} ${verdict}`);
  lines.push(
    `mutated messages: ${messages} (${unreadable} refused by the reader; ${tally.join(", ")}), slowest ${slowest_ms} ms, ${failures.length} failures`,
  );
  for (const { question, what } of failures) lines.push(`MUTATED ${question}: ${what}`);
  for (const one of report.disagreements) {
    lines.push(
      `${one.tool}: ${one.question} of ${one.zone} [${one.fault}; ${one.plan}]: expected ${one.expected}, said ${one.said}`,
    );
    if (one.detail) lines.push(`    ${one.detail.replaceAll("\n", "\n    ")}`);
  }
  return `${lines.join("\n")}\n`;
}
