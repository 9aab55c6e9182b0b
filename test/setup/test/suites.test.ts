// The order of the suites, and that the counts count: real test files that pass, fail, skip, hang on a hook.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { run } from "../../../setup/run.mjs";
import { suitesOf } from "../../../setup/test/suites.mjs";
import { folder, put, ROOT } from "../fixtures.ts";

test("parts first, then the labs, each with what takes it down last of all", () => {
  const suites = suitesOf([
    "test/kill/console.test.ts",
    "test/scenarios/90-down.test.ts",
    "test/scenarios/30-random.test.ts",
    "test/scenarios/10-up.test.ts",
    "test/e2e/screen.test.ts",
    "test/protocol/codec.test.ts",
  ]);
  assert.deepEqual(
    suites.map((s) => [s.lab, ...s.files.map((f) => path.basename(f, ".test.ts"))]),
    [
      [undefined, "codec"],
      ["first lab", "10-up"],
      ["first lab", "screen"],
      ["first lab", "console"],
      ["first lab", "90-down"],
      ["second lab", "30-random"],
      ["second lab", "90-down"],
    ],
  );
});

test("a selection runs on the lab that it belongs to, and down alone takes the first down", () => {
  const labs = (...files: string[]) => suitesOf(files).map((s) => [s.lab, s.files.length]);
  assert.deepEqual(labs("test/scenarios/21-service-faults.test.ts"), [["second lab", 1]]);
  assert.deepEqual(labs("test/scenarios/90-down.test.ts"), [["first lab", 1]]);
});

const head = 'import { test, describe, before } from "node:test"; import assert from "node:assert";\n';

async function report(root: string, ...files: string[]) {
  const counts = path.join(root, "counts.json");
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const ran = await run(
    process.execPath,
    [
      "--test",
      "--test-force-exit",
      `--test-reporter=${ROOT}/setup/test/reporter.mjs`,
      "--test-reporter-destination=stdout",
      ...files,
    ],
    { cwd: root, env: { ...env, VONGGAC_TEST_COUNTS: counts } },
  );
  return { ...JSON.parse(readFileSync(counts, "utf8")), output: ran.output, code: ran.code };
}

test("passed, failed, skipped with the reason, suites counted by what is in them", async (t) => {
  const root = folder(t);
  put(
    root,
    "a.test.mjs",
    `${head}test("one", () => {}); test("two", { skip: "needs a moon" }, () => {});
     describe("whole", { skip: "needs a sun" }, () => { test("in it", () => {}); });
     describe("group", () => { test("three", () => {}); test("four", () => assert.equal(1, 2)); });`,
  );
  const { passed, failed, skipped, output, code } = await report(root, "a.test.mjs");
  assert.deepEqual([passed, failed, skipped], [2, 1, 2]);
  assert.equal(code, 1);
  assert.match(output, /two: skipped: needs a moon[\s\S]*whole: skipped: needs a sun/);
  assert.match(output, /✗ four[\s\S]*1 == 2/);
});

test("a file that cannot be read in, and a hook that throws, are failures", async (t) => {
  const root = folder(t);
  put(root, "broken.test.mjs", 'import "./not-there.mjs";');
  put(root, "hook.test.mjs", `${head}before(() => { throw new Error("no"); }); test("one", () => {});`);
  const broken = await report(root, "broken.test.mjs");
  assert.deepEqual([broken.passed, broken.failed], [0, 1]);
  assert.match(broken.output, /not-there/);
  const hook = await report(root, "hook.test.mjs");
  assert.equal(hook.passed, 0);
  assert.ok(hook.failed >= 1);
  assert.equal(hook.code, 1);
});

test("a file without a test is a failure; one that leaves a server open ends all the same, and is counted", async (t) => {
  const root = folder(t);
  put(root, "empty.test.mjs", "// nothing");
  put(root, "open.test.mjs", `${head}import net from "node:net"; test("one", () => net.createServer().listen(0));`);
  const { passed, failed, output } = await report(root, "empty.test.mjs", "open.test.mjs");
  assert.deepEqual([passed, failed], [1, 1]);
  assert.match(output, /empty.test.mjs[^\n]*1 failed[^\n]*\n\s+✗ there is no test in it/);
});
