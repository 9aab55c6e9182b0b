// Which test files there are, in which order they run, and how many passed. Tests of parts run side by side; after them those
// that provision a lab, one after another on each of two labs.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { pinnedNode, projectEnv } from "../machine.mjs";
import { hand } from "../run.mjs";
import { line } from "../say.mjs";

/** Folders whose tests need root and a lab. */
const ON_A_LAB = ["test/scenarios", "test/e2e", "test/kill"];
/**
 * Most of a scenario is waiting that nothing else opens, so two labs stand side by side, each with tests one after another.
 * What is not named here runs on the first lab.
 */
const SECOND_LAB = [
  "test/scenarios/21-service-faults.test.ts",
  "test/scenarios/30-random.test.ts",
  "test/scenarios/70-verify.test.ts",
  "test/scenarios/80-impact.test.ts",
];
/** @type {Record<string, NodeJS.ProcessEnv>} */
const LABS = {
  "first lab": {},
  "second lab": { VONGGAC_TEST_STACK: "testb", VONGGAC_TEST_PORT: "18081" },
};
/** Takes a lab down: it runs after all others, once on each. */
const LAST = "test/scenarios/90-down.test.ts";
/** Of one test, not of a file. */
const PART_TIMEOUT_MS = 180_000;
const LAB_TIMEOUT_MS = 20 * 60_000;

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ id: string, files: string[], onLab: boolean }} Suite */

/**
 * The suites of a list of test files: first that of parts, then one a lab.
 * @param {string[]} files paths below the checkout @returns {Suite[]}
 */
export function suitesOf(files) {
  const onLab = files.filter((f) => ON_A_LAB.some((folder) => f.startsWith(`${folder}/`)));
  const place = (/** @type {string} */ f) => ON_A_LAB.findIndex((folder) => f.startsWith(`${folder}/`));
  const inOrder = onLab.filter((f) => f !== LAST).sort((a, b) => place(a) - place(b) || a.localeCompare(b));
  const last = onLab.filter((f) => f === LAST);
  const withLast = (/** @type {string[]} */ its) => (its.length > 0 ? [...its, ...last] : []);
  const second = withLast(inOrder.filter((f) => SECOND_LAB.includes(f)));
  const first = inOrder.filter((f) => !SECOND_LAB.includes(f));
  return [
    { id: "parts", files: files.filter((f) => !onLab.includes(f)).sort(), onLab: false },
    { id: "first lab", files: second.length > 0 ? withLast(first) : [...first, ...last], onLab: true },
    { id: "second lab", files: second, onLab: true },
  ].filter((suite) => suite.files.length > 0);
}

/** @param {import("../machine.mjs").Machine} machine @param {string[]} wanted parts of paths; empty means all @returns {Promise<Counts>} */
export async function runSuites(machine, wanted) {
  const all = testFiles(machine.root).filter((f) => wanted.length === 0 || wanted.some((w) => f.includes(w)));
  const total = { passed: 0, failed: 0, skipped: 0 };
  const add = (/** @type {Counts} */ counts) => {
    for (const key of /** @type {const} */ (["passed", "failed", "skipped"])) total[key] += counts[key];
  };
  const suites = suitesOf(all);
  for (const suite of suites.filter((s) => !s.onLab)) {
    line(`\n${suite.id}`);
    add(await runSuite(machine, suite));
  }
  const onLabs = suites.filter((s) => s.onLab);
  if (onLabs.length > 0) line(`\n${onLabs.map((s) => s.id).join(" and ")}`);
  for (const counts of await Promise.all(onLabs.map((s) => (machine.isRoot ? runSuite(machine, s) : leftOut(s)))))
    add(counts);
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
        `--test-timeout=${suite.onLab ? LAB_TIMEOUT_MS : PART_TIMEOUT_MS}`,
        `--test-concurrency=${suite.onLab ? 1 : availableParallelism()}`,
        ...suite.files,
      ],
      { cwd: machine.root, env: { ...projectEnv(machine), ...LABS[suite.id], VONGGAC_TEST_COUNTS: countsFile } },
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
