// The province goes up, five things break one after another, and each time the console says what broke, whom it hits,
// and nothing else: for a minute after the break and a minute after the undo. Nothing here tells the console anything.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Incident } from "../../protocol/index.ts";
import { ensureLab, incidents, mustLab, whyNoLab } from "../support/lab.ts";
import { allRecovered, Watch } from "../support/watch.ts";

const skip = whyNoLab() ?? false;
/** How long nothing else may open after a break, and after its undo. */
const QUIET_MS = Number(process.env["VONGGAC_QUIET_MS"] ?? 60_000);

before(async () => {
  if (!skip) await ensureLab();
});

interface Story {
  fault: string;
  target: string;
  expect: string;
  withinMs: number;
  also?: (incident: Incident) => void;
}

const stories: Story[] = [
  {
    fault: "hub-down",
    target: "hub1",
    expect: "connectivity hub1",
    withinMs: 10_000,
    also: (i) => {
      assert.equal(i.severity, "critical");
      assert.equal(i.impact.lost.length, 4, `lost: ${i.impact.lost}`);
      assert.ok(i.impact.degraded.length >= 4, `degraded: ${i.impact.degraded}`);
    },
  },
  {
    fault: "link-down",
    target: "hub1~so-noi-vu",
    expect: "connectivity hub1~so-noi-vu",
    withinMs: 10_000,
    also: (i) => {
      assert.deepEqual(i.impact.lost, []);
      assert.deepEqual(i.impact.degraded, ["so-noi-vu"]);
    },
  },
  { fault: "expire-certificate", target: "portal", expect: "certificate portal", withinMs: 15_000 },
  { fault: "corrupt-signature", target: "portal.camau.gov.vn", expect: "dnssec zone:camau.gov.vn", withinMs: 15_000 },
];

for (const s of stories)
  test(`${s.fault} ${s.target} → ${s.expect}, and no other; the undo recovers it`, {
    skip,
    timeout: 400_000,
  }, async () => {
    const watch = await Watch.start();
    await mustLab("fault", s.fault, s.target);
    const [incident] = await watch.expectOnly([s.expect], s.withinMs, QUIET_MS);
    assert.equal(incident!.state, "open");
    s.also?.(incident!);
    const undone = await Watch.start();
    await mustLab("fault", s.fault, s.target, "--undo");
    const end = Date.now() + QUIET_MS;
    await allRecovered(60_000);
    await undone.expectOnly([], 0, end - Date.now());
    const after = (await incidents()).find((i) => i.id === incident!.id)!;
    assert.equal(after.state, "recovered");
    const ways = after.history.map((e) => e.what).filter((w) => w !== "evidence-added" && w !== "cause-refined");
    assert.match(ways.slice(-2).join(" "), /^(opened|reopened) recovered$/, "its history is kept");
  });

test("ssh-bruteforce bast1 → an intrusion with its actor, and no other; the end of the attack closes nothing", {
  skip,
  timeout: 400_000,
}, async () => {
  const watch = await Watch.start();
  await mustLab("fault", "ssh-bruteforce", "bast1");
  const [incident] = await watch.expectOnly(["intrusion bast1"], 20_000, QUIET_MS);
  assert.ok(incident!.cause.actor, "the attacker's address is named");
  assert.ok(incident!.impact.affected.includes("dc1"));
  await mustLab("fault", "ssh-bruteforce", "bast1", "--undo");
  await (await Watch.start()).expectOnly([], 0, QUIET_MS);
  const after = (await incidents()).find((i) => i.id === incident!.id)!;
  assert.ok(after.state === "open" || after.state === "quiet", after.state);
});
