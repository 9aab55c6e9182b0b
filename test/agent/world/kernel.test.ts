import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { sessionsByNeed } from "../../../agent/world/kernel.ts";

const isRoot = process.getuid?.() === 0;

test("what a real kernel says of links, addresses, routes and sessions", {
  skip: !isRoot && "needs root",
}, async () => {
  const probe = join(import.meta.dirname, "../support/kernel-probe.ts");
  // As \`ip netns exec\` does: /sys shows the devices of the namespace in which it was mounted.
  const script = 'mount -t sysfs sysfs /sys && exec "$0" "$1"';
  const args = ["--net", "--mount", "sh", "-c", script, process.execPath, probe];
  const { stdout } = await promisify(execFile)("unshare", args);
  const seen = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual(seen["made"], ["down", "down", "missing"]);
  assert.deepEqual(seen["up"], ["running", "running"]);
  for (const when of ["addresses", "addresses without a carrier"])
    assert.ok((seen[when] as string[]).includes("20010db8000900000000000000000001"), when);
  assert.deepEqual(seen["routes"], ["left", "rejects", "none", "bare", "left"]);
  assert.equal(seen["no session"], 0);
  const sessions = seen["sessions"] as string[];
  assert.deepEqual(
    [...new Set(sessions)].filter((s) => s.startsWith("0a090001>0a090001")),
    ["0a090001>0a090001"],
  );
  assert.ok(sessions.includes("20010db8000900000000000000000001>20010db8000900000000000000000001"));
  assert.deepEqual(seen["one lost"], ["20010db8000900000000000000000001>20010db8000900000000000000000001"]);
  assert.equal(seen["peer down"], "no-carrier");
  assert.equal(seen["down"], "down");
  assert.equal(seen["deleted"], "missing");
});

/** A kernel of the test's: each listing takes `cost` milliseconds. */
function listings(cost: number) {
  let now = 0;
  let count = 0;
  let spent = 0;
  const state: { counters: { opened: number; current: number } | undefined } = { counters: { opened: 10, current: 4 } };
  const sessions = sessionsByNeed(
    () => now,
    () => state.counters,
    () => {
      count++;
      spent += cost;
      return new Set<string>();
    },
    () => spent,
  );
  const after = (ms: number, next?: { opened: number; current: number }) => {
    if (next) state.counters = next;
    now += ms;
    const before = count;
    sessions();
    return count - before;
  };
  return { after, state };
}

test("sessions are listed again only when the counters say that they may differ", () => {
  const { after, state } = listings(5);
  assert.equal(after(0), 1, "the first time");
  assert.equal(after(500), 0, "nothing moved");
  assert.equal(after(500, { opened: 10, current: 3 }), 1, "one fewer");
  assert.equal(after(500, { opened: 11, current: 4 }), 1, "one more: another may be lost");
  assert.equal(after(500), 0, "nothing moved");
  assert.equal(after(4_600), 1, "every few seconds all the same");
  state.counters = undefined;
  assert.equal(after(500), 1, "no counters: always");
});

test("the end of another's probe is not taken for a loss each time, and a loss beneath the probes is", () => {
  const { after } = listings(5);
  after(0);
  after(60_000);
  let listed = 0;
  // A probe is open at every other look; four sessions stand all the time.
  for (let i = 0; i < 1_200; i++) listed += after(500, { opened: 10 + i, current: i % 2 === 0 ? 5 : 4 });
  assert.ok(listed >= 240 && listed * 5 <= 600_000 * 0.0026, `${listed} listings in ten minutes of probes`);
  assert.equal(after(500, { opened: 2_000, current: 3 }), 1, "one session fewer than have stood of late");
});

test("however the counters move, listings keep to a small share of a core", () => {
  const { after } = listings(5);
  after(0);
  let opening = 0;
  for (let i = 0; i < 1_200; i++) opening += after(500, { opened: i, current: 4 });
  assert.ok(opening >= 300 && opening * 5 <= 600_000 * 0.003, `${opening} listings in ten minutes of openings`);
  let closing = 0;
  for (let i = 0; i < 1_200; i++) closing += after(500, { opened: 0, current: 2_000 - i });
  assert.ok(closing * 5 <= 600_000 * 0.0055, `${closing} listings in ten minutes of closings`);
});

test("a loss after a calm is seen at once, and so are those that follow it; a dear listing delays none for long", () => {
  const calm = listings(5);
  calm.after(0);
  calm.after(60_000);
  for (let lost = 1; lost < 8; lost++) assert.equal(calm.after(500, { opened: 10, current: 20 - lost }), 1);
  const dear = listings(400);
  dear.after(0);
  assert.equal(dear.after(500, { opened: 10, current: 3 }), 0);
  assert.equal(dear.after(500), 1);
  assert.equal(dear.after(500, { opened: 11, current: 3 }), 0);
  assert.equal(dear.after(1_500), 1);
});
