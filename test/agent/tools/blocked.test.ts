// Port 53 outward dropped for real, by nftables in a namespace of the test's own: it says so, audits through a resolver, and tells
// what it cannot see from what is good.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { missing } from "./tree.ts";

const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
const whyNot = (): string | false => {
  if (missing.length > 0) return `not installed: ${missing.join(", ")}`;
  const probe = "ip link set lo up && nft list ruleset";
  const { status } = spawnSync("unshare", ["--net", "sh", "-c", probe], { env, stdio: "ignore" });
  return status === 0 ? false : "needs root, ip and nft for a namespace with a firewall";
};

test("an agency's firewall drops DNS outward: said by name; through the resolver the chain is judged, the rest is skipped", {
  skip: whyNot(),
}, () => {
  const inside = join(import.meta.dirname, "blocked-inside.ts");
  // With its processes in a namespace of their own, nothing outlives it.
  const args = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--", process.execPath, inside];
  const seen = JSON.parse(execFileSync("unshare", args, { env, encoding: "utf8" })) as Record<string, unknown>;
  assert.ok(Number(seen["dropped"]) > 0, "the firewall had something to drop");
  assert.equal(seen["alone"], "dns-blocked");
  assert.equal(seen["security"], "secure");
  assert.deepEqual(seen["skipped"], ["servers", "parent", "own-tests"]);
  assert.deepEqual(seen["tags"], []);
  assert.equal(seen["exitCode"], 0);
});
