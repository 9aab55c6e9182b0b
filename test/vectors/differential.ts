/**
 * The suite `differential`: random zones signed by Knot and BIND, whole or broken in one way, asked of ours, delv and
 * unbound-host; the label is the truth. Runs in a network namespace of its own.
 * Options: --zones N (2000), --mutations N (200000: mutated messages against the validator, in memory), --seed S (today's date), --faults A,B (only these labels), --peer-questions N (3),
 * --minutes M (60: no more zones after that), --keep FOLDER (disagreements as cases that replay.ts plays), --state FILE (how far
 * the run is: a run that was ended goes on from there), --json.
 */
import { execFileSync } from "node:child_process";
import { enter, furnish, insideFolder } from "./differential/namespace.ts";
import type { Report } from "./differential/report.ts";
import { runDifferential } from "./differential/run.ts";

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
  const folder = insideFolder();
  if (folder === undefined) return enter(process.argv[1]!, process.argv.slice(2));
  furnish();
  const option = (name: string, fallback: string) => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? fallback : (args[at + 1] ?? fallback);
  };
  const only = option("faults", "");
  const report = await runDifferential({
    folder,
    zones: Number(option("zones", "2000")),
    mutations: Number(option("mutations", "200000")),
    seed: option("seed", new Date().toISOString().slice(0, 10)),
    peerQuestions: Number(option("peer-questions", "3")),
    only: only === "" ? [] : only.split(","),
    keep: option("keep", ""),
    state: option("state", ""),
    minutes: Number(option("minutes", "60")),
  });
  process.stdout.write(args.includes("--json") ? `${JSON.stringify(report, null, 2)}\n` : text(report));
  const ours = Object.entries(report.tools).filter(([tool]) => tool.startsWith("ours"));
  const asked = ours.reduce((sum, [, tally]) => sum + tally.asked, 0);
  const examined = asked + report.mutated.messages;
  return examined > 0 && report.disagreements.length === 0 && report.mutated.failures.length === 0 ? 0 : 1;
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
