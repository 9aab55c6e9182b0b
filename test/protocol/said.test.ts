// What checks say in fixed words is said in both languages: every phrase that stands in a rule's source, and every code of the closed
// lists from which reasons are taken. An untranslated one is found here, and not by a reader.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { saidText, TEXTS } from "../../protocol/locales/index.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const RULES = "agent/wire/dns/audit/rules";
const SOURCES = [
  ...readdirSync(join(ROOT, RULES)).map((file) => `${RULES}/${file}`),
  ...["agent/wire/dns/audit/spf.ts", "agent/wire/zone-tlsa.ts", "agent/checks/zone.ts", "agent/checks/resolver.ts"],
];

/** The code without comments, imports, clauses of RFCs and what is thrown at programmers. */
const codeOf = (path: string) =>
  read(path)
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\/\/.*$/gm, "")
    .replace(/^import[\s\S]*?;$/gm, "")
    .replace(/clauses: \[[^\]]*\]/g, "")
    .replace(/new Error\([^)]*\)/g, "")
    .replace(/detail (?:===|:) "[^"]*"|detail: "[^"]*"/g, "")
    .replace(/"[^"]*"\.split\(" "\)/g, "");

/** Phrases of two words and more, and what stands before the detail in `phrase: ${detail}`. */
function phrasesIn(path: string): string[] {
  const code = codeOf(path);
  const whole = [...code.matchAll(/"([A-Za-z][^"$/]* [^"/]*)"/g)].map(([, phrase]) => phrase!);
  const heads = [...code.matchAll(/`([A-Za-z][a-z ,]+): \$\{/g)].map(([, phrase]) => phrase!);
  const tails = [...code.matchAll(/\$\{\w+\}: ([a-z][a-z ]+)`/g)].map(([, phrase]) => phrase!);
  return [...whole, ...heads, ...tails].flatMap((phrase) => phrase.split(": "));
}

/** The codes of a union of strings. */
function unionIn(path: string, name: string): string[] {
  const [, body] = new RegExp(`export type ${name} =([^;]+);`).exec(read(path)) ?? assert.fail(`no ${name} in ${path}`);
  return [...body!.replace(/\/\/.*$/gm, "").matchAll(/"([^"]+)"/g)].map(([, code]) => code!);
}

const CODES = [
  ...unionIn("agent/wire/dns/validator/verdict.ts", "Reason"),
  ...unionIn("agent/wire/dns/rrsig.ts", "VerifyFailure"),
  ...unionIn("agent/wire/dns/resolver/machine.ts", "ReplyFailure"),
  ...unionIn("agent/check.ts", "NetworkFailure"),
  "valid",
];

const untold = (words: readonly string[]) =>
  [...new Set(words)].filter(
    (word) => !Object.hasOwn(TEXTS.vi, `said.${word}`) || !Object.hasOwn(TEXTS.en, `said.${word}`),
  );

test("every phrase of the rules is said in both languages", () => {
  const phrases = SOURCES.flatMap(phrasesIn);
  assert.ok(phrases.length > 35, `${phrases.length} phrases`);
  assert.deepEqual(untold(phrases), []);
});

test("every code of the lists of reasons is said in both languages", () => {
  assert.ok(CODES.length > 45, `${CODES.length} codes`);
  assert.deepEqual(untold(CODES), []);
});

test("nothing is left in English: what is said in Vietnamese differs, but for what has no words", () => {
  const keys = Object.keys(TEXTS.vi).filter((key) => key.startsWith("said."));
  assert.deepEqual(
    keys.filter((key) => TEXTS.vi[key] === TEXTS.en[key]),
    [],
  );
});

test("a phrase with a detail is said part by part; names and numbers stay", () => {
  assert.equal(saidText("vi", "mail.vn.: is an alias"), "mail.vn.: là bí danh (CNAME)");
  assert.equal(saidText("vi", "unknown option: timeout"), "tùy chọn EDNS mà máy không biết: không trả lời kịp");
  assert.equal(saidText("en", "4711: expired"), "4711: over");
  assert.equal(saidText("vi", "2001:db8::1"), "2001:db8::1");
});
