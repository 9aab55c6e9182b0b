// The DNSSEC tool against a signed tree on real Knot servers, and a real Unbound in front of it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { checkDnssec, type DnssecReport } from "../../../agent/tools/dnssec.ts";
import type { DnssecRequest } from "../../../agent/tools/dnssec-input.ts";
import { ToolError } from "../../../agent/tools/errors.ts";
import { makeWorld } from "../../../agent/world/index.ts";
import { AT, missing, Tree, ZONE } from "./tree.ts";

const world = makeWorld();
const fails = (request: Partial<DnssecRequest>, code: string) =>
  assert.rejects(
    checkDnssec({ zone: ZONE, ...request }, world),
    (error) => error instanceof ToolError && error.code === code && error.where !== "",
  );

describe("what a person mistypes has a name, and nothing is sent", () => {
  test("zone", () => fails({ zone: "a..b" }, "zone-name-invalid"));
  test("no zone", () => fails({ zone: "" }, "zone-name-invalid"));
  test("server", () => fails({ server: ["ns1.example"] }, "address-invalid"));
  test("resolver", () => fails({ resolver: "192.0.2" }, "address-invalid"));
  test("time", () => fails({ at: "tomorrow" }, "time-invalid"));
  test("anchor file", () => fails({ anchor: "/nonexistent" }, "file-unreadable"));
  test("anchors that are none", () => fails({ anchor: import.meta.filename }, "anchor-invalid"));
  test("hints that are none", () => fails({ hints: import.meta.filename }, "hints-invalid"));
  test("transfer key that is none", () => fails({ transferKey: import.meta.filename }, "key-invalid"));
  test("both ways at once", () => fails({ server: ["::1"], resolver: "::1" }, "options-conflict"));
});

describe("a signed tree", { skip: missing.length > 0 && `needs ${missing.join(", ")}` }, () => {
  const tree = new Tree();
  before(() => tree.start());
  after(() => tree.stop());
  const look = (more: Partial<DnssecRequest> = {}): Promise<DnssecReport> =>
    checkDnssec({ zone: ZONE, ...tree.way, ...more }, world);
  const tags = (report: DnssecReport) => report.findings.map(({ tag }) => tag).sort();

  test("healthy: the whole chain, every server in both families, nothing wrong, code 0", async () => {
    const report = await look();
    assert.deepEqual(report.findings, []);
    assert.deepEqual(
      report.chain.map(({ zone, state, anchor, ds, keys }) => [zone, state, anchor, ds.length > 0, keys.length]),
      [
        [".", "secure", true, false, 2],
        ["vn.", "secure", false, true, 2],
        [`${ZONE}.`, "secure", false, true, 2],
      ],
    );
    assert.deepEqual(report.servers.map(({ address, answers }) => `${address} ${answers}`).sort(), [
      `${AT.ns1} true`,
      `${AT.ns2} true`,
      "::1 true",
    ]);
    assert.deepEqual([report.exitCode, report.skipped], [0, ["own-tests"]]);
  });

  test("one's own: the names below the apex come from the NSEC chain, and their signatures are looked at", async () => {
    const [own, others] = [await look({ own: true }), await look()];
    assert.deepEqual([own.findings, own.skipped, own.exitCode], [[], [], 0]);
    assert.equal(own.servers[0]!.rrsets, others.servers[0]!.rrsets + 2, "www in both families");
  });

  test("with the key of its transfers: the same names come by a signed transfer; a wrong key is said", async () => {
    const [byKey, byWalk] = [await look({ transferKey: tree.transferKey }), await look({ own: true })];
    assert.deepEqual([byKey.findings, byKey.skipped, byKey.exitCode], [[], [], 0]);
    assert.equal(byKey.servers[0]!.rrsets, byWalk.servers[0]!.rrsets);
    const other = join(tree.dir, "other.key");
    writeFileSync(other, `hmac-sha256:transfer:${Buffer.alloc(32, 7).toString("base64")}\n`);
    assert.deepEqual((await look({ transferKey: other })).skipped, ["transfer-refused"]);
  });

  test("a name in the zone: its zone is audited with it; one that is not there is told", async () => {
    const report = await look({ zone: `www.${ZONE}` });
    assert.deepEqual([report.name, report.zone, report.exitCode], [`www.${ZONE}.`, `${ZONE}.`, 0]);
    await fails({ ...tree.way, zone: `nobody.${ZONE}` }, "name-missing");
  });

  test("at a later time: what will have happened if nothing is done", async () => {
    const report = await look({ at: new Date(Date.now() + 60 * 86_400_000).toISOString() });
    assert.equal(report.exitCode, 2);
    assert.equal(report.verdict.reason, "signature-expired");
    assert.ok(tags(report).includes("ZONE_SIGNER_STOPPED"));
  });

  test("one server by its address", async () => {
    const report = await look({ server: [AT.ns2] });
    assert.deepEqual(
      report.servers.map(({ name, address }) => `${name} ${address}`),
      [`ns2.${ZONE}. ${AT.ns2}`],
    );
    assert.deepEqual(report.findings, [], "that others exist is known from the delegation");
  });

  test("through a resolver: what it passes on is judged here; what it hides is skipped, not good", async () => {
    const report = await look({ resolver: await tree.resolver() });
    assert.deepEqual([report.findings, report.verdict.security, report.exitCode], [[], "secure", 0]);
    assert.deepEqual(report.skipped, ["servers", "parent", "own-tests"]);
    assert.deepEqual(
      report.servers.map(({ address }) => address),
      ["127.0.9.53"],
    );
  });

  test("a record changed under its signature is named, with both lists of servers left out of it", async () => {
    tree.reload("ns1", tree.signed.replace(/^(www\S+\s+\d+\s+A\s+)\S+/m, "$1192.0.2.66"));
    const report = await look({ own: true });
    tree.reload("ns1", tree.signed);
    assert.deepEqual(tags(report), ["ZONE_SIGNATURE_BOGUS"]);
    assert.equal(report.findings[0]!.subject, `www.${ZONE}./A`);
    assert.equal(report.exitCode, 2);
  });

  test("an anchor that fits nothing: bogus from the root on", async () => {
    const wrong = join(tree.dir, "wrong");
    writeFileSync(wrong, `. IN DS 1 13 2 ${"00".repeat(32)}\n`);
    const report = await look({ anchor: wrong });
    assert.deepEqual([report.verdict.reason, report.verdict.where.zone, report.exitCode], ["ds-mismatch", ".", 2]);
  });

  test("no root server there: said so, unless servers and an anchor of the zone's own are given", async () => {
    const nowhere = join(tree.dir, "nowhere");
    writeFileSync(nowhere, ". 300 NS a.root.\na.root. 300 A 127.0.200.1\n");
    await fails({ ...tree.way, hints: nowhere }, "dns-blocked");
    const blind = await look({ hints: nowhere, server: [AT.ns1] });
    assert.deepEqual([blind.findings, blind.skipped.includes("chain"), blind.exitCode], [[], true, 1]);
    const key = join(tree.dir, "key");
    writeFileSync(key, `${tree.signed.match(/^.*\sDNSKEY\s+257 .*$/m)![0]}\n`);
    const private_ = await look({ hints: nowhere, server: [AT.ns1], anchor: key });
    assert.deepEqual([private_.findings, private_.verdict.security, private_.exitCode], [[], "secure", 0]);
  });

  test("somebody else answers in the root's place: intercepted", () =>
    fails({ ...tree.way, hints: hintsTo(tree, AT.ns1) }, "dns-intercepted"));

  test("a resolver that is silent", () => fails({ ...tree.way, resolver: "127.0.200.1" }, "resolver-silent"));
});

function hintsTo(tree: Tree, address: string): string {
  const path = join(tree.dir, "elsewhere");
  writeFileSync(path, `. 300 NS a.root.\na.root. 300 A ${address}\n`);
  return path;
}
