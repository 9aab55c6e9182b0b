// The safe for evidence: bytes stand once, in a folder by their SHA-256, written once and never again. The rules:
// - Nothing is taken that is empty, too large, of a type that is not listed, or not of the type that it says it is; nor text that
//   runs, or makes a browser run something.
// - A file is complete and on the disk before its record is: temporary name, fsync, mode 0400, link to its final name.
// - What is read is hashed again; what does not fit its name is never given out.
import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { CaseRefusal } from "../../protocol/casework.ts";

export const MOST_EVIDENCE_BYTES = 25 * 1024 * 1024;

/** Types that are taken, and the bytes that each begins with; text has to be UTF-8 without control characters. */
const TYPES: Record<string, (b: Uint8Array) => boolean> = {
  "image/png": (b) => begins(b, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
  "image/jpeg": (b) => begins(b, 0xff, 0xd8, 0xff),
  "application/pdf": (b) => begins(b, 0x25, 0x50, 0x44, 0x46, 0x2d),
  "application/gzip": (b) => begins(b, 0x1f, 0x8b, 0x08),
  "application/zip": (b) => begins(b, 0x50, 0x4b, 0x03, 0x04),
  "application/vnd.tcpdump.pcap": (b) =>
    begins(b, 0xd4, 0xc3, 0xb2, 0xa1) || begins(b, 0xa1, 0xb2, 0xc3, 0xd4) || begins(b, 0x0a, 0x0d, 0x0d, 0x0a),
  "text/plain": isText,
  "text/csv": isText,
  "application/json": (b) => isText(b) && isJson(b),
  "message/rfc822": isText,
};
export const EVIDENCE_TYPES = Object.keys(TYPES);

/** How text that runs begins: a page, a drawing that may hold a script, a script for a shell. A program is no text (below). */
const RUNS = /^\uFEFF?\s*(?:<!doctype html|<html|<head|<body|<svg|<script|<\?xml[^>]*>\s*(?:<!--.*?-->\s*)?<svg|#!)/is;
const LOOKED_AT = 4_096;

export interface Safe {
  /** Keeps the bytes; gives their hash. The same bytes twice stand once. */
  put(bytes: Uint8Array, type: string): { ok: true; sha256: string } | { ok: false; code: CaseRefusal };
  /** The bytes, if they still are what they were. */
  get(sha256: string): { ok: true; bytes: Uint8Array } | { ok: false; code: "evidence-unknown" | "evidence-damaged" };
}

export function openSafe(folder: string): Safe {
  const pathOf = (sha256: string) => join(folder, sha256.slice(0, 2), sha256);
  const get: Safe["get"] = (sha256) => {
    if (!/^[0-9a-f]{64}$/.test(sha256) || !statSync(pathOf(sha256), { throwIfNoEntry: false }))
      return { ok: false, code: "evidence-unknown" };
    const bytes = readFileSync(pathOf(sha256));
    return hashOf(bytes) === sha256 ? { ok: true, bytes } : { ok: false, code: "evidence-damaged" };
  };
  return {
    put(bytes, type) {
      const code = refusalOf(bytes, type);
      if (code) return { ok: false, code };
      const sha256 = hashOf(bytes);
      const path = pathOf(sha256);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      if (!statSync(path, { throwIfNoEntry: false })) writeOnce(path, bytes);
      const kept = get(sha256);
      return kept.ok ? { ok: true, sha256 } : { ok: false, code: "evidence-damaged" };
    },
    get,
  };
}

function refusalOf(bytes: Uint8Array, type: string): CaseRefusal | undefined {
  if (bytes.length === 0) return "evidence-empty";
  if (bytes.length > MOST_EVIDENCE_BYTES) return "evidence-too-large";
  if (RUNS.test(new TextDecoder().decode(bytes.subarray(0, LOOKED_AT)))) return "evidence-type-refused";
  const isOfType = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (!isOfType) return "evidence-type-refused";
  return isOfType(bytes) ? undefined : "evidence-type-differs";
}

function writeOnce(path: string, bytes: Uint8Array): void {
  const temporary = join(dirname(path), `.${randomUUID()}`);
  const file = openSync(temporary, "wx", 0o400);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(temporary, path);
  } catch (error) {
    // Somebody else has just put the same bytes there.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    unlinkSync(temporary);
  }
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const begins = (b: Uint8Array, ...head: number[]): boolean => head.every((x, i) => b[i] === x);

function isText(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    return !/[\u0000-\u0008\u000b\u000e-\u001f\u007f]/.test(text);
  } catch {
    return false;
  }
}
function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}
