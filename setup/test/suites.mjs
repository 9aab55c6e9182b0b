// Which test files there are, in which order they run, and how many passed. Tests of parts run side by side; after them those
// that provision a lab, one after another on each of several labs.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { pinnedNode, projectEnv } from "../machine.mjs";
import { hand } from "../run.mjs";
import { line } from "../say.mjs";

/** Folders whose tests need root and a lab. */
const ON_A_LAB = ["test/scenarios", "test/e2e", "test/kill"];
/**
 * Most of a scenario is waiting that nothing else opens, so labs stand side by side, each with tests one after another. What no other
 * lab names runs on the first.
 * @type {Record<string, { env: NodeJS.ProcessEnv, files: string[] }>}
 */
const LABS = {
  "first lab": { env: {}, files: [] },
  "second lab": {
    env: { VONGGAC_TEST_STACK: "testb", VONGGAC_TEST_PORT: "18081" },
    files: [
      "test/scenarios/21-service-faults.test.ts",
      "test/scenarios/30-random.test.ts",
      "test/scenarios/50-grow.test.ts",
      "test/scenarios/60-stories.test.ts",
      "test/scenarios/80-impact.test.ts",
    ],
  },
  "third lab": {
    env: { VONGGAC_TEST_STACK: "testc", VONGGAC_TEST_PORT: "18082" },
    files: [
      "test/scenarios/50-faults.test.ts",
      "test/scenarios/61-chaos.test.ts",
      "test/scenarios/62-field.test.ts",
      "test/scenarios/70-verify.test.ts",
    ],
  },
};
const FIRST = "first lab";
/** Takes a lab down: it runs after all others, once on each. */
const LAST = "test/scenarios/90-down.test.ts";
/** Of one test, not of a file. */
const PART_TIMEOUT_MS = 180_000;
const LAB_TIMEOUT_MS = 20 * 60_000;

/** How a run ended, with what was shown of each file (or tool) that failed. @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Counts */
/** @typedef {{ lab?: string, files: string[] }} Suite */

/**
 * The suites of a list of test files: first that of parts, then those of each lab in their order. Node runs the files of one suite by
 * name, so what must come later is a suite of its own.
 * @param {string[]} files paths below the checkout @returns {Suite[]}
 */
export function suitesOf(files) {
  const below = (/** @type {string} */ folder) => files.filter((f) => f.startsWith(`${folder}/`) && f !== LAST).sort();
  const groups = ON_A_LAB.map(below);
  const last = files.filter((f) => f === LAST);
  const onLabs = Object.keys(LABS).map((lab) => ({
    lab,
    groups: groups.map((group) => group.filter((f) => labOf(f) === lab)).filter((group) => group.length > 0),
  }));
  const used = onLabs.filter((l) => l.groups.length > 0);
  // Asked for alone, taking down is tested on the first.
  const chosen = used.length > 0 ? used : onLabs.filter((l) => l.lab === FIRST);
  const others = new Set([...groups.flat(), ...last]);
  return [
    { files: files.filter((f) => !others.has(f)).sort() },
    ...chosen.flatMap((l) => [...l.groups, last].map((group) => ({ lab: l.lab, files: group }))),
  ].filter((suite) => suite.files.length > 0);
}

const labOf = (/** @type {string} */ file) => Object.keys(LABS).find((lab) => LABS[lab]?.files.includes(file)) ?? FIRST;

/** @param {import("../machine.mjs").Machine} machine @param {string[]} wanted parts of paths; empty means all @returns {Promise<Counts>} */
export async function runSuites(machine, wanted) {
  const all = testFiles(machine.root).filter((f) => wanted.length === 0 || wanted.some((w) => f.includes(w)));
  const total = nothingYet();
  const inOrder = async (/** @type {Suite[]} */ suites) => {
    for (const suite of suites) {
      const counts = suite.lab && !machine.isRoot ? leftOut(suite) : await runSuite(machine, suite);
      add(total, counts);
    }
  };
  const suites = suitesOf(all);
  const parts = suites.filter((s) => !s.lab);
  if (parts.length > 0) line("\nparts");
  await inOrder(parts);
  const labs = [...new Set(suites.flatMap((s) => s.lab ?? []))];
  if (labs.length > 0) line(`\n${labs.join(", ")}`);
  await Promise.all(labs.map((lab) => inOrder(suites.filter((s) => s.lab === lab))));
  return total;
}

/** @param {Suite} suite @returns {Counts} one skipped for each file: what is in it is not known without running it */
function leftOut(suite) {
  for (const file of suite.files) line(`  - ${file}: skipped: needs root, for network namespaces and daemons`);
  return { ...nothingYet(), skipped: suite.files.length };
}

/** @param {import("../machine.mjs").Machine} machine @param {Suite} suite @returns {Promise<Counts>} */
async function runSuite(machine, suite) {
  const folder = mkdtempSync(join(tmpdir(), "vonggac-test-"));
  const countsFile = join(folder, "counts.json");
  try {
    const code = await hand(
      pinnedNode(machine),
      [
        `--import=${join(machine.root, "setup", "test", "ended.mjs")}`,
        "--test",
        `--test-reporter=${join(machine.root, "setup", "test", "reporter.mjs")}`,
        "--test-reporter-destination=stdout",
        `--test-timeout=${suite.lab ? LAB_TIMEOUT_MS : PART_TIMEOUT_MS}`,
        `--test-concurrency=${suite.lab ? 1 : availableParallelism()}`,
        ...suite.files,
      ],
      {
        cwd: machine.root,
        env: { ...projectEnv(machine), ...LABS[suite.lab ?? ""]?.env, VONGGAC_TEST_COUNTS: countsFile },
      },
    );
    const { files, ...counts } = readCounts(countsFile);
    for (const file of suite.files.filter((f) => !files.includes(f))) {
      const said = `  ✗ ${file}: no result came of it`;
      line(said);
      counts.failed++;
      counts.failures.push(said);
    }
    // A run that failed without a failed test (a crash of the runner) is a failure all the same.
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} file @returns {Counts & { files: string[] }} with the files of which results came */
function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {
      ...nothingYet(),
      failed: 1,
      failures: [`  ✗ ${file}: the test runner ended without its counts`],
      files: [],
    };
  }
}

/** @returns {Counts} */
export const nothingYet = () => ({ passed: 0, failed: 0, skipped: 0, failures: [] });

/** @param {Counts} total @param {Counts} more */
export function add(total, more) {
  for (const key of /** @type {const} */ (["passed", "failed", "skipped"])) total[key] += more[key];
  total.failures.push(...more.failures);
}

/** @param {string} root @returns {string[]} paths below root */
function testFiles(root) {
  return readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".test.ts"))
    .map((f) => `test/${f}`)
    .sort();
}
