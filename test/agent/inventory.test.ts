// The inventory is taken for real, on this machine, by the child that the agent starts.
import assert from "node:assert/strict";
import { arch, totalmem } from "node:os";
import { test } from "node:test";
import { takeInventory } from "../../agent/inventory.ts";

test("the child tells what this machine is, and nothing that identifies a person or a card", {
  timeout: 120_000,
}, async () => {
  const text = await takeInventory();
  const seen = JSON.parse(text);
  assert.equal(seen.os.architecture, arch());
  assert.equal(seen.memoryBytes, totalmem());
  assert.ok(seen.processor.cores >= 1);
  assert.ok(seen.disks.length >= 1 && seen.disks.every((d: { bytes: number }) => d.bytes >= 0));
  assert.equal(seen.node, process.version);
  assert.doesNotMatch(text, /([0-9a-f]{2}:){5}[0-9a-f]{2}/i, "no hardware address");
  assert.doesNotMatch(text, /serial|uuid/i);
});
