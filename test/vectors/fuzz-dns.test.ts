/** A sample of the fuzz run in the ordinary tests; `npm run vectors -- fuzz-dns` does a million. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzDns } from "./fuzz-dns.ts";

test("100,000 mutated messages: no crash, none slow", () => {
  const result = fuzzDns(100_000, 20_260_101);
  assert.deepEqual(result.crashes.slice(0, 3), []);
  assert.ok(result.accepted > 5_000 && Object.keys(result.refused).length >= 6, JSON.stringify(result));
  // Real work is microseconds; the bound leaves room for a garbage collection on a busy machine.
  assert.ok(result.slowestMs < 250, `${result.slowestMs} ms`);
});
