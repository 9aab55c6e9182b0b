/**
 * `npm run vectors -- SUITE PATH [--json]`: runs a suite of vectors that others maintain against our code.
 * Suites: rpl (Unbound's and Deckard's resolver scenarios). Exit code 0 when none failed, 1 otherwise, 2 for wrong use.
 */
import { existsSync } from "node:fs";
import { runRpl, type SuiteResult } from "./rpl/suite.ts";

const SUITES: Readonly<Record<string, (path: string) => SuiteResult>> = { rpl: runRpl };

function main(args: readonly string[]): number {
  const [suite, path] = args.filter((arg) => !arg.startsWith("--"));
  const run = suite === undefined ? undefined : SUITES[suite];
  if (!run || path === undefined || !existsSync(path)) {
    process.stderr.write(`usage: npm run vectors -- SUITE PATH [--json]; suites: ${Object.keys(SUITES).join(", ")}\n`);
    return 2;
  }
  const result = run(path);
  process.stdout.write(args.includes("--json") ? `${JSON.stringify(result, null, 2)}\n` : text(result));
  return result.failed === 0 && result.passed > 0 ? 0 : 1;
}

function text(result: SuiteResult): string {
  const lines = [`passed ${result.passed}, failed ${result.failed}, skipped ${result.skipped}`];
  for (const { file, detail } of result.failures)
    lines.push(`FAILED ${file}\n    ${detail.replaceAll("\n", "\n    ")}`);
  for (const [reason, count] of Object.entries(result.skips)) lines.push(`skipped ${count}: ${reason}`);
  return `${lines.join("\n")}\n`;
}

process.exitCode = main(process.argv.slice(2));
