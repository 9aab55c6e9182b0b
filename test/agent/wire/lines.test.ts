import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_LINE, makeLineCutter } from "../../../agent/wire/lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("a line waits for its end", () => {
  const cutter = makeLineCutter();
  assert.deepEqual(cutter.push(bytes("Failed pass")), []);
  assert.equal(cutter.pending(), 11);
  assert.deepEqual(cutter.push(bytes("word\nnext\r\nre")), ["Failed password", "next"]);
  assert.equal(cutter.pending(), 2);
});

test("a line beyond the bound is dropped, and the next is whole", () => {
  const cutter = makeLineCutter();
  assert.deepEqual(cutter.push(bytes("x".repeat(MAX_LINE))), []);
  assert.deepEqual(cutter.push(bytes("x\nafter\n")), ["after"]);
  const exact = makeLineCutter();
  assert.equal(exact.push(bytes(`${"y".repeat(MAX_LINE)}\n`))[0]?.length, MAX_LINE);
});

test("however the bytes come, the lines are the same", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.integer({ min: 1, max: 20 })), (data, cuts) => {
      const whole = makeLineCutter();
      const expected = whole.push(data);
      const parts = makeLineCutter();
      const got: string[] = [];
      let at = 0;
      for (const cut of cuts) {
        got.push(...parts.push(data.subarray(at, at + cut)));
        at += cut;
      }
      got.push(...parts.push(data.subarray(at)));
      assert.deepEqual(got, expected);
      assert.equal(parts.pending(), whole.pending());
      assert.equal(parts.pending(), data.length - (data.lastIndexOf(0x0a) + 1));
    }),
  );
});

test("what waits is a copy: the reader's buffer is used again for the next part", () => {
  const cutter = makeLineCutter();
  const buffer = Buffer.alloc(8);
  buffer.write("one\nhalf");
  assert.deepEqual(cutter.push(buffer), ["one"]);
  buffer.write("-way\nxyz");
  assert.deepEqual(cutter.push(buffer), ["half-way"]);
});
