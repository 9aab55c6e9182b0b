// Checks over facts of the kernel: link, datacentre, ipv6. The facts are the test's; world/kernel.test.ts reads real ones.
import assert from "node:assert/strict";
import { test } from "node:test";
import { datacentre } from "../../../agent/checks/datacentre.ts";
import { ipv6 } from "../../../agent/checks/ipv6.ts";
import { link } from "../../../agent/checks/link.ts";
import type { TargetOf } from "../../../protocol/target.ts";
import { expectFindings } from "../support/expect.ts";
import { kernelOf, worldOf } from "../support/world.ts";

const head = { id: "t", agency: "a", agent: "hub1", asset: "hub1~so", everyMs: 500 };
const reached = async () => ({ ok: true as const });
const lost = async () => ({ ok: false as const, why: "timeout" as const, detail: "" });

const linkTarget: TargetOf<"link"> = {
  ...head,
  kind: "link",
  expects: {
    device: "so",
    sessions: [
      { local: "10.0.0.1", peer: "10.0.0.2" },
      { local: "2001:db8::1", peer: "2001:DB8::2" },
    ],
  },
};
const both: [string, string][] = [
  ["10.0.0.1", "10.0.0.2"],
  ["2001:db8::1", "2001:db8::2"],
];

test("link: device and sessions", async () => {
  const run = (devices: Parameters<typeof kernelOf>[0]["devices"], sessions: [string, string][]) =>
    link.run(linkTarget, worldOf({ kernel: kernelOf({ devices: devices ?? {}, sessions }) }));
  expectFindings(await run({ so: "running" }, both), []);
  expectFindings(await run({ so: "running" }, both.slice(1)), ["LINK_SESSION_LOST 10.0.0.2"]);
  expectFindings(await run({ so: "running" }, []), ["LINK_SESSION_LOST 10.0.0.2", "LINK_SESSION_LOST 2001:DB8::2"]);
  // The other way round is another session.
  expectFindings(await run({ so: "running" }, [["10.0.0.2", "10.0.0.1"], both[1]!]), ["LINK_SESSION_LOST 10.0.0.2"]);
  expectFindings(await run({ so: "no-carrier" }, []), ["LINK_NO_CARRIER so"]);
  expectFindings(await run({ so: "down" }, both), ["LINK_NO_CARRIER so"]);
  expectFindings(await run({}, []), ["LINK_DEVICE_MISSING so"]);
});

test("link: without BGP the sessions are not even looked at", async () => {
  const plain = { ...linkTarget, expects: { device: "so", sessions: [] } };
  expectFindings(await link.run(plain, worldOf({ kernel: { device: () => "running" } })), []);
});

const dcTarget: TargetOf<"datacentre"> = {
  ...head,
  kind: "datacentre",
  expects: {
    probes: [
      { address: "10.0.0.10", port: 443 },
      { address: "2001:db8::10", port: 443 },
    ],
    paths: [
      { device: "hub1", link: "hub1~so", hub: "hub1" },
      { device: "hub2", link: "hub2~so", hub: "hub2" },
    ],
  },
};

test("datacentre: reached, and by which way", async () => {
  const run = async (routes: [string, string, object?][], connectTcp: typeof reached | typeof lost = reached) =>
    datacentre.run(dcTarget, worldOf({ kernel: kernelOf({ routes }), connectTcp }));
  const first = await run([
    ["0.0.0.0/0", "hub1"],
    ["::/0", "hub1"],
  ]);
  expectFindings(first, []);
  assert.deepEqual("facts" in first && first.facts, { path: "hub1~so", hub: "hub1" });
  const apart = await run([
    ["10.0.0.0/8", "hub2"],
    ["0.0.0.0/0", "isp"],
    ["::/0", "hub1"],
  ]);
  expectFindings(apart, []);
  assert.deepEqual("facts" in apart && apart.facts, { path: ["hub2~so", "hub1~so"], hub: ["hub2", "hub1"] });
  expectFindings(
    await run([
      ["0.0.0.0/0", "isp"],
      ["::/0", "hub1"],
    ]),
    ["DC_PATH_NOT_DEDICATED 10.0.0.10 443"],
  );
  expectFindings(await run([], lost), ["DC_UNREACHABLE 10.0.0.10 443", "DC_UNREACHABLE 2001:db8::10 443"]);
  const refusing: [string, string, object][] = [["0.0.0.0/0", "*", { rejects: true }]];
  expectFindings(await run([...refusing, ["::/0", "hub1"]], lost), [
    "DC_UNREACHABLE 10.0.0.10 443",
    "DC_UNREACHABLE 2001:db8::10 443",
  ]);
});

const v6Target: TargetOf<"ipv6"> = {
  ...head,
  kind: "ipv6",
  expects: { prefix: "2001:db8:1::/48", service: { name: "portal", address: "2001:db8::10", port: 443 } },
};

test("ipv6: address, default route, service", async () => {
  const run = (addresses: [string, string][], routes: [string, string, object?][], connectTcp = reached as never) =>
    ipv6.run(v6Target, worldOf({ kernel: kernelOf({ addresses, routes }), connectTcp }));
  const good: [string, string][] = [["lo", "2001:db8:1::1"]];
  expectFindings(await run(good, [["::/0", "hub1"]]), []);
  expectFindings(await run([["lo", "2001:db8:2::1"]], [["::/0", "hub1"]]), ["IPV6_ADDRESS_MISSING 2001:db8:1::/48"]);
  expectFindings(await run(good, [["2000::/3", "hub1"]]), ["IPV6_NO_DEFAULT_ROUTE ::/0"]);
  expectFindings(await run(good, [["::/0", "lo", { rejects: true }]]), ["IPV6_NO_DEFAULT_ROUTE ::/0"]);
  expectFindings(await run(good, [["::/0", "hub1"]], lost as never), ["IPV6_SERVICE_UNREACHABLE portal 443"]);
  expectFindings(await run([], [], lost as never), [
    "IPV6_ADDRESS_MISSING 2001:db8:1::/48",
    "IPV6_NO_DEFAULT_ROUTE ::/0",
    "IPV6_SERVICE_UNREACHABLE portal 443",
  ]);
});

test("an expectation that is no address is a broken run, not a finding", async () => {
  const wrong = { ...v6Target, expects: { ...v6Target.expects, prefix: "not a prefix" } };
  await assert.rejects(
    ipv6.run(wrong, worldOf({ kernel: kernelOf({}), connectTcp: reached })),
    /not a prefix: not a prefix/,
  );
});
