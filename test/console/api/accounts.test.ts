// A person's way in, as it is lived: made by an administrator, invited, password, second factor, recovery; and everything that is
// refused on it. Tokens and repeated writes, over the real server.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { PROOF_FRESH_MS } from "../../../console/api/desk/sessions.ts";
import { codeOf, stepAt } from "../../../console/people/totp.ts";
import { incident } from "../support/province.ts";
import { type Answer, startScreen } from "../support/screen.ts";

let s: Awaited<ReturnType<typeof startScreen>>;
let admin: string;
before(async () => {
  s = await startScreen();
});
beforeEach(() => {
  s.time.mono += 24 * 3_600_000;
  s.time.now += 24 * 3_600_000;
  admin = s.signIn();
});
after(() => s.end());

const PASSWORD = "một mật khẩu đủ dài";
const json = (answer: Answer) => JSON.parse(answer.text);
const cookieOf = (answer: Answer) => String(answer.headers["set-cookie"]).split(";")[0]!;
const fromBase32 = (text: string): Buffer => {
  const bits = [...text]
    .map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from(bits.match(/.{8}/g)!.map((b) => Number.parseInt(b, 2)));
};
const totp = (secret: Buffer, off = 0) => codeOf(secret, stepAt(s.time.now) + off);
let n = 0;
/** An account that is set up, as its owner would. */
async function settled(over: object = {}) {
  const name = `person${++n}`;
  const made = await s.post(
    "/api/accounts",
    { name, display: "Lan", roles: ["security-staff"], ...over },
    { cookie: admin },
  );
  assert.equal(made.status, 201, made.text);
  const { account, invitation } = json(made);
  const first = json(await s.post("/api/signin", { code: invitation.code }));
  assert.equal(first.next, "set-password");
  const second = json(await s.post("/api/signin/new-password", { ticket: first.ticket, password: PASSWORD }));
  assert.equal(second.next, "enrol");
  const secret = fromBase32(json(await s.post("/api/signin/new-factor", { ticket: second.ticket })).secret);
  const done = await s.post("/api/signin/second", { ticket: second.ticket, code: totp(secret) });
  assert.equal(done.status, 200, done.text);
  return {
    name,
    uid: account.uid as string,
    secret,
    recovery: json(done).recoveryCodes as string[],
    cookie: cookieOf(done),
  };
}
const password = (account: string, given = PASSWORD) => s.post("/api/signin/password", { account, password: given });

test("invited, a password, a second factor with recovery codes; then name, password and code each time", async () => {
  const lan = await settled();
  assert.equal(lan.recovery.length, 10);
  assert.deepEqual(json(await s.get("/api/me", { cookie: lan.cookie })).roles, ["security-staff"]);
  const step = json(await password(lan.name.toUpperCase()));
  assert.equal(step.next, "second-factor");
  const replayed = await s.post("/api/signin/second", { ticket: step.ticket, code: totp(lan.secret) });
  assert.equal(replayed.code, "code-wrong", "the code that set it up does not work again");
  s.time.now += 30_000;
  const entered = await s.post("/api/signin/second", { ticket: step.ticket, code: totp(lan.secret) });
  assert.equal(entered.status, 200);
  assert.equal(
    (await s.post("/api/signin/second", { ticket: step.ticket, code: totp(lan.secret, 1) })).code,
    "ticket-invalid",
  );
});

test("a recovery code stands in for the second factor, once", async () => {
  const lan = await settled();
  for (const expected of [200, 403]) {
    const { ticket } = json(await password(lan.name));
    const answer = await s.post("/api/signin/second", { ticket, code: lan.recovery[3]!.toLowerCase() });
    assert.equal(answer.status, expected);
  }
});

test("no step is skipped, and a password alone is no session", async () => {
  const lan = await settled();
  const answer = await password(lan.name);
  assert.equal(answer.headers["set-cookie"], undefined);
  const { ticket } = json(answer);
  assert.equal((await s.post("/api/signin/new-password", { ticket, password: PASSWORD })).code, "ticket-invalid");
  assert.equal((await s.post("/api/signin/new-factor", { ticket })).code, "ticket-invalid");
  s.time.mono += 11 * 60_000;
  assert.equal((await s.post("/api/signin/second", { ticket, code: totp(lan.secret, 1) })).code, "ticket-invalid");
});

test("an unknown name and a wrong password are one answer; guesses lock the account from everywhere, and not for ever", async () => {
  const lan = await settled();
  const [wrong, nobody] = [await password(lan.name, "x".repeat(12)), await password("nobody", "x".repeat(12))];
  assert.deepEqual([wrong.status, wrong.text], [nobody.status, nobody.text]);
  for (let i = 0; i < 8; i++) {
    s.time.mono += 120_000;
    await password(lan.name, "wrong wrong wrong");
  }
  s.time.mono += 120_000;
  const locked = await password(lan.name);
  assert.deepEqual([locked.status, locked.code], [429, "too-many-guesses"]);
  assert.ok(Number(locked.headers["retry-after"]) <= 900);
  s.time.now += 900_000;
  s.time.mono += 900_000;
  assert.equal((await password(lan.name)).status, 200);
});

test("the sealed account opens only while the provider is down, and then loudly", async () => {
  await settled({ roles: ["administrator"] });
  const sealed = await settled({ roles: ["administrator", "security-lead"] });
  s.time.now += 60_000;
  const change = await s.call(
    "PATCH",
    `/api/accounts/${sealed.uid}`,
    { host: s.host, origin: `http://${s.host}`, "x-vonggac": "1", cookie: admin },
    { state: "sealed" },
  );
  assert.equal(change.status, 200, change.text);
  assert.equal((await s.get("/api/me", { cookie: sealed.cookie })).code, "session-required", "its sessions ended");
  s.provider.is = "up";
  assert.equal((await password(sealed.name)).code, "account-sealed");
  assert.deepEqual(s.alarms, []);
  s.provider.is = "down";
  const { ticket } = json(await password(sealed.name));
  const entered = await s.post("/api/signin/second", { ticket, code: totp(sealed.secret) });
  assert.equal(entered.status, 200);
  assert.deepEqual(s.alarms, [{ code: "sealed-account-opened", facts: { account: sealed.uid } }]);
  const acts = s.store.audit.page(undefined, 1).map((k) => [k.entry.act, k.entry.actor, k.entry.detail["method"]]);
  assert.deepEqual(acts, [["signed-in", sealed.uid, "sealed"]]);
  s.provider.is = "absent";
});

test("what is hard to undo asks for a fresh proof, and takes it from its owner only", async () => {
  const boss = await settled({ roles: ["administrator"] });
  const make = () =>
    s.post("/api/accounts", { name: `x${++n}`, display: "X", roles: ["auditor"] }, { cookie: boss.cookie });
  assert.equal((await make()).status, 201, "just signed in");
  s.time.now += PROOF_FRESH_MS;
  assert.equal((await make()).code, "proof-required");
  assert.equal((await s.post("/api/me/proof", { code: "000000" }, { cookie: boss.cookie })).code, "code-wrong");
  assert.equal((await s.post("/api/me/proof", { code: totp(boss.secret) }, { cookie: boss.cookie })).status, 200);
  assert.equal((await make()).status, 201);
});

test("nobody takes their own rights away, nor the last administrator's", async () => {
  const boss = await settled({ roles: ["administrator"] });
  const change = (body: object, cookie: string) =>
    s.call(
      "PATCH",
      `/api/accounts/${boss.uid}`,
      { host: s.host, origin: `http://${s.host}`, "x-vonggac": "1", cookie },
      body,
    );
  assert.equal((await change({ roles: ["auditor"] }, boss.cookie)).code, "account-own");
  assert.equal((await change({ roles: ["agency-it"] }, admin)).code, "agency-missing");
  assert.equal((await change({ agencies: ["nowhere"] }, admin)).code, "agency-unknown");
});

test("a token: no further than its owner, hashed, expiring, revoked; and it neither proves nor makes accounts", async () => {
  const lan = await settled({ roles: ["administrator"] });
  const make = (body: object) =>
    s.post(
      "/api/me/tokens",
      { label: "script", roles: ["administrator"], expiresAt: s.time.now + 7_200_000, ...body },
      { cookie: lan.cookie },
    );
  assert.equal((await make({ roles: ["security-lead"] })).code, "scope-too-wide");
  assert.equal((await make({ expiresAt: s.time.now + 1_000 })).code, "token-life");
  const made = json(await make({ agencies: ["xa-mot"] }));
  const authorization = `Bearer ${made.secret}`;
  const agencies = json(await s.get("/api/agencies", { authorization })).items;
  assert.deepEqual(
    agencies.map((a: { id: string }) => a.id),
    ["xa-mot"],
  );
  const plain = { host: s.host, authorization };
  const name = { name: "by-token", display: "X", roles: ["auditor"] };
  assert.equal((await s.call("POST", "/api/accounts", plain, name)).code, "not-by-token");
  assert.ok(!JSON.stringify(s.store.tokens.list()).includes(made.secret.slice(-43)));
  for (const wrong of [`${authorization}x`, "Bearer vgt_aaaaaaaaaaaaaaaa_", "Basic eDp4"])
    assert.equal((await s.get("/api/agencies", { authorization: wrong })).code, "token-invalid");
  s.time.now += 7_200_000;
  assert.equal((await s.get("/api/agencies", { authorization })).code, "token-invalid", "expired");
});

test("a write with a key is done once: the same answer again, another request refused, a secret not kept", async () => {
  const key = { "idempotency-key": "0123456789" };
  const write = (path: string, body: object, headers: object = key) =>
    s.post(path, body, { cookie: admin, ...headers } as Record<string, string>);
  s.keep(incident("INC-000001"));
  s.said.act = { ok: true, incident: incident("INC-000001") };
  s.acts.length = 0;
  const path = "/api/incidents/INC-000001/close";
  const first = await write(path, { resolution: "x" });
  const again = await write(path, { resolution: "x" });
  assert.deepEqual([again.status, again.text, again.headers["idempotency-replayed"]], [200, first.text, "true"]);
  assert.equal(s.acts.length, 1);
  assert.equal((await write(path, { resolution: "y" })).code, "idempotency-key-reused");
  assert.equal(
    (await write(path, { resolution: "x" }, { "idempotency-key": "short" })).code,
    "idempotency-key-invalid",
  );
  s.said.act = { ok: false, code: "incident-open" };
  const other = { "idempotency-key": "abcdefghij" };
  for (let i = 0; i < 2; i++) assert.equal((await write(path, { resolution: "x" }, other)).code, "incident-open");
  const account = { name: "once", display: "X", roles: ["auditor"] };
  const third = { "idempotency-key": "key-of-an-account" };
  assert.equal((await write("/api/accounts", account, third)).status, 201);
  assert.equal((await write("/api/accounts", account, third)).code, "idempotency-done");
});

test("a look at personal data is in the audit; so is erasing it, and the chain stays whole", async () => {
  const lan = await settled();
  await s.get("/api/accounts", { cookie: admin });
  const { entry } = s.store.audit.page(undefined, 1)[0]!;
  assert.deepEqual([entry.act, entry.subject], ["personal-data-read", "accounts"]);
  const erased = json(await s.post(`/api/accounts/${lan.uid}/erase`, {}, { cookie: admin })).erased;
  assert.ok(erased > 0);
  assert.equal((await s.get("/api/me", { cookie: lan.cookie })).code, "session-required");
  const verdict = json(await s.get("/api/audit/verify", { cookie: admin }));
  assert.deepEqual([verdict.ok, verdict.erased >= erased], [true, true]);
  const lines = (await s.get("/api/audit/export", { cookie: admin })).text.trim().split("\n");
  assert.ok(lines.length > verdict.entries);
  assert.ok(JSON.parse(lines.at(-1)!).head.hash);
});

test("too many requests are told to wait, and when", async () => {
  let limited: Answer | undefined;
  for (let i = 0; i < 100 && !limited; i++) {
    const answer = await s.get("/api/signin");
    if (answer.status === 429) limited = answer;
  }
  assert.equal(limited?.code, "too-many-requests");
  assert.equal(limited.headers["retry-after"], "1");
});
