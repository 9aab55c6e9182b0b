/** Trust anchors: what is shipped, what a file may hold, and which anchor governs a name. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parseDs } from "../../../../../agent/wire/dns/dnskey.ts";
import { anchorFor, ROOT_ANCHORS, readAnchors } from "../../../../../agent/wire/dns/validator/anchors.ts";

const DS = `DS 1 13 2 ${"00".repeat(32)}`;

test("the root's keys of 2017 and 2024 are shipped", () => {
  const [root] = readAnchors(ROOT_ANCHORS).anchors;
  assert.equal(root!.zone, ".");
  assert.deepEqual(
    root!.ds.map((rdata) => parseDs(rdata)!.keyTag),
    [20326, 38696],
  );
});

const DEBIAN = "/usr/share/dns/root.ds";
test("they are those of Debian's dns-root-data", { skip: existsSync(DEBIAN) ? false : `${DEBIAN} is not here` }, () => {
  const shipped = new Set(readAnchors(ROOT_ANCHORS).anchors[0]!.ds.map((rdata) => Buffer.from(rdata).toString("hex")));
  const debian = readAnchors(readFileSync(DEBIAN, "utf8")).anchors[0]!.ds;
  assert.ok(debian.length > 0);
  for (const rdata of debian) assert.ok(shipped.has(Buffer.from(rdata).toString("hex")));
});

describe("which anchor governs", () => {
  const anchors = readAnchors(`. IN ${DS}\nvn. IN ${DS}\nvn. IN DNSKEY 257 3 15 AAAA`, ["lab.camau.vn"]);
  const rows: readonly (readonly [string, string])[] = [
    ["example.com.", "anchor ."],
    ["vn.", "anchor vn."],
    ["www.camau.vn.", "anchor vn."],
    ["a.lab.camau.vn.", "negative lab.camau.vn."],
    ["xvn.", "anchor ."],
  ];
  for (const [name, expected] of rows) {
    test(`${name}: ${expected}`, () => {
      const found = anchorFor(anchors, name)!;
      assert.equal("anchor" in found ? `anchor ${found.anchor.zone}` : `negative ${found.negative}`, expected);
    });
  }
  test("DS and DNSKEY of one zone are one anchor", () => {
    const vn = anchors.anchors.find((one) => one.zone === "vn.")!;
    assert.deepEqual([vn.ds.length, vn.dnskeys.length], [1, 1]);
  });
  test("an anchor below a negative one wins", () => {
    const both = readAnchors(`a.lab.vn. IN ${DS}\n. IN ${DS}`, ["lab.vn"]);
    assert.ok("anchor" in anchorFor(both, "x.a.lab.vn.")!);
    assert.ok("negative" in anchorFor(both, "x.lab.vn.")!);
  });
  test("nothing governs without anchors", () => assert.equal(anchorFor(readAnchors(""), "vn."), undefined));
});

test("what is no anchor is refused", () => {
  assert.throws(() => readAnchors("vn. IN A 192.0.2.1"), /DS or DNSKEY/);
  assert.throws(() => readAnchors("vn. IN DS 1 13"), /bad-text|missing/);
});
