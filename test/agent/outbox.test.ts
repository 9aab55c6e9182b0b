import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import type { AgentError } from "../../agent/errors.ts";
import { type Entry, MAX_ITEM_BYTES, Outbox } from "../../agent/outbox.ts";
import type { Detection, Report } from "../../protocol/finding.ts";

const dir = mkdtempSync(join(tmpdir(), "outbox-"));
after(() => rmSync(dir, { recursive: true }));
let n = 0;
const freshPath = () => join(dir, `${n++}.db`);

const report = (id: string): Report => ({
  type: "report",
  check: "link",
  target: id,
  at: 1,
  tookMs: 1,
  outcome: "ran",
  findings: [],
});
const detection = (id: string): Detection => ({
  type: "detection",
  id,
  detector: "d",
  target: "t",
  at: 1,
  class: "x",
  severity: "high",
  count: 1,
  evidence: {},
});
const open = (path: string, limit = 1_000, troubles: string[] = [], now = Date.now) =>
  new Outbox({ path, limit, now, onTrouble: (t: AgentError) => troubles.push(t.code) });
const words = (entries: readonly Entry[]) =>
  entries.map((e) =>
    "lostTo" in e ? `${e.seq}-${e.lostTo} lost` : `${e.seq} ${e.item.type === "report" ? e.item.target : e.item.id}`,
  );

test("seqs are given at first sending, detections ahead, and stay", () => {
  const path = freshPath();
  const box = open(path);
  box.put([report("a"), detection("D"), report("b")]);
  assert.deepEqual(words(box.flush(2)), ["1 D", "2 a"]);
  box.put([detection("E")]);
  box.close();
  const again = open(path);
  assert.equal(again.epoch, box.epoch);
  assert.deepEqual(words(again.resume(1).again), ["2 a"]);
  assert.deepEqual(words(again.flush(10)), ["3 E", "4 b"]);
  again.ack(4);
  assert.equal(again.inFlight, 0);
  assert.equal(again.hasUnsent, false);
  again.close();
});

test("overflow drops the oldest unsent reports, then detections, never what was sent; the gap tells how many", () => {
  const box = open(freshPath(), 4);
  box.put([report("a"), report("b")]);
  assert.deepEqual(words(box.flush(1)), ["1 a"]);
  box.put([report("c"), report("d"), detection("D"), report("e")]);
  box.flush(0);
  assert.deepEqual(words(box.flush(10)), ["2-3 lost", "4 D", "5 d", "6 e"]);
  const only = open(freshPath(), 2);
  only.put([detection("D"), detection("E"), detection("F"), report("x")]);
  assert.deepEqual(words(only.flush(10)), ["1-2 lost", "3 E", "4 F"]);
  box.close();
  only.close();
});

test("a console that went back gets a gap for what is gone; one that is ahead, a new epoch", () => {
  const troubles: string[] = [];
  const box = open(freshPath(), 100, troubles);
  box.put(["a", "b", "c"].map(report));
  box.flush(10);
  box.ack(2);
  box.flush(0);
  const back = box.resume(0);
  assert.deepEqual(words(back.again), ["3 c"]);
  assert.deepEqual(back.lost, { from: 1, to: 2 });
  const { epoch } = box;
  box.put([report("unsent")]);
  box.flush(0);
  assert.equal(box.resume(9).rolledBack, true);
  assert.ok(box.epoch > epoch);
  assert.deepEqual(troubles, ["outbox-rolled-back"]);
  assert.deepEqual(words(box.flush(10)), ["1 unsent"]);
  box.close();
});

test("a new epoch sends again what was sent and not acked", () => {
  const box = open(freshPath());
  box.put(["a", "b", "c"].map(report));
  box.flush(10);
  box.ack(1);
  box.newEpoch();
  assert.deepEqual(words(box.flush(10)), ["1 b", "2 c"]);
  box.close();
});

test("cursors become durable with their detections", () => {
  const path = freshPath();
  const box = open(path);
  const place = { inode: "1:2", offset: 77, memory: "[]", at: 5 };
  box.put([detection("D")], { log: place, bare: { inode: "1:3", offset: 1 } });
  assert.equal(box.cursor("log"), undefined);
  box.flush(0);
  box.close();
  const again = open(path);
  assert.deepEqual(again.cursor("log"), place);
  assert.deepEqual(again.cursor("bare"), { inode: "1:3", offset: 1 });
  again.close();
});

test("an item beyond the bound is dropped by name", () => {
  const troubles: string[] = [];
  const box = open(freshPath(), 10, troubles);
  box.put([{ ...report("big"), outcome: "broke", error: "x".repeat(MAX_ITEM_BYTES) } as Report, report("a")]);
  assert.deepEqual(words(box.flush(10)), ["1 a"]);
  assert.deepEqual(troubles, ["item-too-large"]);
  box.close();
});

test("a file that cannot be read is set aside by name, and a new epoch begun", () => {
  for (const damage of ["not a database at all".repeat(1_000), "SQLite format 3\0garbage".padEnd(8_192, "x")]) {
    const path = freshPath();
    writeFileSync(path, damage);
    const troubles: string[] = [];
    const box = open(path, 10, troubles);
    assert.deepEqual(troubles, ["outbox-set-aside"]);
    assert.ok(box.epoch > Date.now() * 1_000 - 60_000_000);
    assert.ok(readdirSync(dir).some((f) => f.startsWith(`${n - 1}.db.unreadable-`)));
    box.put([report("a")]);
    assert.deepEqual(words(box.flush(1)), ["1 a"]);
    box.close();
  }
});

test("a second agent on the same folder is refused by name", () => {
  const path = freshPath();
  const first = open(path);
  const script = `const { Outbox } = await import(process.argv[1]);
    try { new Outbox({ path: process.argv[2], limit: 9, now: Date.now, onTrouble() {} }); } catch (e) { console.log(e.code); }`;
  const module = join(import.meta.dirname, "../../agent/outbox.ts");
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", script, module, path]).toString();
  assert.equal(said.trim(), "outbox-in-use");
  first.close();
});

const isRoot = process.getuid?.() === 0;
test("a full disk: everything goes on in memory, and back to disk later", { skip: !isRoot && "needs root" }, () => {
  const mount = mkdtempSync(join(tmpdir(), "full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", mount]);
  try {
    let now = 1_000_000;
    const troubles: string[] = [];
    const path = join(mount, "outbox.db");
    const box = open(path, 1_000, troubles, () => now);
    const place = { inode: "1:2", offset: 77, memory: "[1]", at: 9 };
    box.put([report("sent")], { log: place });
    assert.deepEqual(words(box.flush(1)), ["1 sent"]);
    const { epoch } = box;
    for (let i = 0; i < 400; i++) {
      box.put([{ ...report(`r${i}`), outcome: "broke", error: "x".repeat(1_500) } as Report]);
      box.flush(0);
    }
    assert.deepEqual(troubles, ["outbox-in-memory"]);
    assert.equal(box.isInMemory, true);
    assert.deepEqual(readdirSync(mount), [], "the file must not stand for a later start");
    assert.equal(box.epoch, epoch);
    assert.deepEqual(box.cursor("log"), place, "what a detector remembers moves with the rest");
    assert.equal(box.depth, 401);
    assert.deepEqual(words(box.resume(0).again), ["1 sent"]);
    assert.deepEqual(words(box.flush(399)).at(-1), "400 r398");
    box.ack(400);
    now += 61_000;
    box.flush(0);
    assert.equal(box.isInMemory, true, "too much for that disk still, until the acked is deleted");
    now += 61_000;
    box.flush(0);
    assert.equal(box.isInMemory, false);
    box.close();
    assert.ok(statSync(path).size > 0);
    const later = open(path, 1_000, troubles, () => now);
    assert.equal(later.epoch, epoch);
    assert.deepEqual(words(later.flush(10)), ["401 r399"]);
    later.close();
  } finally {
    execFileSync("umount", [mount]);
    rmSync(mount, { recursive: true });
  }
});

test("a disk that can only be read: memory from the start; what it holds is set aside later", {
  skip: !isRoot && "needs root",
}, () => {
  const mount = mkdtempSync(join(tmpdir(), "readonly-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", mount]);
  try {
    const good = join(mount, "good.db");
    const bad = join(mount, "bad.db");
    const before = open(good);
    before.put([report("kept")]);
    before.close();
    writeFileSync(bad, "garbage".repeat(1_000));
    execFileSync("mount", ["-o", "remount,ro", mount]);
    let now = 1_000_000;
    const boxes = [good, bad].map((path) => {
      const troubles: string[] = [];
      return { troubles, box: open(path, 100, troubles, () => now) };
    });
    for (const { box, troubles } of boxes) {
      assert.deepEqual(troubles, ["outbox-in-memory"]);
      box.put([report("a")]);
      assert.deepEqual(words(box.flush(1)), ["1 a"]);
    }
    execFileSync("mount", ["-o", "remount,rw", mount]);
    now += 61_000;
    for (const { box, troubles } of boxes) {
      box.put([report("b")]);
      assert.deepEqual(words(box.flush(1)), ["2 b"]);
      assert.equal(box.isInMemory, false);
      assert.deepEqual(troubles, ["outbox-in-memory", "outbox-set-aside"]);
      box.close();
    }
    assert.equal(readdirSync(mount).filter((f) => f.includes("unreadable")).length >= 2, true);
  } finally {
    execFileSync("umount", [mount]);
    rmSync(mount, { recursive: true });
  }
});

// The model: a ledger of what was put, and a console that takes what leaves, loses some of it, and acks late or never.
type Step =
  | { do: "put"; reports: number; detections: number }
  | { do: "flush"; take: number; arrives: number }
  | { do: "ack"; part: number }
  | { do: "reopen" }
  | { do: "reconnect" };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("put" as const), reports: fc.nat(6), detections: fc.nat(2) }),
  fc.record({ do: fc.constant("flush" as const), take: fc.nat(8), arrives: fc.nat(8) }),
  fc.record({ do: fc.constant("ack" as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ do: fc.constant("reopen" as const) }),
  fc.record({ do: fc.constant("reconnect" as const) }),
);

test("against a ledger, reopened at any point: nothing acked is lost, nothing doubled, order kept, no hole", () => {
  let sentInAll = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), fc.integer({ min: 3, max: 12 }), (steps, limit) => {
      const path = freshPath();
      let box = open(path, limit);
      const put: string[] = [];
      const kept = new Map<number, string>();
      let durable = 0;
      let next = 0;
      /** Bytes on the wire, in order; a broken connection loses them. */
      let wire: Entry[] = [];
      const console_ = (entry: Entry) => {
        if (entry.seq > durable + 1) assert.fail(`hole before ${entry.seq}, console has ${durable}`);
        const isGap = "lostTo" in entry;
        const end = isGap ? entry.lostTo : entry.seq;
        const word = isGap ? `gap${end - entry.seq + 1}` : words([entry])[0]!.split(" ")[1]!;
        const before = kept.get(entry.seq);
        if (before !== undefined) assert.equal(word, before, "a seq means one thing for ever");
        if (entry.seq <= durable) return;
        kept.set(entry.seq, word);
        durable = end;
      };
      const reconnect = () => {
        wire = [];
        const resumed = box.resume(durable);
        assert.equal(resumed.rolledBack, false);
        assert.equal(resumed.lost, undefined);
        wire.push(...resumed.again);
      };
      for (const s of steps) {
        if (s.do === "put") {
          const items = [
            ...Array.from({ length: s.reports }, () => report(`r${next++}`)),
            ...Array.from({ length: s.detections }, () => detection(`d${next++}`)),
          ];
          put.push(...items.map((i) => (i.type === "report" ? i.target : i.id)));
          box.put(items);
        } else if (s.do === "flush") {
          wire.push(...box.flush(s.take));
          assert.ok(box.depth <= Math.max(limit, box.inFlight), `${box.depth} items of ${limit}`);
          for (const entry of wire.splice(0, s.arrives)) console_(entry);
        } else if (s.do === "ack") box.ack(Math.round(durable * s.part));
        else if (s.do === "reopen") {
          box.close();
          box = open(path, limit);
          reconnect();
        } else reconnect();
      }
      box.close();
      box = open(path, limit);
      reconnect();
      wire.push(...box.flush(10_000));
      for (const entry of wire) console_(entry);
      const record = [...kept.entries()].sort((a, b) => a[0] - b[0]).map(([, word]) => word);
      sentInAll += record.length;
      const lost = record.filter((w) => w.startsWith("gap")).reduce((sum, w) => sum + Number(w.slice(3)), 0);
      const items = record.filter((w) => !w.startsWith("gap"));
      assert.equal(new Set(items).size, items.length, "nothing is doubled");
      assert.equal(items.length + lost, put.length, "everything is there or counted as lost");
      const reports = items.filter((w) => w.startsWith("r")).map((w) => Number(w.slice(1)));
      assert.deepEqual(
        reports,
        reports.toSorted((a, b) => a - b),
        "reports keep their order",
      );
      box.close();
    }),
    { numRuns: 60 },
  );
  // What is drawn differs from run to run: this only says that the property examined something.
  assert.ok(sentInAll > 100, `${sentInAll} entries`);
});
