// `npm test`: prepares the machine as `npm start` does (with what the tests need besides), checks the code, and runs the
// tests: first those of parts, then those that use the whole machine, one after another.
//   npm test -- [part of a path …]   only the test files whose path contains one of these
// Without root the tests that need it are skipped, said and counted.
import { check } from "./check.mjs";
import { thisMachine } from "./machine.mjs";
import { take } from "./prepare/step.mjs";
import { STEPS } from "./prepare/steps.mjs";
import { failure, line, text } from "./say.mjs";
import { runSuites } from "./test/suites.mjs";

async function main() {
  const wanted = process.argv.slice(2);
  const machine = thisMachine("test");
  line(text("test.head", { root: machine.root }));
  await take(machine, STEPS);
  line();
  const total = { passed: 0, failed: 0, skipped: 0 };
  if (wanted.length === 0) add(total, await check());
  add(total, await runSuites(machine, wanted));
  line(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @param {Counts} total @param {Counts} more */
function add(total, more) {
  total.passed += more.passed;
  total.failed += more.failed;
  total.skipped += more.skipped;
}

main().catch((error) => {
  failure(error);
  process.exitCode = 1;
});
