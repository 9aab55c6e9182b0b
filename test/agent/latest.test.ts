import assert from "node:assert/strict";
import { test } from "node:test";
import { Latest } from "../../agent/latest.ts";
import type { Report } from "../../protocol/finding.ts";
import { stateDigest } from "../../protocol/state.ts";

const report = (target: string, at: number, tags: string[] = []): Report => ({
  type: "report",
  check: "link",
  target,
  at,
  tookMs: at,
  outcome: "ran",
  findings: tags.map((tag) => ({ subject: "s", tag, evidence: {} })),
});

test("only what says something new travels", () => {
  const latest = new Latest();
  assert.equal(latest.offer(report("a", 1)), true);
  assert.equal(latest.offer(report("a", 2)), false);
  assert.equal(latest.offer(report("a", 3, ["X"])), true);
  assert.equal(latest.offer({ ...report("a", 4), outcome: "broke", error: "e" } as Report), true);
  assert.equal(latest.offer(report("a", 5, ["X"])), true);
});

test("the digest waits for every target, and forgets those that are no longer watched", () => {
  const latest = new Latest();
  latest.offer(report("a", 1));
  assert.equal(latest.digest(new Set(["a", "b"])), undefined);
  latest.offer(report("b", 1, ["X"]));
  const both = new Set(["a", "b"]);
  assert.equal(latest.digest(both), stateDigest([report("b", 9, ["X"]), report("a", 8)]));
  latest.keepOnly(new Set(["a"]));
  assert.equal(latest.digest(new Set(["a"])), stateDigest([report("a", 8)]));
  assert.equal(latest.all().length, 1);
});
