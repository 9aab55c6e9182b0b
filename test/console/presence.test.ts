// Live, silent, unknown: by monotonic time, with a grace after start, and without blaming agents for a stall of ours.
import assert from "node:assert/strict";
import { test } from "node:test";
import { presenceBook } from "../../console/presence.ts";

/** A book of one agent, swept every 250 ms from `from` to `to`. */
function book() {
  const b = presenceBook({ silentAfterMs: 6_000, graceMs: 15_000 });
  b.setAgents(["a"], 0, 100);
  const sweep = (from: number, to: number) => {
    const changes = [];
    for (let t = from; t <= to; t += 250) changes.push(...b.sweep(t).map((c) => ({ ...c, t })));
    return changes;
  };
  return { b, sweep };
}

test("after a start nobody is silent before silentAfter and grace are over", () => {
  const { sweep } = book();
  assert.deepEqual(sweep(0, 21_000), []);
  assert.deepEqual(sweep(21_250, 21_250), [{ agent: "a", presence: "silent", since: 100, t: 21_250 }]);
  assert.deepEqual(sweep(21_500, 60_000), [], "said once");
});

test("a frame makes it live at once; silence counts from the last frame", () => {
  const { b, sweep } = book();
  assert.deepEqual(b.heard("a", 1_000, 5_000), { agent: "a", presence: "live", since: 5_000 });
  assert.equal(b.heard("a", 2_000, 6_000), undefined);
  sweep(0, 8_000);
  assert.deepEqual(sweep(8_250, 8_250), [{ agent: "a", presence: "silent", since: 6_000, t: 8_250 }]);
  assert.deepEqual(b.heard("a", 9_000, 13_000), { agent: "a", presence: "live", since: 13_000 });
});

test("a stall of this process is not the agents' silence", () => {
  const { b, sweep } = book();
  sweep(0, 1_000);
  b.heard("a", 1_000, 0);
  assert.deepEqual(b.sweep(31_000), [], "thirty seconds in which nobody could be heard");
  assert.deepEqual(sweep(31_250, 36_500), []);
  assert.equal(sweep(36_750, 38_000).length, 1, "but from then on it counts");
});

test("agents come and go with the registry", () => {
  const { b, sweep } = book();
  b.setAgents(["b"], 1_000, 200);
  assert.equal(b.heard("a", 1_100, 0), undefined);
  assert.deepEqual(
    sweep(0, 40_000).map((c) => c.agent),
    ["b"],
  );
});
