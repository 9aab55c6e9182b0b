// An attack has no end that a machine could know: its incident outlives the undo.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { ensureLab, incidents, mustLab, whyNoLab } from "../support/lab.ts";
import { QUIET_MS } from "../support/story.ts";
import { Watch } from "../support/watch.ts";

const skip = whyNoLab() ?? false;
before(async () => {
  if (!skip) await ensureLab();
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
  assert.equal(after.state, "new");
});
