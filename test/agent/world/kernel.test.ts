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
  assert.ok((seen["addresses"] as string[]).includes("0a090001"));
  assert.ok((seen["addresses"] as string[]).includes("20010db8000900000000000000000001"));
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

test("sessions are listed again only when the counters say that they may differ", () => {
  let now = 0;
  let listings = 0;
  let counters: { opened: number; current: number } | undefined = { opened: 10, current: 4 };
  const cost = 5;
  const sessions = sessionsByNeed(
    () => now,
    () => counters,
    () => {
      listings++;
      now += cost;
      return new Set<string>();
    },
  );
  const listedAfter = (ms: number, next?: typeof counters) => {
    if (next) counters = next;
    now += ms;
    const before = listings;
    sessions();
    return listings - before;
  };
  assert.equal(listedAfter(0), 1, "the first time");
  assert.equal(listedAfter(500), 0, "nothing moved");
  assert.equal(listedAfter(500, { opened: 10, current: 3 }), 1, "one fewer");
  assert.equal(listedAfter(500, { opened: 11, current: 4 }), 0, "a probe of ours: within the share of a core");
  assert.equal(listedAfter(1_700), 1, "and then it is looked at");
  assert.equal(listedAfter(4_000), 0, "nothing moved");
  assert.equal(listedAfter(1_500), 1, "every few seconds all the same");
  counters = undefined;
  assert.equal(listedAfter(500), 1, "no counters: always");
});
