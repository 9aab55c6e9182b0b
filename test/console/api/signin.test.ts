// Signing in: codes that work once and for a while, guesses that cost more and more, sessions that end.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { CODE_LIVES_MS, normalCode, OPERATOR } from "../../../console/api/desk/codes.ts";
import { SESSION_LIVES_MS } from "../../../console/api/desk/sessions.ts";
import { startScreen } from "../support/screen.ts";

let s: Awaited<ReturnType<typeof startScreen>>;
before(async () => {
  s = await startScreen();
});
beforeEach(() => {
  s.time.mono += 3_600_000;
});
after(() => s.end());
const signIn = (code: string) => s.post("/api/signin", { code });

test("a code as a person types it: any case, spaces, letters that look like digits", () => {
  assert.equal(normalCode(" ab12-oil0 "), "AB120110");
});

test("a code gives a session, once; the cookie is out of reach of scripts and other sites", async () => {
  const { code, expiresAt } = s.desk.issue();
  assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
  assert.equal(expiresAt, s.time.now + CODE_LIVES_MS);
  const first = await signIn(code.toLowerCase());
  assert.equal(first.status, 200);
  const me = JSON.parse(first.text);
  assert.deepEqual([me.account, me.expiresAt, me.agencies], [OPERATOR, s.time.now + SESSION_LIVES_MS, null]);
  const [cookie] = first.headers["set-cookie"] as string[];
  assert.match(cookie!, /^vonggac=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  const again = await signIn(code);
  assert.deepEqual([again.status, again.code], [403, "code-wrong"]);
  const mine = await s.get("/api/me", { cookie: cookie!.split(";")[0]! });
  assert.deepEqual(JSON.parse(mine.text), me);
});

test("a code that expired is told from one that never was", async () => {
  const { code } = s.desk.issue();
  s.time.now += CODE_LIVES_MS;
  const late = await signIn(code);
  assert.deepEqual([late.status, late.code], [410, "code-expired"]);
  assert.deepEqual([(await signIn("AAAA-AAAA-AAAA")).code], ["code-wrong"]);
});

test("guessing: five are free, then the wait doubles; a right code during the wait is not looked at", async () => {
  const { code } = s.desk.issue();
  for (let i = 0; i < 5; i++) assert.equal((await signIn(`WRONG${i}`)).status, 403);
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    const held = await signIn(code);
    assert.deepEqual([held.status, held.code], [429, "too-many-guesses"]);
    waits.push(Number(held.headers["retry-after"]));
    s.time.mono += waits.at(-1)! * 1000;
    assert.equal((await signIn(`WRONG${i}`)).status, 403);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  s.time.mono += 60_000;
  assert.equal((await signIn(code)).status, 200);
});

test("one who guesses does not lock out another address", () => {
  for (let i = 0; i < 30; i++) s.desk.byCode("WRONG", "192.0.2.1");
  assert.ok("refused" in s.desk.byCode(s.desk.issue().code, "192.0.2.1"));
  assert.ok("cookie" in s.desk.byCode(s.desk.issue().code, "192.0.2.2"));
});

test("a session ends by itself, and by signing out", async () => {
  const cookie = s.signIn();
  assert.equal((await s.get("/api/me", { cookie })).status, 200);
  const out = await s.post("/api/signout", {}, { cookie });
  assert.equal(out.status, 200);
  assert.match(String(out.headers["set-cookie"]), /vonggac=; .*Max-Age=0/);
  assert.deepEqual([(await s.get("/api/me", { cookie })).code], ["session-required"]);
  const other = s.signIn();
  s.time.now += SESSION_LIVES_MS - 1;
  assert.equal((await s.get("/api/me", { cookie: other })).status, 200);
  s.time.now += 1;
  assert.equal((await s.get("/api/me", { cookie: other })).status, 401);
});

test("a record that cannot be written: said by name, and the code is not used up in vain", async () => {
  const { code } = s.desk.issue();
  const { saveSession } = s.store.accounts;
  s.store.accounts.saveSession = () => {
    throw Object.assign(new Error("database or disk is full"), { errcode: 13 });
  };
  const held = await signIn(code);
  assert.deepEqual([held.status, held.code], [503, "store-unavailable"]);
  s.store.accounts.saveSession = saveSession;
  assert.equal((await signIn(code)).status, 200);
});

test("what is no code, no JSON or far too long is refused before anything is compared", async () => {
  for (const [body, status, code] of [
    [{}, 400, "code-required"],
    [{ code: 5 }, 400, "code-required"],
    [{ code: "x".repeat(65) }, 400, "code-required"],
    [{ code: "x".repeat(2_000) }, 413, "body-too-large"],
  ] as const) {
    const answer = await s.post("/api/signin", body);
    assert.deepEqual([answer.status, answer.code], [status, code]);
  }
});

test("the record holds neither code nor cookie, and the audit says who and when, the address beside its chain", () => {
  const { code } = s.desk.issue();
  const entered = s.desk.byCode(code, "192.0.2.9");
  assert.ok("cookie" in entered);
  const acts = s.store.audit.page(undefined, 2);
  assert.deepEqual(
    acts.map(({ entry }) => [entry.act, entry.actor]),
    [
      ["signed-in", OPERATOR],
      ["signin-code-issued", OPERATOR],
    ],
  );
  assert.deepEqual(acts[0]!.personal?.data, { address: "192.0.2.9" });
  const all = JSON.stringify(s.store.audit.page(undefined, 1_000).map((k) => k.entry));
  for (const secret of [code, normalCode(code), entered.cookie, "192.0.2.9"]) assert.ok(!all.includes(secret));
  assert.equal(s.store.accounts.session(Buffer.from(entered.cookie), s.time.now), undefined);
});
