import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { needSpace } from "../../../setup/prepare/space.mjs";
import { judgeCheckout, judgeSystem } from "../../../setup/prepare/system.mjs";

const good = { platform: "linux", nodeMajor: 18, isRoot: true, purpose: "start", hasApt: true };
const code = (name: string) => (error: unknown) => (error as { code: string }).code === name;

test("Debian 12's own Node as root will do", () => judgeSystem(good));

for (const [name, change] of [
  ["not-linux", { platform: "darwin" }],
  ["not-debian", { hasApt: false }],
  ["node-too-old", { nodeMajor: 16 }],
  ["not-root", { isRoot: false }],
] as const)
  test(`${name} is named`, () => {
    assert.throws(() => judgeSystem({ ...good, ...change }), code(name));
  });

test("a checkout that was made under umask 077 is named: the accounts could not read it", () => {
  const root = mkdtempSync(join(tmpdir(), "vonggac-checkout-"));
  mkdirSync(join(root, "agent"));
  writeFileSync(join(root, "agent/main.ts"), "", { mode: 0o644 });
  try {
    assert.throws(() => judgeCheckout(root), code("checkout-unreadable"), "mkdtemp keeps it to its maker");
    chmodSync(root, 0o755);
    judgeCheckout(root);
    chmodSync(join(root, "agent/main.ts"), 0o600);
    assert.throws(() => judgeCheckout(root), code("checkout-unreadable"));
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("the tests run without root, and say what they leave out", () => {
  judgeSystem({ ...good, isRoot: false, purpose: "test" });
});

test("a disk with less room than needed is named, before anything is written", async () => {
  await needSpace("/a/folder/that/is/not/there/yet", 1);
  await assert.rejects(needSpace("/tmp", 1e9), code("disk-full"));
});
