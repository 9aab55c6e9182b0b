// `vonggac plan` as an engineer meets it: a summary and a lock, papers in a folder, every mistake and no file when there is one.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { schemaText } from "../../infra/province/json-schema.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(path.join(tmpdir(), "vonggac-plan-"));
after(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, "province.yaml");
const lock = path.join(folder, "province.lock");

const sampleLock = JSON.parse(readFileSync(path.join(ROOT, "province.lock"), "utf8")) as {
  allocations: { id: string }[];
};
const count = (kind: string) => sampleLock.allocations.filter((a) => a.id.startsWith(kind)).length;

const plan = (args: string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { cwd: ROOT, env: { PATH: process.env["PATH"], LC_ALL: "C", ...env } };
    execFile(process.execPath, ["cli/vonggac.ts", "plan", ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

test("a new province: checked without a trace, then planned with its lock, then with nothing new", async () => {
  const text = readFileSync(path.join(ROOT, "province.yaml"), "utf8");
  writeFileSync(file, text);
  const checked = await plan(["--file", file, "--check"]);
  assert.match(
    checked.stdout,
    /20 Provincial level, 64 Commune level[\s\S]*agencies: 84 of 16383[\s\S]*no mistakes; nothing was written/,
  );
  assert.ok(!existsSync(lock));
  const first = await plan(["--file", file, "--json"]);
  const summary = JSON.parse(first.stdout);
  assert.deepEqual(
    [summary.lockWritten, summary.added.length, summary.warnings],
    [true, sampleLock.allocations.length, []],
  );
  const again = JSON.parse((await plan(["--file", file, "--json"])).stdout);
  assert.deepEqual([again.lockWritten, again.added], [false, []]);
  // Without so-y-te, in Vietnamese.
  writeFileSync(file, text.replace(/^.*\{ id: so-y-te,.*\n/m, ""));
  const less = await plan(["--file", file], { LC_ALL: "vi_VN.UTF-8" });
  assert.match(less.stdout, /thôi dùng: 1 \(site\/so-y-te\)[\s\S]*đã ghi province\.lock/);
  assert.match(readFileSync(lock, "utf8"), /"id":"site\/so-y-te",.*"retired":"\d{4}-\d\d-\d\d"/);
});

test("papers go into an empty folder or over older ones, never over something else", async () => {
  copyFileSync(path.join(ROOT, "province.yaml"), file);
  rmSync(lock, { force: true });
  const out = path.join(folder, "papers");
  for (let i = 0; i < 2; i++) {
    const done = await plan(["--file", file, "--out", out, "--agencies", "12"]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /warning: no keys have been made yet[\s\S]*\d+ files in /);
  }
  assert.equal(readdirSync(path.join(out, "hosts")).length, count("router/") + count("host/") - 1 + 12);
  assert.match(
    readFileSync(lock, "utf8"),
    /site\/xa-tan-an/,
    "the lock holds all agencies, not those of the drawing only",
  );
  const refused = await plan(["--file", file, "--out", folder]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /\[out-not-empty\] the folder holds something else[\s\S]*remedy: name an empty folder/);
});

test("every mistake is told, with code 1, and nothing is written", async () => {
  rmSync(lock, { force: true });
  const text = readFileSync(path.join(ROOT, "province.yaml"), "utf8");
  writeFileSync(file, text.replace("border: br1", "border: br9").replace(/uplinks: \[hub1\]/, "uplinks: [hub7]"));
  const { code, stderr } = await plan(["--file", file]);
  assert.equal(code, 1);
  assert.match(stderr, /\[province-invalid\]/);
  assert.match(stderr, /province\.yaml:\d+: upstreams\[0\]\.border: there is no border br9 \(right: one of br1, br2\)/);
  assert.match(stderr, /province\.yaml:\d+: agencies\[\d+\]\.uplinks\[0\]: there is no hub hub7/);
  assert.ok(!existsSync(lock));
});

test("the schema for editors is printed", async () => {
  assert.equal((await plan(["--schema"])).stdout, schemaText());
});
