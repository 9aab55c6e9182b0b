// `down` ends everything: no namespace, process, link, mount, nor state in /etc/netns or /run. The record is kept.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { mustLab, namespaceOf, RECORD, run, STACK, whyNoLab } from "../support/lab.ts";

const skip = whyNoLab() ?? false;
const PREFIX = namespaceOf("");

test("down leaves nothing behind", { skip, timeout: 180_000 }, async () => {
  await mustLab("down");
  const namespaces = (await run("ip", ["netns", "list"])).stdout.split("\n").filter((l) => l.startsWith(PREFIX));
  assert.deepEqual(namespaces, []);
  assert.equal(existsSync(`/run/vonggac/${STACK}`), false, "/run/vonggac is empty of it");
  if (existsSync("/etc/netns"))
    assert.deepEqual(
      readdirSync("/etc/netns").filter((n) => n.startsWith(PREFIX)),
      [],
    );
  assert.doesNotMatch(readFileSync("/proc/mounts", "utf8"), new RegExp(`/run/vonggac/${STACK}/|netns/${PREFIX}`));
  const left = readdirSync("/proc")
    .filter((p) => /^\d+$/.test(p))
    .filter((p) => {
      try {
        return readFileSync(`/proc/${p}/cmdline`, "utf8").includes(`/run/vonggac/${STACK}/`);
      } catch {
        return false;
      }
    });
  assert.deepEqual(left, [], "no process");
});

test("the record outlives down; --purge takes it too, and down of nothing succeeds", {
  skip,
  timeout: 60_000,
}, async () => {
  assert.ok(existsSync(RECORD), "the record is kept");
  await mustLab("down", "--purge");
  assert.equal(existsSync(RECORD), false);
});
