// The log and the sequences against a model: whatever is sent, however often, in the order that the wire allows, the log
// has each item once and in order.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { openStore } from "../../../console/store/store.ts";
import { attack, good } from "../support/province.ts";

const root = mkdtempSync(join(tmpdir(), "vonggac-items-"));
after(() => rmSync(root, { recursive: true, force: true }));
const TARGET = "xa-mot/certificate/portal";

test("resends, holes and gaps in any order: once each, in order, never past a hole", () => {
  const store = openStore(join(root, "model"));
  let agent = 0;
  const act = fc.oneof(
    fc.record({
      do: fc.constant("batch" as const),
      first: fc.integer({ min: 1, max: 30 }),
      count: fc.integer({ min: 0, max: 8 }),
    }),
    fc.record({
      do: fc.constant("gap" as const),
      first: fc.integer({ min: 1, max: 30 }),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      const id = `agent${agent++}`;
      const expected: number[] = [];
      let last = 0;
      for (const a of acts) {
        const end = a.first + a.count - 1;
        const hole = a.first > last + 1 && a.count > 0;
        const result = store.transaction(() =>
          a.do === "batch"
            ? store.items.append(
                id,
                1,
                a.first,
                Array.from({ length: a.count }, (_, i) => good(TARGET, a.first + i)),
                0,
              )
            : store.items.gap(id, 1, a.first, end, "x", 0),
        );
        assert.equal(result.ok, !hole);
        if (hole) continue;
        if (a.do === "batch" && a.count > 0) for (let s = last + 1; s <= end; s++) expected.push(s);
        if (a.count > 0) last = Math.max(last, end);
        assert.equal(store.items.lastSeq(id, 1), last);
      }
      const kept = store.items.after(0, 1e9).filter((e) => e.agent === id);
      assert.deepEqual(
        kept.map((e) => [e.seq, e.item.at]),
        expected.map((s) => [s, s]),
      );
    }),
    { numRuns: 60 },
  );
  store.close();
});

test("epochs of one agent are sequences of their own", () => {
  const store = openStore(join(root, "epochs"));
  store.transaction(() => store.items.append("a", 1, 1, [good(TARGET), good(TARGET)], 0));
  store.transaction(() => store.items.append("a", 2, 1, [good(TARGET)], 0));
  assert.deepEqual([store.items.lastSeq("a", 1), store.items.lastSeq("a", 2), store.items.lastSeq("a", 3)], [2, 1, 0]);
  store.close();
});

test("what stands behind an incident: its targets' items of its time, newest first, bounded", () => {
  const store = openStore(join(root, "behind"));
  store.transaction(() => {
    for (let at = 1; at <= 3_000; at++)
      store.items.append("a", 1, at, [at % 3 === 0 ? good(TARGET, at) : attack(`d${at}`)], at);
  });
  const found = store.items.ofTargets(new Set([TARGET]), 1_500, 2_000, 500);
  assert.equal(found[0]?.receivedAt, 1_998);
  assert.equal(found.at(-1)?.receivedAt, 1_500);
  assert.equal(found.length, 167);
  assert.equal(store.items.ofTargets(new Set([TARGET]), 0, 9_999, 10).length, 10);
  store.close();
});

test("a rolled-back transaction leaves nothing, and what follows goes on without a hole in the ids", () => {
  const store = openStore(join(root, "rollback"));
  store.transaction(() => store.items.append("a", 1, 1, [good(TARGET)], 0));
  assert.throws(() =>
    store.transaction(() => {
      store.items.append("a", 1, 2, [good(TARGET)], 0);
      throw new Error("no");
    }),
  );
  store.transaction(() => store.items.append("a", 1, 2, [good(TARGET)], 0));
  assert.deepEqual(
    store.items.after(0, 10).map((e) => [e.id, e.seq]),
    [
      [1, 1],
      [2, 2],
    ],
  );
  store.close();
});
