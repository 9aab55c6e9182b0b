// What carries the province breaks: the console names the host or the line, whom it cuts off and whom it leaves one way fewer.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { ensureLab, whyNoLab } from "../support/lab.ts";
import { story } from "../support/story.ts";

before(async () => {
  if (!whyNoLab()) await ensureLab();
});

test(
  ...story({
    fault: "hub-down",
    target: "hub1",
    expect: "connectivity hub1",
    withinMs: 10_000,
    also: (i) => {
      assert.equal(i.severity, "critical");
      assert.equal(i.impact.lost.length, 4, `lost: ${i.impact.lost}`);
      assert.ok(i.impact.degraded.length >= 4, `degraded: ${i.impact.degraded}`);
    },
  }),
);

test(
  ...story({
    fault: "link-down",
    target: "hub1~so-noi-vu",
    expect: "connectivity hub1~so-noi-vu",
    withinMs: 10_000,
    also: (i) => {
      assert.deepEqual(i.impact.lost, []);
      assert.deepEqual(i.impact.degraded, ["so-noi-vu"]);
    },
  }),
);
