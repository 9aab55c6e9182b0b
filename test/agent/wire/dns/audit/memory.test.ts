/** What one look leaves for the next: as text and back, and never a fault out of a text that is none of ours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type LookMemory, memoryText, NOTHING_KNOWN, readMemory } from "../../../../../agent/wire/dns/audit/memory.ts";

test("a memory comes back as it was", () => {
  const memory: LookMemory = { since: { "cds x": 5 }, rhythmSeconds: 7, signed: { "vn./A": [1, "abc"] } };
  assert.deepEqual(readMemory(memoryText(memory)), memory);
});

test("anything else is nothing known", () => {
  assert.equal(readMemory(undefined), NOTHING_KNOWN);
  for (const text of ["", "[]", "null", "{}", '{"since":[],"rhythmSeconds":1,"signed":{}}', `"${"x".repeat(70_000)}"`])
    assert.equal(readMemory(text), NOTHING_KNOWN, text.slice(0, 20));
  fc.assert(fc.property(fc.json(), (text) => typeof readMemory(text).rhythmSeconds === "number"));
});
