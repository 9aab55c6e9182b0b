// The steady clock: follows the machine's, never backwards in small steps, and says so when it jumps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { steadyClock } from "../../console/clock.ts";

function clocks() {
  const t = { wall: 1_000_000, mono: 0 };
  return {
    t,
    clock: steadyClock(
      () => t.wall,
      () => t.mono,
    ),
  };
}

test("it goes with monotonic time between two looks", () => {
  const { t, clock } = clocks();
  t.mono = 500;
  t.wall = 999;
  assert.equal(clock.now(), 1_000_500);
});

for (const [what, drift, jump, after] of [
  ["a little ahead is followed", 300, undefined, 1_000_400],
  ["a little behind is not: time does not go back", -300, undefined, 1_000_100],
  ["a jump ahead is followed and said", 3_600_000, 3_600_000, 4_600_100],
  ["a jump back is followed and said", -3_600_000, -3_600_000, -2_599_900],
] as const)
  test(what, () => {
    const { t, clock } = clocks();
    t.mono = 100;
    t.wall = 1_000_100 + drift;
    assert.equal(clock.settle(), jump);
    assert.equal(clock.now(), after);
  });
