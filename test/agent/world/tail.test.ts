import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AgentError } from "../../../agent/errors.ts";
import { makeTail } from "../../../agent/world/tail.ts";

const dir = mkdtempSync(join(tmpdir(), "tail-"));
after(() => rmSync(dir, { recursive: true }));
let n = 0;
const fresh = () => join(dir, `log-${n++}`);

test("what is old is not news; what is appended is, in whole lines", () => {
  const path = fresh();
  writeFileSync(path, "old\n");
  const tail = makeTail(path, undefined);
  assert.deepEqual(tail.read().lines, []);
  appendFileSync(path, "one\ntw");
  assert.deepEqual(tail.read().lines, ["one"]);
  appendFileSync(path, "o\n");
  assert.deepEqual(tail.read().lines, ["two"]);
  tail.close();
});

test("rotation: the old file to its end, then the new one from its beginning", () => {
  const path = fresh();
  writeFileSync(path, "");
  const tail = makeTail(path, undefined);
  tail.read();
  appendFileSync(path, "before\n");
  renameSync(path, `${path}.1`);
  appendFileSync(`${path}.1`, "still the old one\n");
  writeFileSync(path, "after\n");
  assert.deepEqual(tail.read().lines, ["before", "still the old one", "after"]);
  appendFileSync(path, "more\n");
  assert.deepEqual(tail.read().lines, ["more"]);
  tail.close();
});

test("truncation begins anew, and drops the half line", () => {
  const path = fresh();
  writeFileSync(path, "");
  const tail = makeTail(path, undefined);
  tail.read();
  appendFileSync(path, "a long line that is there\nhalf");
  tail.read();
  truncateSync(path);
  appendFileSync(path, "new\n");
  assert.deepEqual(tail.read().lines, ["new"]);
  tail.close();
});

test("a file that is missing is named, and read from its beginning when it comes", () => {
  const path = fresh();
  const tail = makeTail(path, undefined);
  assert.throws(
    () => tail.read(),
    (e) => e instanceof AgentError && e.code === "log-unreadable",
  );
  writeFileSync(path, "first\n");
  assert.deepEqual(tail.read().lines, ["first"]);
  tail.close();
});

test("a restart goes on behind the last whole line", () => {
  const path = fresh();
  writeFileSync(path, "");
  const before = makeTail(path, undefined);
  before.read();
  appendFileSync(path, "one\nhal");
  const { cursor } = before.read();
  before.close();
  appendFileSync(path, "f\nthree\n");
  const later = makeTail(path, cursor);
  assert.deepEqual(later.read().lines, ["half", "three"]);
  later.close();
  // Another file under the name: all of it is news.
  rmSync(path);
  writeFileSync(path, "rotated while away\n");
  const again = makeTail(path, { ...cursor!, inode: "0:0" });
  assert.deepEqual(again.read().lines, ["rotated while away"]);
  again.close();
});

test("a flood is read in bounded parts, and nothing of it is lost", () => {
  const path = fresh();
  writeFileSync(path, "");
  const tail = makeTail(path, undefined);
  tail.read();
  const line = `${"x".repeat(99)}\n`;
  appendFileSync(path, line.repeat(30_000));
  let seen = 0;
  let calls = 0;
  for (let got = -1; got !== 0; calls++) {
    got = tail.read().lines.length;
    assert.ok(got <= 12_000);
    seen += got;
  }
  assert.equal(seen, 30_000);
  assert.ok(calls > 2);
  tail.close();
});
