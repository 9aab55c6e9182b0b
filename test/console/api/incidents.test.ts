// What a signed-in person does to incidents: each refusal by name, bodies bounded, and what stands behind an incident.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { OPERATOR } from "../../../console/api/desk/codes.ts";
import type { ActRefusal } from "../../../protocol/index.ts";
import { bad, good, incident } from "../support/province.ts";
import { startScreen } from "../support/screen.ts";

let s: Awaited<ReturnType<typeof startScreen>>;
let cookie: string;
const [PORTAL, LINK] = ["xa-mot/certificate/portal", "xa-mot/link/hub1~xa-mot"];
before(async () => {
  s = await startScreen();
  cookie = s.signIn();
  s.keep(incident("INC-000001", { openedAt: s.time.now, target: PORTAL }));
});
after(() => s.end());
const close = (body: unknown) => s.post("/api/incidents/INC-000001/close", body, { cookie });

for (const [code, status] of Object.entries({
  "incident-unknown": 404,
  "incident-closed": 409,
  "incident-open": 409,
  "owned-by-other": 409,
  "move-not-allowed": 409,
  "machine-decides": 409,
  "nothing-to-merge": 409,
  "nothing-to-split": 409,
  "reason-required": 400,
  "resolution-required": 400,
  "time-impossible": 400,
  "store-unavailable": 503,
} satisfies Record<ActRefusal, number>))
  test(`${code} is ${status}`, async () => {
    s.said.act = { ok: false, code: code as ActRefusal };
    const answer = await close({ resolution: "cable replaced" });
    assert.deepEqual([answer.status, answer.code], [status, code]);
    assert.ok(JSON.parse(answer.text).detail.length > 10, "with a sentence for people");
  });

test("closing needs a resolution that says something", async () => {
  s.acts.length = 0;
  for (const body of [
    {},
    { resolution: "" },
    { resolution: "  \n" },
    { resolution: 1 },
    { resolution: "x".repeat(4_001) },
  ]) {
    const answer = await close(body);
    assert.deepEqual([answer.status, answer.code], [400, "resolution-required"]);
  }
  assert.deepEqual((await close({ resolution: "x".repeat(20_000) })).code, "body-too-large");
  assert.deepEqual(s.acts, []);
});

test("an act is the signed-in account's, on that incident", async () => {
  s.acts.length = 0;
  const kept = incident("INC-000001", { openedAt: s.time.now, target: PORTAL });
  s.said.act = { ok: true, incident: kept };
  const answer = await close({ resolution: " cable replaced " });
  assert.deepEqual([answer.status, JSON.parse(answer.text)], [200, { incident: kept }]);
  await s.post("/api/incidents/INC-000001/acknowledge", {}, { cookie });
  assert.deepEqual(s.acts, [
    [OPERATOR, "INC-000001", { kind: "close", resolution: "cable replaced" }],
    [OPERATOR, "INC-000001", { kind: "acknowledge" }],
  ]);
});

test("paths that are no act are not found, and GET does nothing", async () => {
  s.acts.length = 0;
  for (const path of [
    "/api/incidents/INC-000001/delete",
    "/api/incidents/a%2Fb/close",
    "/api/incidents//close",
    "/api/other",
  ])
    assert.equal((await s.post(path, {}, { cookie })).status, 404);
  assert.equal((await s.get("/api/incidents/INC-000001/close", { cookie })).status, 405);
  assert.deepEqual(s.acts, []);
});

test("behind an incident: the items of its evidence's targets, newest first, with what led to it", async () => {
  const at = s.time.now;
  s.store.transaction(() => {
    s.store.items.append("xa-mot", 1, 1, [good(PORTAL)], at - 3_600_000);
    s.store.items.append("xa-mot", 1, 2, [good(PORTAL), good(LINK)], at - 60_000);
    s.store.items.append("xa-mot", 1, 4, [bad(PORTAL, "CERT_EXPIRED")], at);
  });
  const answer = JSON.parse((await s.get("/api/incidents/INC-000001/log", { cookie })).text);
  assert.deepEqual(
    answer.items.map((i: { seq: number }) => i.seq),
    [4, 2],
  );
  assert.equal((await s.get("/api/incidents/INC-000002/log", { cookie })).status, 404);
});
