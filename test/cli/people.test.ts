// Accounts, audit and API from the command line, at the admin socket of a real console.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { verifyExport } from "../../console/tools.ts";
import { type Rig, startRig } from "../console/support/rig.ts";

const CLI = fileURLToPath(new URL("../../cli/vonggac.ts", import.meta.url));
let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig.end());

const vonggac = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, LC_ALL: "C" };
    execFile(process.execPath, [CLI, ...args], { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
const here = () => ["--socket", rig.config.adminSocket];

test("an account is made, listed and disabled; a refusal says its name", async () => {
  const add = ["account", "add", "lan", "--display", "Lan", "--roles", "agency-it"];
  const refused = await vonggac(...add, ...here());
  assert.equal(refused.code, 1);
  assert.match(refused.err, /agency-missing/);
  const added = await vonggac(...add, "--agencies", "xa-mot", "--json", ...here());
  assert.equal(added.code, 0, added.err);
  assert.match(JSON.parse(added.out).invitation.code, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){2}$/);
  assert.equal((await vonggac("account", "set", "lan", "--state", "disabled", ...here())).code, 0);
  const [lan] = JSON.parse((await vonggac("account", "list", "--json", ...here())).out);
  assert.deepEqual([lan.name, lan.state, lan.agencies], ["lan", "disabled", ["xa-mot"]]);
});

test("an agent's certificates are revoked, with a reason; who is not there is named; nobody asks to be let in", async () => {
  const unknown = await vonggac("agent", "revoke", "no-such", "--reason", "x", ...here());
  assert.match(unknown.err, /agent-unknown/);
  assert.equal((await vonggac("agent", "revoke", "bast1", ...here())).code, 2, "without a reason");
  const revoked = await vonggac("agent", "revoke", "bast1", "--reason", "stolen", ...here());
  assert.equal(revoked.code, 0, revoked.err);
  const listed = JSON.parse((await vonggac("agent", "revoked", "--json", ...here())).out);
  assert.deepEqual([listed[0].agent, listed[0].reason, listed.length], ["bast1", "stolen", 1]);
  assert.equal((await vonggac("agent", "requests", "--json", ...here())).out.trim(), "[]");
  const key = "0".repeat(64);
  assert.match((await vonggac("agent", "approve", "bast1", key, ...here())).err, /enrolment-unknown/);
});

test("the API is called, and says what there is", async () => {
  const me = await vonggac("api", "call", "get", "/api/me", ...here());
  assert.equal(JSON.parse(me.out).account, "operator");
  const away = await vonggac("api", "call", "GET", "/api/me", "--url", "http://127.0.0.1:9");
  assert.match(away.err, /token-missing/);
});

test("the audit is exported, and verified where no console is; a changed line is found", async () => {
  const file = join(rig.folder, "audit.jsonl");
  assert.equal((await vonggac("audit", "export", file, ...here())).code, 0);
  const whole = await vonggac("audit", "verify", file);
  assert.equal(whole.code, 0, whole.err);
  const [head] = /[0-9a-f]{64}/.exec(whole.out)!;
  assert.equal(
    (await vonggac("audit", "verify", "--head", head, ...here())).code,
    0,
    "the console has gone on from there",
  );
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("account-made", "account-seen"));
  const found = await vonggac("audit", "verify", file);
  assert.equal(found.code, 1);
  assert.match(found.err, /audit-broken[\s\S]*hash-wrong/);
  writeFileSync(file, text.split("\n").toSpliced(-3, 1).join("\n"));
  assert.equal(verifyExport(file).ok, false, "the last entry was cut out");
  for (const bad of [text.slice(0, -30), "", '{"n":1}\n{"head":{"hash":"x"}}', "null\n", "[1]\n{}\n"]) {
    writeFileSync(file, bad);
    assert.throws(() => verifyExport(file), { code: "audit-export-invalid" });
  }
});
