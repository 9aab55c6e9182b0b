// TOTP against the vectors of RFC 6238 (appendix B, SHA-1, cut to 6 digits) and RFC 4648 (§10); replay and drift.
import assert from "node:assert/strict";
import { test } from "node:test";
import { base32, codeOf, keyUri, stepAt, stepOf } from "../../../console/people/totp.ts";

const SECRET = Buffer.from("12345678901234567890");

for (const [seconds, code] of [
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
  [20_000_000_000, "353130"],
] as const)
  test(`RFC 6238, at ${seconds} s: ${code}`, () => {
    assert.equal(codeOf(SECRET, stepAt(seconds * 1000)), code);
    assert.equal(stepOf(SECRET, ` ${code.slice(0, 3)} ${code.slice(3)} `, seconds * 1000, 0), stepAt(seconds * 1000));
  });

test("one step of drift to either side, no more; a step that was taken is not taken again", () => {
  const now = 1_800_000_000_000;
  const step = stepAt(now);
  for (const [off, taken] of [
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
  ] as const)
    assert.equal(stepOf(SECRET, codeOf(SECRET, step + off), now, 0) !== undefined, taken, String(off));
  assert.equal(stepOf(SECRET, codeOf(SECRET, step), now, step), undefined, "replayed");
  assert.equal(stepOf(SECRET, codeOf(SECRET, step - 1), now, step), undefined, "older than the last");
});

test("what is no code is none", () => {
  for (const typed of ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0x1234"])
    assert.equal(stepOf(SECRET, typed, 59_000, 0), undefined);
});

test("base32 by RFC 4648, and the key URI escapes what it holds", () => {
  for (const [plain, text] of [
    ["", ""],
    ["f", "MY"],
    ["fo", "MZXQ"],
    ["foo", "MZXW6"],
    ["foob", "MZXW6YQ"],
    ["fooba", "MZXW6YTB"],
    ["foobar", "MZXW6YTBOI"],
  ] as const)
    assert.equal(base32(Buffer.from(plain)), text);
  assert.equal(new URL(keyUri(SECRET, "Vọng Gác", "a&b")).searchParams.get("issuer"), "Vọng Gác");
});
