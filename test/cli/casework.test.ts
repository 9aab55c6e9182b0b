// Casework from the command line against a running console: one incident from declaring to closing, its silence, tasks, clocks,
// evidence and record; by the machine's socket and by a token; and what each verb refuses.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Rig, startRig } from "../console/support/rig.ts";

const CLI = fileURLToPath(new URL("../../cli/vonggac.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "vonggac-cli-"));
let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig.end());

const run = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env: { ...process.env, LC_ALL: "C", ...env } }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
/** Done, by the admin socket: what it printed as JSON. */
async function done<T>(...args: string[]): Promise<T> {
  const said = await run([...args, "--json", "--socket", rig.config.adminSocket]);
  assert.equal(said.code, 0, `${args.join(" ")}: ${said.err}`);
  return JSON.parse(said.out) as T;
}
/** Refused: exit code 1 and the refusal's name. */
async function refused(code: string, ...args: string[]): Promise<void> {
  const said = await run([...args, "--socket", rig.config.adminSocket]);
  assert.equal(said.code, 1, said.out);
  assert.ok(said.err.includes(code), said.err);
}
interface Incident {
  id: string;
  state: string;
  owner?: string;
  severity: string;
  resolution?: string;
}
const declare = (...more: string[]) =>
  done<Incident>("incident", "declare", "--asset", "portal", "--class", "data", "--summary", "Lộ danh sách", ...more);

test("from declaring to closing: taken, classified, its notice sent, its task done, evidence in and out, exported, closed", async () => {
  const { id } = await declare("--agencies", "xa-mot,xa-hai", "--actor", "203.0.113.9");
  // Agents that never came are incidents of their own.
  assert.ok((await done<Incident[]>("incident", "list", "--open")).some((i) => i.id === id));
  assert.equal((await done<Incident[]>("incident", "list", "--search", "no such thing")).length, 0);
  assert.equal((await done<Incident>("incident", "ack", id)).owner, "operator");
  assert.equal((await done<Incident>("incident", "investigate", id)).state, "investigating");
  await refused("reason-required", "incident", "classify", id, "--nature", "malware");
  await done("incident", "classify", id, "--nature", "data-loss", "--grades", "personal-data");
  const [clock] = await done<{ id: string; dueAt: number; metAt?: number }[]>("clock", "list", id);
  assert.ok(clock!.dueAt > Date.now() && clock!.metAt === undefined);
  await refused("time-impossible", "clock", "notice", id, clock!.id, "--to", "A05", "--sent", "+1h");
  await done("clock", "notice", id, clock!.id, "--to", "A05", "--reference", "12/BC");
  assert.ok((await done<{ metAt?: number }[]>("clock", "list", id))[0]!.metAt !== undefined);

  const before = await done<{ id: string }[]>("task", "list", id);
  const tasks = await done<{ id: string; state: string }[]>("task", "add", id, "Gọi nhà cung cấp", "--due", "+2h");
  assert.equal(tasks.length, before.length + 1);
  const own = tasks.at(-1)!.id;
  await refused("reason-required", "task", "skip", id, own);
  assert.equal((await done<{ state: string }[]>("task", "done", id, own)).at(-1)!.state, "done");
  await done("incident", "comment", id, "Đã gọi, hẹn 16 giờ");
  await refused("text-required", "incident", "comment", id, "  ");

  const file = join(folder, "access.log");
  writeFileSync(file, "203.0.113.9 GET /ds.csv\n");
  const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
  assert.equal(
    (await done<{ sha256: string }>("incident", "evidence", "add", id, file, "--note", "từ web1")).sha256,
    sha256,
  );
  assert.equal((await done<{ good: number }>("incident", "evidence", "verify", id)).good, 1);
  const back = join(folder, "back.log");
  await done("incident", "evidence", "get", id, sha256, "--out", back);
  assert.ok(readFileSync(back).equals(readFileSync(file)));
  await refused("evidence-unknown", "incident", "evidence", "get", id, "0".repeat(64), "--out", join(folder, "x"));

  const shown = await run(["incident", "show", id, "--socket", rig.config.adminSocket]);
  assert.match(shown.out, /data-loss[\s\S]*comment[\s\S]*Đã gọi[\s\S]*evidence-received/);
  const record = join(folder, "record.csv");
  assert.equal(
    (await run(["export", id, "--format", "csv", "--out", record, "--socket", rig.config.adminSocket])).code,
    0,
  );
  assert.ok(readFileSync(record, "utf8").includes(sha256));

  await refused("incident-open", "incident", "close", id, "--resolution", "x");
  await done("incident", "contain", id, "--reason", "Đã gỡ tệp");
  await done("incident", "recover", id, "--reason", "Không còn truy cập");
  assert.equal((await done<Incident>("incident", "close", id, "--resolution", "Gỡ tệp, đổi quyền")).state, "closed");
  assert.equal((await done<Incident>("incident", "reopen", id, "--reason", "Còn bản sao")).state, "investigating");
});

test("a lead's acts: assigned, set in severity, corrected in time, joined with another", async () => {
  const [first, second] = [await declare(), await declare()];
  assert.equal(
    (await done<Incident>("incident", "assign", first.id, "--to", "lan", "--reason", "ca trực")).owner,
    "lan",
  );
  const severe = await done<Incident>(
    "incident",
    "severity",
    first.id,
    "--severity",
    "critical",
    "--reason",
    "dữ liệu y tế",
  );
  assert.equal(severe.severity, "critical");
  await refused("time-impossible", "incident", "detected", first.id, "--at", "2999-01-01T00:00Z", "--reason", "x");
  await done("incident", "detected", first.id, "--at", "2026-01-01T08:00+07:00", "--reason", "nhật ký máy chủ");
  await refused("nothing-to-split", "incident", "split", first.id, "--agencies", "xa-mot", "--reason", "x");
  assert.equal(
    (await done<Incident>("incident", "merge", second.id, "--into", first.id, "--reason", "cùng tệp")).state,
    "closed",
  );
});

test("silences: previewed, made, listed, ended; late maintenance needs its reason", async () => {
  const what = ["--match", "asset=hub1", "--match", "class!=intrusion", "--until", "+4h", "--reason", "thay nguồn"];
  const preview = await done<{ assets: string[]; noticeWorkingDays: number }>("silence", "preview", ...what);
  assert.ok(preview.assets.includes("hub1"));
  const made = await done<{ id: string; matchers: unknown[] }>("silence", "add", ...what);
  assert.deepEqual(made.matchers, [
    { field: "asset", op: "is", values: ["hub1"] },
    { field: "class", op: "is-not", values: ["intrusion"] },
  ]);
  await refused("notice-too-late", "silence", "add", ...what, "--maintenance");
  await refused("silence-matches-all", "silence", "add", "--match", "severity=high", "--until", "+1h", "--reason", "x");
  const ended = await done<{ endedAt?: number }>("silence", "end", made.id, "--reason", "xong sớm");
  assert.ok(ended.endedAt !== undefined);
  await refused("silence-over", "silence", "end", made.id, "--reason", "x");
  assert.equal((await done<unknown[]>("silence", "list")).length, 1);
});

test("the watch is handed over; help of every verb; what is not understood ends with 2", async () => {
  assert.equal((await done<{ account: string }[]>("duty", "show"))[0]!.account, "operator");
  const given = await done<{ open: string[] }>("duty", "hand-over", "lan", "--note", "theo dõi hub1");
  assert.ok(given.open.length > 0);
  for (const verb of ["incident", "incident evidence", "silence", "task", "clock", "duty", "export"]) {
    const help = await run([...verb.split(" "), "--help"]);
    assert.equal(help.code, 0, verb);
    assert.doesNotMatch(help.out, /\b(help|option|argument)\.[a-z]/, `${verb}: a text is missing`);
  }
  for (const args of [
    ["incident", "close", "INC-000001"],
    ["silence", "add", "--match", "colour=red", "--until", "+1h", "--reason", "x"],
    ["silence", "add", "--match", "asset=hub1", "--until", "tomorrow", "--reason", "x"],
    ["silence", "add", "--match", "asset=hub1", "--until", "2026-11-27T08:00", "--reason", "x"],
    ["incident", "list", "--token", "vgt_x"],
  ])
    assert.equal((await run(args)).code, 2, args.join(" "));
});

test("from elsewhere: a token from the environment or a file, with its own rights and no more", async () => {
  const body = { label: "t", roles: ["administrator"], expiresAt: Date.now() + 7_200_000 };
  const made = await run([
    "api",
    "call",
    "POST",
    "/api/me/tokens",
    "--data",
    JSON.stringify(body),
    "--socket",
    rig.config.adminSocket,
  ]);
  const { secret } = JSON.parse(made.out) as { secret: string };
  const url = ["--url", `http://127.0.0.1:${rig.console.screenPort}`];
  const listed = await run(["incident", "list", "--json", ...url], { VONGGAC_TOKEN: secret });
  assert.ok(JSON.parse(listed.out).length > 0, listed.err);
  const file = join(folder, "token");
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  assert.equal((await run(["incident", "list", ...url, "--token-file", file])).code, 0);
  const [{ id }] = JSON.parse(listed.out);
  const acked = await run(["incident", "ack", id, ...url], { VONGGAC_TOKEN: secret });
  assert.deepEqual(
    [acked.code, /permission-missing/.test(acked.err)],
    [1, true],
    "an administrator does not work on incidents",
  );
  const wrong = await run(["incident", "list", ...url], { VONGGAC_TOKEN: `${secret}x` });
  assert.match(wrong.err, /token-invalid/);
});
