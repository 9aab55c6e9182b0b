// What a person sees of a signed tree on real servers: the chain as a tree, each server, what is wrong, and the exit code.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { missing, Tree, ZONE } from "../../agent/tools/tree.ts";

const MAIN = path.resolve(import.meta.dirname, "../../../cli/vonggac.mjs");

describe("vonggac check dnssec", { skip: missing.length > 0 && `needs ${missing.join(", ")}` }, () => {
  const tree = new Tree();
  before(() => tree.start());
  after(() => tree.stop());
  const check = (...more: string[]): Promise<{ code: number; out: string }> =>
    new Promise((resolve) => {
      const way = ["--hints", tree.hints, "--anchor", tree.anchor, "--port", String(tree.port)];
      const env = { PATH: process.env["PATH"], LC_ALL: "C" };
      execFile(process.execPath, [MAIN, "check", "dnssec", ZONE, ...way, ...more], { env }, (error, out) =>
        resolve({ code: error ? Number(error.code) : 0, out }),
      );
    });

  test("healthy: each zone under the one above, keys with what vouches for them, servers, code 0", async () => {
    const { code, out } = await check();
    assert.equal(code, 0, out);
    assert.match(out, /^✓ root \(\.\) {2}secure$/m);
    assert.match(out, /^└─ ✓ vn\. {2}secure$/m);
    assert.match(out, new RegExp(`^ {3}└─ ✓ ${ZONE}\\. {2}secure$`, "m"));
    assert.match(out, /KSK \d+ ECDSAP256SHA256 \(13\) ← DS/);
    assert.match(
      out,
      /✓ ns1\.camau\.vn\. ::1 {2}serial 1, signatures good on (\d+) of \1 record sets, first one ends 20/,
    );
    assert.match(out, /keys signed until 20\S+ \S+Z \(1[34](\.\d)? days left\)/);
    assert.match(out, /Nothing wrong was found\./);
    assert.match(out, /\n✓ chain of trust: secure\n$/);
  });

  test("after the signatures' end, in Vietnamese: what is wrong, how bad, what to do, code 2", async () => {
    const { code, out } = await check("--at", "2038-01-01", "--lang", "vi");
    assert.equal(code, 2, out);
    assert.match(out, /✗ gốc \(\.\) {2}sai: /);
    assert.match(
      out,
      /\[Nghiêm trọng\] Việc ký vùng tên miền đã ngừng\n.*ZONE_SIGNER_STOPPED {3}RFC 6781[^\n]*\n[^\n]*\n {6}→ Hầu hết chữ ký/,
    );
    assert.match(out, /Bỏ qua, chưa rõ tốt hay xấu:/);
    assert.match(out, /\n✗ tổng số phát hiện: \d+ nghiêm trọng/);
    assert.doesNotMatch(out, / and |days|expired|bogus/);
  });

  test("a whole chain with a record that is wrong at one server: the last line is not the good news", async () => {
    tree.reload("ns2", tree.signed.replace(/^(www\S+\s+\d+\s+A\s+)\S+/m, "$1192.0.2.66"));
    const { code, out } = await check("--own");
    tree.reload("ns2", tree.signed);
    assert.equal(code, 2, out);
    assert.match(out, /\n✓ chain of trust: secure\n✗ findings in all: 1 critical\n$/);
  });

  test("as JSON: the same in fields", async () => {
    const report = JSON.parse((await check("--json")).out);
    assert.deepEqual([report.zone, report.exitCode, report.chain.length, report.findings], [`${ZONE}.`, 0, 3, []]);
  });
});
