// The check `resolver` where a real Unbound answers, one that does not validate, one without IPv6, and a rule of the kernel's that
// redirects port 53: in a network namespace of its own, so that port 53 is port 53.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { promisify } from "node:util";
import fc from "fast-check";
import type { Outcome } from "../../../agent/check.ts";
import { parseAddress } from "../../../agent/wire/address.ts";
import { parseResolvConf } from "../../../agent/wire/resolv-conf.ts";
import { missing, ZONE } from "../support/dns.ts";
import { expectFindings } from "../support/expect.ts";

const SCENE = join(import.meta.dirname, "..", "support", "resolver-scene.ts");
const INSIDE = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];

function why(): string | false {
  if (missing.length > 0) return `needs ${missing.join(", ")}`;
  if (process.getuid?.() !== 0) return "needs root";
  try {
    execFileSync("unshare", [...INSIDE, "nft", "list", "ruleset"], { stdio: "ignore" });
    return false;
  } catch {
    return "needs network namespaces and nft";
  }
}

describe("a host's own resolver", { skip: why() }, () => {
  let seen: Record<string, Outcome> = {};
  before(async () => {
    const { stdout } = await promisify(execFile)("unshare", [...INSIDE, process.execPath, SCENE], { timeout: 60_000 });
    seen = JSON.parse(stdout) as Record<string, Outcome>;
  });
  const evidenceOf = (scene: string, tag: string) => {
    const outcome = seen[scene]!;
    assert.ok("findings" in outcome);
    return outcome.findings.find((finding) => finding.tag === tag)?.evidence;
  };
  const rows: Record<string, string[]> = {
    "all is as planned": [],
    "told to ask another": ["RESOLVER_NOT_AS_PLANNED resolv.conf"],
    "told to ask nobody": ["RESOLVER_NOT_AS_PLANNED resolv.conf"],
    "port 53 redirected to a resolver that does not validate": [
      `RESOLVER_ACCEPTS_BOGUS ns1.${ZONE}`,
      "RESOLVER_HIJACKED 10.53.0.1",
      "RESOLVER_HIJACKED 10.53.0.7",
      "RESOLVER_HIJACKED fd53::1",
      "RESOLVER_HIJACKED fd53::7",
      `RESOLVER_NOT_VALIDATING www.${ZONE}/A`,
    ],
    "port 53 redirected to a resolver that validates as well": [
      "RESOLVER_HIJACKED 10.53.0.1",
      "RESOLVER_HIJACKED 10.53.0.7",
      "RESOLVER_HIJACKED fd53::1",
      "RESOLVER_HIJACKED fd53::7",
    ],
    "silent over IPv4": ["RESOLVER_ONE_FAMILY 10.53.0.1"],
    "a resolver without IPv6": [`RESOLVER_NO_IPV6_ONLY far.${ZONE}`],
  };
  for (const [scene, expected] of Object.entries(rows)) {
    test(scene, () => expectFindings(seen[scene]!, expected));
  }
  test("what is said of a server that nobody planned", () => {
    const evidence = evidenceOf("told to ask another", "RESOLVER_NOT_AS_PLANNED")!;
    assert.deepEqual(evidence["unplanned"], ["10.53.0.9"]);
    assert.deepEqual(evidence["notValidating"], ["10.53.0.9"]);
    assert.deepEqual(evidence["acceptsBogus"], ["10.53.0.9"]);
    assert.deepEqual(evidence["silent"], []);
  });
});

describe("resolv.conf", () => {
  test("servers in order; comments, options and what is no address left out", () => {
    const text =
      "# nameserver 192.0.2.1\nsearch example\nnameserver 2001:db8::1\nnameserver\t192.0.2.2 # two\nnameserver x\nnameserver fe80::1%eth0\n";
    assert.deepEqual(parseResolvConf(text), ["2001:db8::1", "192.0.2.2", "fe80::1"]);
  });
  test("whatever it says, addresses come out, and few", () => {
    const line = fc.oneof(
      fc.string(),
      fc.ipV4().map((a) => `nameserver ${a}`),
      fc.ipV6().map((a) => `nameserver ${a}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const servers = parseResolvConf(lines.join("\n"));
        assert.ok(servers.length <= 16);
        for (const server of servers) assert.ok(parseAddress(server));
      }),
    );
  });
});
