/**
 * `npm run vectors -- SUITE [PATH] [--json]`: runs a suite of vectors against our code. Suites:
 *   rpl PATH                              Unbound's and Deckard's resolver scenarios below a folder
 *   fuzz-dns [--count N] [--seed N]       mutated DNS messages; a million unless said
 *   differential [--zones N] [--seed S]   random zones of Knot and BIND; ours, delv and unbound-host against the label
 * Exit code 0 when none failed, 1 otherwise, 2 for wrong use.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { differential } from "./differential.ts";
import { fuzzDns } from "./fuzz-dns.ts";
import { runRpl } from "./rpl/suite.ts";

interface Report {
  readonly ok: boolean;
  readonly json: unknown;
  readonly text: string;
}

function rpl(path: string): Report {
  const result = runRpl(path);
  const lines = [`passed ${result.passed}, failed ${result.failed}, skipped ${result.skipped}`];
  for (const { file, detail } of result.failures)
    lines.push(`FAILED ${file}\n    ${detail.replaceAll("\n", "\n    ")}`);
  for (const [reason, count] of Object.entries(result.skips)) lines.push(`skipped ${count}: ${reason}`);
  return { ok: result.failed === 0 && result.passed > 0, json: result, text: lines.join("\n") };
}

function fuzz(count: number, seed: number): Report {
  const result = fuzzDns(count, seed);
  const json = { passed: count - result.crashes.length, failed: result.crashes.length, skipped: 0, ...result };
  const text = `${count} messages, seed ${seed}: ${result.accepted} read, ${result.crashes.length} crashes, slowest ${result.slowestMs.toFixed(1)} ms, ${(result.tookMs / 1000).toFixed(1)} s`;
  return { ok: result.crashes.length === 0, json, text };
}

function main(): number {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean" }, count: { type: "string" }, seed: { type: "string" } },
  });
  const [suite, path] = positionals;
  const report =
    suite === "rpl" && path !== undefined && existsSync(path)
      ? rpl(path)
      : suite === "fuzz-dns"
        ? fuzz(Number(values.count ?? 1_000_000), Number(values.seed ?? 1))
        : undefined;
  if (!report) {
    process.stderr.write(
      "usage: npm run vectors -- rpl PATH [--json] | fuzz-dns [--count N] [--seed N] [--json] | differential [--zones N] [--seed S] [--json]\n",
    );
    return 2;
  }
  process.stdout.write(`${values.json ? JSON.stringify(report.json, null, 2) : report.text}\n`);
  return report.ok ? 0 : 1;
}

// Options of its own, and a namespace of its own: it reads the command line itself.
process.exitCode = process.argv[2] === "differential" ? await differential(process.argv.slice(3)) : main();
