/** Names: reading hostile bytes, text and back, canonical order and kinship. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DnsError } from "../../../../agent/wire/dns/errors.ts";
import {
  ancestor,
  canonicalName,
  commonAncestor,
  compareNames,
  countLabels,
  isBelow,
  isWithin,
  lastLabels,
  lowerWire,
  nameFromWire,
  nameToWire,
  readName,
} from "../../../../agent/wire/dns/name.ts";

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof DnsError) return error.code;
    throw error;
  }
  return "none";
};

const label = fc.uint8Array({ minLength: 1, maxLength: 20 });
const labels = fc.array(label, { maxLength: 10 });
const toWire = (parts: readonly Uint8Array[]) =>
  Buffer.concat([...parts.flatMap((part) => [Uint8Array.of(part.length), part]), Uint8Array.of(0)]);

describe("wire", () => {
  test("a pointer is followed, and reading goes on after it", () => {
    const bytes = Buffer.from("\x07example\x00\x03wWw\xc0\x00rest", "latin1");
    const read = readName(bytes, 9);
    assert.deepEqual([read.text, read.end], ["www.example.", 15]);
    assert.equal(Buffer.from(read.wire).toString("latin1"), "\x03wWw\x07example\x00");
  });

  const refused: readonly (readonly [string, string, number])[] = [
    ["pointer-loop", "\xc0\x00", 0],
    ["pointer-loop", "\x01a\xc0\x00", 0],
    ["pointer-loop", "\xc0\x05\x01a\x00\x01b\x00", 0],
    ["label-type", "\x40abc\x00", 0],
    ["label-type", "\x80abc\x00", 0],
    ["truncated", "\x03ww", 0],
    ["truncated", "\x03www", 0],
    ["truncated", "\xc0", 0],
    ["name-too-long", `${`\x3f${"a".repeat(63)}`.repeat(4)}\x00`, 0],
  ];
  for (const [expected, bytes, at] of refused) {
    test(`${expected}: ${JSON.stringify(bytes).slice(0, 30)}`, () => {
      assert.equal(
        code(() => readName(Buffer.from(bytes, "latin1"), at)),
        expected,
      );
    });
  }

  test("255 octets are a name, 256 are none", () => {
    const parts = [63, 63, 63, 61].map((size) => `\x00${"a".repeat(size)}`.replace("\x00", String.fromCharCode(size)));
    const longest = Buffer.from(`${parts.join("")}\x00`, "latin1");
    assert.equal(longest.length, 255);
    assert.equal(readName(longest, 0).wire.length, 255);
    const longer = Buffer.from(`${parts.slice(0, 3).join("")}\x3e${"a".repeat(62)}\x00`, "latin1");
    assert.equal(
      code(() => readName(longer, 0)),
      "name-too-long",
    );
  });

  test("a chain of pointers costs no more than its limit", () => {
    const chain = Buffer.alloc(2 + 2 * 200);
    for (let i = 1; i <= 200; i++) chain.writeUInt16BE(0xc000 | (i === 1 ? 0 : 2 * (i - 1)), 2 * i);
    assert.equal(
      code(() => readName(chain, 400)),
      "pointer-loop",
    );
  });
});

describe("text", () => {
  test("wire to text and back is the lower-cased wire", () => {
    fc.assert(
      fc.property(labels, (parts) => {
        const wire = toWire(parts);
        assert.deepEqual(Buffer.from(nameToWire(nameFromWire(wire))), Buffer.from(lowerWire(wire)));
      }),
    );
  });

  test("escapes", () => {
    assert.equal(canonicalName("A\\.b.C"), "a\\.b.c.");
    assert.equal(canonicalName("\\097\\000x."), "a\\000x.");
    assert.equal(countLabels("a\\.b.c."), 2);
    assert.equal(nameFromWire(Uint8Array.of(0)), ".");
  });

  for (const bad of ["", "..", "a..b", ".a", "\\256.", "\\25"]) {
    test(`refused: "${bad}"`, () =>
      assert.equal(
        code(() => nameToWire(bad)),
        "bad-name-text",
      ));
  }
  test("refused: label of 64", () =>
    assert.equal(
      code(() => nameToWire("a".repeat(64))),
      "label-too-long",
    ));
  test("refused: name of 256", () => {
    assert.equal(
      code(() => nameToWire(`${"a".repeat(63)}.`.repeat(4))),
      "name-too-long",
    );
  });
});

describe("kinship", () => {
  test("an escaped dot separates nothing", () => {
    assert.equal(isWithin("x\\.example.", "example."), false);
    assert.equal(isWithin("x.example.", "example."), true);
    assert.equal(isBelow("example.", "example."), false);
    assert.equal(isWithin("xexample.", "example."), false);
  });
  test("ancestors", () => {
    assert.equal(ancestor("a.b.c."), "b.c.");
    assert.equal(ancestor("c."), ".");
    assert.equal(ancestor("."), ".");
    assert.equal(lastLabels("a.b.c.", 2), "b.c.");
    assert.equal(lastLabels("a.b.c.", 0), ".");
    assert.equal(commonAncestor("a.b.c.", "x.b.c."), "b.c.");
    assert.equal(commonAncestor("a.", "b."), ".");
  });
});

describe("canonical order", () => {
  test("the example of RFC 4034 §6.1", () => {
    const ordered = [
      "example.",
      "a.example.",
      "yljkjljk.a.example.",
      "z.a.example.",
      "zabc.a.example.",
      "z.example.",
      "\\001.z.example.",
      "*.z.example.",
      "\\200.z.example.",
    ];
    for (const seed of [1, 2, 3]) {
      const shuffled = [...ordered].sort((a, b) => ((a.length * seed) % 7) - ((b.length * seed) % 7));
      assert.deepEqual(shuffled.sort(compareNames), ordered);
    }
  });

  test("is that of label sequences from the right, compared as octets in lower case", () => {
    const key = (parts: readonly Uint8Array[]) => [...parts].reverse().map((part) => lowerLabel(part));
    const oracle = (a: readonly Uint8Array[], b: readonly Uint8Array[]) => {
      const [left, right] = [key(a), key(b)];
      for (let i = 0; i < Math.min(left.length, right.length); i++) {
        const c = Buffer.compare(left[i]!, right[i]!);
        if (c !== 0) return c;
      }
      return Math.sign(left.length - right.length);
    };
    fc.assert(
      fc.property(labels, labels, (a, b) => {
        const got = compareNames(nameFromWire(toWire(a)), nameFromWire(toWire(b)));
        assert.equal(Math.sign(got), oracle(a, b));
      }),
    );
  });
});

function lowerLabel(part: Uint8Array): Buffer {
  return Buffer.from(part.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet)));
}
