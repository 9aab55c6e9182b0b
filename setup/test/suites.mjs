// Which test files there are, in which order they run, and how many passed. Tests of parts run side by side; those that
// provision the lab use the whole machine and run one after another.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { pinnedNode, projectEnv } from "../machine.mjs";
import { hand } from "../run.mjs";
import { line } from "../say.mjs";

/** Folders whose tests need root and the machine for themselves, in their order. */
const WHOLE_MACHINE = ["test/scenarios", "test/e2e", "test/kill"];
/** They share one lab, which this one takes down: it runs after all others. */
const LAST = "test/scenarios/90-down.test.ts";
/** Of one test, not of a file. */
const PART_TIMEOUT_MS = 180_000;
const WHOLE_TIMEOUT_MS = 20 * 60_000;

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ id: string, files: string[], wholeMachine: boolean }} Suite */

/**
 * The suites of a list of test files, in the order in which they run.
 * @param {string[]} files paths below the checkout @returns {Suite[]}
 */
export function suitesOf(files) {
  const usesMachine = (/** @type {string} */ f) => WHOLE_MACHINE.some((folder) => f.startsWith(`${folder}/`));
  const below = (/** @type {string} */ folder) => files.filter((f) => f.startsWith(`${folder}/`) && f !== LAST).sort();
  return [
    { id: "parts", files: files.filter((f) => !usesMachine(f)).sort(), wholeMachine: false },
    ...WHOLE_MACHINE.map((id) => ({ id, files: below(id), wholeMachine: true })),
    { id: "the end", files: files.filter((f) => f === LAST), wholeMachine: true },
  ].filter((suite) => suite.files.length > 0);
}

/** @param {import("../machine.mjs").Machine} machine @param {string[]} wanted parts of paths; empty means all @returns {Promise<Counts>} */
export async function runSuites(machine, wanted) {
  const all = testFiles(machine.root).filter((f) => wanted.length === 0 || wanted.some((w) => f.includes(w)));
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of suitesOf(all)) {
    line(`\n${suite.id}`);
    const counts = suite.wholeMachine && !machine.isRoot ? leftOut(suite) : await runSuite(machine, suite);
    for (const key of /** @type {const} */ (["passed", "failed", "skipped"])) total[key] += counts[key];
  }
  return total;
}

/** @param {Suite} suite @returns {Counts} one skipped for each file: what is in it is not known without running it */
function leftOut(suite) {
  for (const file of suite.files) line(`  - ${file}: skipped: needs root, for network namespaces and daemons`);
  return { passed: 0, failed: 0, skipped: suite.files.length };
}

/** @param {import("../machine.mjs").Machine} machine @param {Suite} suite @returns {Promise<Counts>} */
async function runSuite(machine, suite) {
  const folder = mkdtempSync(join(tmpdir(), "vonggac-test-"));
  const countsFile = join(folder, "counts.json");
  try {
    const code = await hand(
      pinnedNode(machine),
      [
        "--test",
        // A server that a test left open must not hold up all the others for ever.
        "--test-force-exit",
        `--test-reporter=${join(machine.root, "setup", "test", "reporter.mjs")}`,
        "--test-reporter-destination=stdout",
        `--test-timeout=${suite.wholeMachine ? WHOLE_TIMEOUT_MS : PART_TIMEOUT_MS}`,
        `--test-concurrency=${suite.wholeMachine ? 1 : availableParallelism()}`,
        ...suite.files,
      ],
      { cwd: machine.root, env: { ...projectEnv(machine), VONGGAC_TEST_COUNTS: countsFile } },
    );
    const counts = readCounts(countsFile);
    // A run that failed without a failed test (a crash of the runner) is a failure all the same.
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} file @returns {Counts} */
function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** @param {string} root @returns {string[]} paths below root */
function testFiles(root) {
  return readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".test.ts"))
    .map((f) => `test/${f}`)
    .sort();
}
