import assert from "node:assert/strict";
import { test } from "node:test";
import { packagesFor, SERVICES, SUCCESSORS } from "../../../../setup/prepare/packages/list.mjs";
import { servingOn, unfinished } from "../../../../setup/prepare/packages/services.mjs";
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

test("what takes another's place goes on with its work, and only where that was at work", async () => {
  const asked: string[] = [];
  const answer = (is: boolean) => async (unit: string) => {
    asked.push(unit);
    return is;
  };
  assert.deepEqual(await servingOn(["bird2", "chrony"], answer(true)), ["chrony"]);
  assert.deepEqual(await servingOn(["bird2", "chrony"], answer(false)), []);
  assert.deepEqual(asked, ["systemd-timesyncd.service", "systemd-timesyncd.service"]);
  // A successor whose service nobody can find would leave the machine without its clock.
  for (const name of Object.keys(SUCCESSORS)) assert.ok(SERVICES[name]?.length, name);
});
