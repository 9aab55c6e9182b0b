// 100,000 mutated messages against the validator: what it calls secure is the truth, what is signed never becomes insecure,
// nothing throws, and none takes long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runSample } from "./differential/sample.ts";
import { whyNoDifferential } from "./differential.ts";

const why = whyNoDifferential();

test("100,000 mutated messages: never a false secure, never a downgrade, never a crash", {
  skip: why ?? false,
  timeout: 480_000,
}, async () => {
  const { mutated } = await runSample(["--zones", "0", "--mutations", "100000", "--seed", "sample"]);
  assert.deepEqual(
    mutated.failures.map(({ question, what }) => `${question}: ${what}`),
    [],
  );
  assert.equal(mutated.messages, 100_000);
  assert.ok(mutated.slowest_ms < 1_000, `${mutated.slowest_ms} ms`);
  for (const verdict of ["secure", "bogus", "insecure", "indeterminate"])
    assert.ok(mutated.verdicts[verdict]! > 1_000, `${verdict}: ${mutated.verdicts[verdict]}`);
});
