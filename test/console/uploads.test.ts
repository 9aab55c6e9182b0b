// Uploads are judged by their bytes: a program or a page by whatever name is refused, evidence is given back as an attachment.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { judgeUpload } from "../../console/uploads.ts";

const hex = (text: string) => Buffer.from(text, "hex");
for (const [name, bytes, code] of [
  ["a.pdf", Buffer.from("%PDF-1.7\n"), undefined],
  ["a.png", hex("89504e470d0a1a0a0000"), undefined],
  ["log.txt", Buffer.from("Nov 25 sshd[1]: đăng nhập sai\n"), undefined],
  ["dump.pcap", hex("d4c3b2a102000400"), undefined],
  ["a.png", Buffer.from("MZ\u0090\u0000"), "upload-type-refused"],
  ["a.txt", hex("7f454c4602010100"), "upload-type-refused"],
  ["a.txt", Buffer.from("<!DOCTYPE html><script>"), "upload-type-refused"],
  ["a.svg", Buffer.from('<?xml version="1.0"?>\n<svg onload="x">'), "upload-type-refused"],
  ["run.log", Buffer.from("#!/bin/sh\n"), "upload-type-refused"],
  ["a.txt", Buffer.alloc(0), "upload-empty"],
  ["a.txt", Buffer.alloc(101, "x"), "upload-too-large"],
  ["../..", Buffer.from("x"), "upload-name-invalid"],
] as const)
  test(`${name}, ${bytes.subarray(0, 12).toString("hex")}: ${code ?? "taken"}`, () => {
    const judged = judgeUpload(name, bytes, 100);
    assert.equal(judged.ok ? undefined : judged.code, code);
  });

test("a name keeps no path and breaks no header; a page of ours is never made of it", () => {
  const judged = judgeUpload('..\\x/../.ảnh "1"\r\nset-cookie: a.txt', Buffer.from("x"), 10);
  assert.ok(judged.ok);
  assert.match(judged.headers["content-disposition"]!, /^attachment; filename\*=UTF-8''[\w%.!~*'()-]+$/);
  assert.match(judged.headers["content-security-policy"]!, /sandbox/);
});

test("whatever the bytes and the name, it is judged", () => {
  fc.assert(fc.property(fc.string(), fc.uint8Array({ maxLength: 64 }), (n, b) => void judgeUpload(n, b, 50)));
});
