// Every failure has a name, a text and a remedy in both languages; and the programs print them without a stack.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { FAILURE_CODES } from "../../setup/failure.mjs";
import { run } from "../../setup/run.mjs";
import { languageOf, texts } from "../../setup/say.mjs";
import { ROOT } from "./fixtures.ts";

const [en, vi] = [texts("en"), texts("vi")];
const setup = path.join(ROOT, "setup");
const sources = readdirSync(setup, { recursive: true, encoding: "utf8" })
  .filter((f) => f.endsWith(".mjs"))
  .map((f) => readFileSync(path.join(setup, f), "utf8"));
const placeholders = (s: string | undefined) => (s?.match(/\{\w+\}/g) ?? []).sort();

test("both languages say the same things with the same facts", () => {
  assert.deepEqual(Object.keys(vi).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en)) assert.deepEqual(placeholders(vi[key]), placeholders(en[key]), key);
});

test("every failure code has a text and a remedy, and is thrown somewhere", () => {
  assert.ok(FAILURE_CODES.length >= 20);
  const code = sources.join("\n");
  for (const name of FAILURE_CODES) {
    assert.ok(en[`failure.${name}`], `failure.${name}`);
    assert.ok(en[`remedy.${name}`], `remedy.${name}`);
    assert.ok(code.split(`"${name}"`).length > 2, `${name} is named in the list only`);
  }
});

test("every text that the sources ask for exists, and no text lies unused", () => {
  const asked = new Set(sources.flatMap((s) => [...s.matchAll(/\btext\(\s*"([^"]+)"/g)].map((m) => m[1]!)));
  assert.ok(asked.size > 20);
  for (const key of asked) assert.ok(en[key], key);
  const built = /^(failure|remedy|step|engine\.source)\./;
  assert.deepEqual(
    Object.keys(en).filter((k) => !asked.has(k) && !built.test(k)),
    [],
  );
});

test("the language follows the locale, LC_ALL first", () => {
  assert.equal(languageOf({ LANG: "vi_VN.UTF-8" }), "vi");
  assert.equal(languageOf({ LANG: "vi_VN.UTF-8", LC_ALL: "C.UTF-8" }), "en");
  assert.equal(languageOf({}), "en");
});

test("an unknown option: exit code 1, its name, where and a remedy, and no stack", async () => {
  const start = path.join(setup, "start.mjs");
  const ran = await run(process.execPath, [start, "--nonsense"], { env: { PATH: "/usr/bin", LANG: "C" } });
  assert.equal(ran.code, 1);
  assert.match(ran.output, /\[option-invalid\][\s\S]*where: --nonsense[\s\S]*what to do: npm start -- --help/);
  assert.doesNotMatch(ran.output, /^\s+at /m);
  const told = await run(process.execPath, [start, "--nonsense"], { env: { PATH: "/usr/bin", DEBUG: "1" } });
  assert.match(told.output, /^\s+at /m);
});
