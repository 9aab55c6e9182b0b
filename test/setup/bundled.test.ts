// The one file that `vonggac check` is run from: used while every source is as it was and nobody else could have written it; and it
// says what the sources say.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { BUNDLE } from "../../setup/bundled.mjs";
import { folder, put, ROOT } from "./fixtures.ts";

const run = promisify(execFile);
const cli = async (root: string, entry: string, ...args: string[]) =>
  (await run(process.execPath, [path.join(root, "cli", entry), ...args])).stdout;

test("the bundle is run while it is as its sources are, and by nobody's leave but the owner's", async (t) => {
  const root = folder(t);
  for (const name of ["bundled.mjs", "code-folder.mjs", "compile-cache.mjs"]) {
    mkdirSync(path.join(root, "setup"), { recursive: true });
    copyFileSync(path.join(ROOT, "setup", name), path.join(root, "setup", name));
  }
  const source = put(root, "cli/vonggac.ts", 'console.log("sources");');
  copyFileSync(path.join(ROOT, "cli/vonggac.mjs"), path.join(root, "cli/vonggac.mjs"));
  put(root, "node_modules/.cache/code/check.mjs", 'console.log("bundle");');
  const code = path.join(root, "node_modules/.cache/code");
  const listed = () => {
    const { size, mtimeMs } = statSync(source);
    put(code, "check.json", [["cli/vonggac.ts", size, mtimeMs]]);
  };
  const ran = async (...args: string[]) => (await cli(root, "vonggac.mjs", ...args)).trim();

  assert.equal(await ran("check"), "sources", "no list of sources");
  listed();
  assert.equal(await ran("check"), "bundle");
  assert.equal(await ran("plan"), "sources", "another verb");
  chmodSync(code, 0o777);
  assert.equal(await ran("check"), "sources", "a folder that anybody may write");
  chmodSync(code, 0o755);
  utimesSync(source, new Date(), new Date(Date.now() + 5_000));
  assert.equal(await ran("check"), "sources", "a source that was touched");
  listed();
  assert.equal(await ran("check"), "bundle");
  put(code, "check.json", [["cli/gone.ts", 1, 1]]);
  assert.equal(await ran("check"), "sources", "a source that is gone");
  put(code, "check.json", "[");
  assert.equal(await ran("check"), "sources", "a list that is none");
});

test("the bundle says what the sources say", { skip: existsSync(BUNDLE) ? false : "set-up made none" }, async () => {
  for (const args of [
    ["check", "--help"],
    ["check", "dnssec", "--help"],
    ["check", "dnssec", "--explain", "ZONE_SIGNER_STOPPED", "--lang", "vi"],
    ["check", "dnssec", "--explain", "ZONE_SIGNER_STOPPED", "--json"],
  ])
    assert.equal(await cli(ROOT, "vonggac.mjs", ...args), await cli(ROOT, "vonggac.ts", ...args));
});
