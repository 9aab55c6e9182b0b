// A watched file: told once a change, whether it is replaced, rewritten, removed or comes back.
import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { watchFile } from "../../console/watch.ts";
import { eventually } from "./support/rig.ts";

test("replaced, rewritten in bursts, touched beside: told when, and only when, it changed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "vonggac-watch-"));
  const path = join(folder, "f.json");
  writeFileSync(path, "1");
  let told = 0;
  const watch = watchFile(path, () => told++, 60, 100);
  try {
    writeFileSync(`${path}.new`, "2");
    renameSync(`${path}.new`, path);
    await eventually("the replacement", () => told === 1);
    for (let i = 0; i < 20; i++) writeFileSync(path, `${"x".repeat(i)}`);
    await eventually("the burst", () => told >= 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(told, 2, "a burst is told once");
    writeFileSync(join(folder, "other.json"), "3");
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(told, 2, "a neighbour is not ours");
  } finally {
    watch.close();
    rmSync(folder, { recursive: true });
  }
});
