// The audit as an agent runs it, on real Knot servers and a real TLS server.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { createServer } from "node:tls";
import type { Endpoint, World } from "../../../agent/check.ts";
import { zoneAudit } from "../../../agent/checks/zone-audit.ts";
import { connectTls, exchangeTcp, streamTcp } from "../../../agent/world/connect.ts";
import { exchangeUdp } from "../../../agent/world/datagram.ts";
import { exchangePipelined } from "../../../agent/world/pipeline.ts";
import type { TargetOf } from "../../../protocol/target.ts";
import { expectFindings } from "../support/expect.ts";
import { Pki } from "../support/pki.ts";
import { worldOf } from "../support/world.ts";
import { AT, missing, Tree, ZONE } from "../tools/tree.ts";

const pki = new Pki();
const root = pki.root("root");
const leaf = pki.issue(root, `www.${ZONE}`, `subjectAltName=DNS:www.${ZONE}`);
const der = new X509Certificate(leaf.certificate).raw;
const tlsa = (digest: string) => `_443._tcp.www 300 TLSA 3 0 1 ${digest}\n`;
const RIGHT = createHash("sha256").update(der).digest("hex");

describe("the audit of a zone", { skip: missing.length > 0 && `needs ${missing.join(", ")}` }, () => {
  const tree = new Tree();
  const web = createServer({ key: leaf.key, cert: leaf.certificate });
  let anchors = "";
  before(async () => {
    await tree.start(
      (text) =>
        text.replace("192.0.2.80", "127.0.0.1").replace("2001:db8::80", "::1") + tlsa(RIGHT) + tlsa("ab".repeat(32)),
    );
    anchors = readFileSync(tree.anchor, "utf8");
    web.on("secureConnection", (socket) => socket.on("error", () => {}));
    await new Promise<void>((resolve) => web.listen(0, "::", resolve));
  });
  after(async () => {
    web.close();
    await tree.stop();
  });

  /** The ports of the world lead to the tree's and the web server's own. */
  const world = (): World => {
    const dns = ({ address }: Endpoint) => ({ address, port: tree.port });
    return worldOf({
      now: Date.now,
      exchangeUdp: (to, query, accepts, ms) => exchangeUdp(dns(to), query, accepts, ms),
      exchangeTcp: (to, query, ms) => exchangeTcp(dns(to), query, ms),
      exchangePipelined: (to, query, ms) => exchangePipelined(dns(to), query, ms),
      streamTcp: (to, query, take, ms) => streamTcp(dns(to), query, take, ms),
      connectTls: ({ address }, name, roots, ms) =>
        connectTls({ address, port: (web.address() as { port: number }).port }, name, roots, ms),
    });
  };
  const target = (more: Partial<TargetOf<"zone-audit">["expects"]> = {}): TargetOf<"zone-audit"> => ({
    id: "core1/zone-audit/x",
    agency: "dc1",
    agent: "core1",
    asset: "zone:x",
    everyMs: 180_000,
    kind: "zone-audit",
    expects: {
      zone: ZONE,
      servers: [{ name: `ns1.${ZONE}`, address: AT.ns1, asset: "ns1" }],
      names: ["A", "AAAA"].map((type) => ({ name: `www.${ZONE}`, type })),
      warnFraction: 0.25,
      hints: [{ name: "a.root.", addresses: [AT.root] }],
      anchors,
      holds: { caa: true },
      ...more,
    },
  });
  const run = (more: Partial<TargetOf<"zone-audit">["expects"]> = {}) => zoneAudit.run(target(more), world());

  test("a healthy zone has no finding, also with TLSA and CAA looked at", async () => {
    const outcome = await run();
    expectFindings(outcome, []);
    assert.deepEqual("facts" in outcome && outcome.facts, { chain: "secure", reason: "validated", servers: 3 });
  });

  test("what the check `zone` says is left to it; what only the audit sees is said", async () => {
    tree.reload("ns2", tree.signed.replace(/^(www\S+\s+\d+\s+A\s+)\S+/m, "$1192.0.2.66"));
    expectFindings(await run(), []);
    expectFindings(await run({ names: [] }), [`ZONE_SIGNATURE_BOGUS www.${ZONE}./A`]);
    tree.reload("ns2", tree.signed);
  });

  test("with its own key it reads the zone whole, below the apex too; a key that is not taken is said and no finding", async () => {
    const key = readFileSync(tree.transferKey, "utf8");
    tree.reload("ns2", tree.signed.replace(/^(www\S+\s+\d+\s+A\s+)\S+/m, "$1192.0.2.66"));
    const before = await zoneAudit.run(target({ names: [] }), { ...world(), transferKey: () => key });
    tree.reload("ns2", tree.signed);
    expectFindings(before, [`ZONE_SIGNATURE_BOGUS www.${ZONE}./A`]);
    const other = key.replace(/secret: ../, "secret: AA");
    const outcome = await zoneAudit.run(target(), { ...world(), transferKey: () => other });
    expectFindings(outcome, []);
    assert.equal("facts" in outcome && outcome.facts?.["transfer"], "key-refused");
    await assert.rejects(zoneAudit.run(target(), { ...world(), transferKey: () => "no key" }), /no key in the form/);
  });

  test("a record that the plan wants and no server has", async () => {
    const names = [{ name: `mail.${ZONE}`, type: "A" }];
    expectFindings(await run({ names }), [`ZONE_RECORD_MISSING mail.${ZONE}./A`]);
  });

  test("no root server in reach: skipped, and nothing is said of the zone", async () => {
    const outcome = await run({ hints: [{ name: "a.root.", addresses: ["127.0.200.1"] }] });
    assert.ok("skipped" in outcome && /root server/.test(outcome.skipped));
  });
});

describe("a certificate changed behind its TLSA record", { skip: missing.length > 0 && "needs Knot" }, () => {
  const tree = new Tree();
  before(() =>
    tree.start(
      (text) => text.replace("192.0.2.80", "127.0.0.1").replace("2001:db8::80", "::1") + tlsa("00".repeat(32)),
    ),
  );
  after(() => tree.stop());

  test("is told of each address", async () => {
    const web = createServer({ key: leaf.key, cert: leaf.certificate });
    web.on("secureConnection", (socket) => socket.on("error", () => {}));
    await new Promise<void>((resolve) => web.listen(0, "::", resolve));
    const { checkDnssec } = await import("../../../agent/tools/dnssec.ts");
    const { makeWorld } = await import("../../../agent/world/index.ts");
    const port = (web.address() as { port: number }).port;
    const wires = {
      ...makeWorld(),
      connectTls: ({ address }: Endpoint, name: string) => connectTls({ address, port }, name, "", 2_000),
    };
    const report = await checkDnssec({ zone: ZONE, ...tree.way }, wires).finally(() => web.close());
    assert.deepEqual(report.findings.map(({ tag, subject }) => `${tag} ${subject}`).sort(), [
      `ZONE_TLSA_MISMATCH _443._tcp.www.${ZONE}. 127.0.0.1`,
      `ZONE_TLSA_MISMATCH _443._tcp.www.${ZONE}. ::1`,
    ]);
  });
});
