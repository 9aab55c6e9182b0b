import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { retryAfter, retryAsTold, retryHopeless } from "../../agent/backoff.ts";
import { nextRun, phaseOf } from "../../agent/schedule.ts";

const every = fc.integer({ min: 100, max: 86_400_000 });

test("the next run lies ahead, within one interval, and on the target's own beat", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), every, fc.string(), (now, everyMs, id) => {
      const phase = phaseOf(everyMs, "agent", id);
      assert.ok(phase >= 0 && phase < everyMs);
      const next = nextRun(now, everyMs, phase);
      assert.ok(next > now - 1e-3 && next <= now + everyMs + 1e-3);
      assert.ok(Math.abs((next - phase) / everyMs - Math.round((next - phase) / everyMs)) < 1e-6);
    }),
  );
});

test("agents are spread, and each keeps its phase", () => {
  const phases = Array.from({ length: 100 }, (_, i) => phaseOf(1_000, `agent-${i}`, "link"));
  assert.equal(phaseOf(1_000, "agent-0", "link"), phases[0]);
  for (let quarter = 0; quarter < 4; quarter++)
    assert.ok(phases.filter((p) => Math.floor(p / 250) === quarter).length > 10);
});

test("waits lie within their bounds and grow", () => {
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 0.999999, noNaN: true }), (failures, chance) => {
      const wait = retryAfter(failures, chance);
      assert.ok(wait >= 300 && wait <= 5_000);
      assert.ok(retryAsTold(10_000, chance) >= 10_000 && retryAsTold(10_000, chance) <= 15_000);
      assert.ok(retryHopeless(chance) >= 5_000 && retryHopeless(chance) <= 15_000);
    }),
  );
  assert.ok(retryAfter(0, 0.99) < 700 && retryAfter(9, 0.99) > 4_500);
});
