// `npm test`: prepares the machine as `npm start` does (with what the tests need besides), checks the code, and runs the
// tests: first those of parts, then those that use the whole machine, one after another.
//   npm test -- [part of a path …]   only the test files whose path contains one of these
// Without root the tests that need it are skipped, said and counted.
import { check } from "./check.mjs";
import { thisMachine } from "./machine.mjs";
import { take } from "./prepare/step.mjs";
import { STEPS } from "./prepare/steps.mjs";
import { failure, line, text } from "./say.mjs";
import { add, nothingYet, runSuites } from "./test/suites.mjs";

async function main() {
  const wanted = process.argv.slice(2);
  const machine = thisMachine("test");
  line(text("test.head", { root: machine.root }));
  await take(machine, STEPS);
  line();
  const total = nothingYet();
  if (wanted.length === 0) add(total, await check());
  add(total, await runSuites(machine, wanted));
  // Once more at the end: what failed early is far up by then, and a log that is kept in part ends here.
  if (total.failures.length > 0) line(`\nwhat failed\n${total.failures.map((f) => f.trimEnd()).join("\n")}`);
  line(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

main().catch((error) => {
  failure(error);
  process.exitCode = 1;
});
