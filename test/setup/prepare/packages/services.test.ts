import assert from "node:assert/strict";
import { test } from "node:test";
import { packagesFor, SERVICES } from "../../../../setup/prepare/packages/list.mjs";
import { unfinished } from "../../../../setup/prepare/packages/services.mjs";
import { folder, put } from "../../fixtures.ts";

test("a killed installation leaves word of what it had begun; another's policy is not ours", (t) => {
  const root = folder(t);
  const ours = "#!/bin/sh\n# written by vonggac's set-up while it installs: bird2 knot\nexit 101\n";
  assert.deepEqual(unfinished(put(root, "ours", ours)), ["bird2", "knot"]);
  assert.deepEqual(unfinished(put(root, "other", "#!/bin/sh\nexit 101\n")), []);
  assert.deepEqual(unfinished(`${root}/none`), []);
});

test("what Node's binary links against is installed first, a browser for tests only", () => {
  assert.equal(packagesFor("start")[0], "libatomic1");
  assert.ok(packagesFor("test").includes("chromium"));
  assert.ok(!packagesFor("start").includes("chromium"));
  // A mail server of the user's own is left alone: then ours is not asked for.
  for (const name of Object.keys(SERVICES)) assert.ok(packagesFor("test").includes(name), name);
});
