// Who may be an agent: a person's yes where policy asks for it, and revocation, through a whole console and a real enrolment CA.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { join as joinPath } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningCa, startCa } from "../../console/enrol-ca/main.ts";
import { createLog } from "../../console/log.ts";
import { connectPeer, join, post } from "./support/client.ts";
import { makeCsr } from "./support/pki.ts";
import { eventually, type Rig, startRig } from "./support/rig.ts";

let rig: Rig;
let ca: RunningCa;
const tokens: { agent: string; sha256: string; expiresAt: number }[] = [];

function newToken(agent: string): string {
  const token = `token-${tokens.length}-of-${agent}`;
  tokens.push({ agent, sha256: createHash("sha256").update(token).digest("hex"), expiresAt: Date.now() + 600_000 });
  writeFileSync(joinPath(rig.folder, "tokens.json"), JSON.stringify(tokens), { mode: 0o640 });
  return token;
}

before(async () => {
  rig = await startRig((config) => {
    config.enrolment = { approve: ["commune"] };
  });
  const file = (name: string) => joinPath(rig.folder, name);
  writeFileSync(file("agents-ca.key"), rig.agentsCa.key, { mode: 0o600 });
  newToken("nobody");
  ca = await startCa(
    {
      socket: rig.config.enrolSocket,
      caCertFile: rig.config.gateway.clientRootsFile,
      caKeyFile: file("agents-ca.key"),
      tokensFile: file("tokens.json"),
      stateDir: file("ca-state"),
      days: 30,
    },
    createLog("silent"),
  );
});
after(async () => {
  await ca.close();
  await rig.end();
});

/** The API, as whoever holds the machine. */
function api<T>(method: string, path: string, body?: unknown): Promise<T & { code?: string }> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = payload === undefined ? {} : { "content-type": "application/json" };
    const sent = request({ socketPath: rig.config.adminSocket, method, path, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (d: string) => {
        text += d;
      });
      response.on("end", () => resolve(JSON.parse(text)));
    });
    sent.on("error", reject);
    sent.end(payload);
  });
}
const enrol = async (token: string, csr: string) =>
  post(rig.doorWith(undefined), "/enrol", JSON.stringify({ token, csr }));
const asks = async (agent: string) => {
  type Request = { agent: string; keySha256: string; state: string };
  const { items } = await api<{ items: Request[] }>("GET", "/api/enrolments");
  return items.filter((i) => i.agent === agent);
};

test("where policy asks for it, a token alone opens nothing: a person says yes to one key, and it is used up", async () => {
  const token = newToken("xa-mot");
  const [mine, thief] = [await makeCsr({ name: "xa-mot" }), await makeCsr()];
  for (const { csr } of [mine, mine, thief]) {
    const answer = await enrol(token, csr);
    assert.deepEqual([answer.status, answer.body.code], [403, "approval-pending"]);
  }
  const waiting = await asks("xa-mot");
  assert.deepEqual(
    waiting.map((w) => w.state),
    ["waiting", "waiting"],
  );
  const decide = (keySha256: string, decision: string) =>
    api("POST", "/api/agents/xa-mot/enrolment", { keySha256, decision });
  assert.equal((await decide("0".repeat(64), "approve")).code, "enrolment-unknown");
  const keyOf = (said: Record<string, string>) => /key ([0-9a-f]{64})/.exec(said["detail"]!)![1]!;
  await decide(keyOf((await enrol(token, thief.csr)).body), "refuse");
  await decide(keyOf((await enrol(token, mine.csr)).body), "approve");
  assert.equal((await enrol(token, thief.csr)).body.code, "approval-refused");
  const answer = await enrol(token, mine.csr);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  await (await join(rig.doorWith({ cert: answer.body.certificate!, key: mine.key }), "xa-mot")).end();
  assert.deepEqual(await asks("xa-mot"), [], "nothing is left to be used again");
});

test("whoever found a token cannot fill the record with requests", async () => {
  const token = newToken("xa-hai");
  for (let i = 0; i < 8; i++) assert.equal((await enrol(token, (await makeCsr()).csr)).body.code, "approval-pending");
  assert.equal((await asks("xa-hai")).length, 5);
});

test("agents of other levels come in by their token alone", async () => {
  const { csr } = await makeCsr();
  assert.equal((await enrol(newToken("bast1"), csr)).status, 200);
});

test("revoked: cut at once, refused from then on and after a restart, back only by token and approval; all of it audited", async () => {
  const door = await rig.door("bast1");
  const peer = await join(door, "bast1");
  assert.equal((await api("POST", "/api/agents/no-such/revocation", { reason: "x" })).code, "agent-unknown");
  assert.equal((await api("POST", "/api/agents/bast1/revocation", { reason: " " })).code, "reason-required");
  await api("POST", "/api/agents/bast1/revocation", { reason: "the disk was stolen" });
  assert.equal((await peer.next("refuse")).code, "certificate-revoked");
  await peer.closed;
  const shut = { status: 401, code: "client-certificate-revoked" };
  await assert.rejects(connectPeer(door), shut);
  await rig.stop();
  await rig.start();
  await assert.rejects(connectPeer({ ...door, port: rig.console.gatewayPort }), shut);

  // A certificate says its begin in whole seconds: one of the same second as the revocation would be refused too.
  await sleep(1_100);
  const token = newToken("bast1");
  const { csr, key } = await makeCsr();
  assert.equal((await enrol(token, csr)).body.code, "approval-pending", "though its level needs none");
  const [request] = await asks("bast1");
  await api("POST", "/api/agents/bast1/enrolment", { keySha256: request!.keySha256, decision: "approve" });
  const { body } = await enrol(token, csr);
  await (await join(rig.doorWith({ cert: body.certificate!, key }), "bast1")).end();
  await assert.rejects(connectPeer({ ...door, port: rig.console.gatewayPort }), shut, "the old one stays out");

  const revocations = await api<{ items: { agent: string; reason: string }[] }>("GET", "/api/revocations");
  assert.deepEqual(
    revocations.items.map((r) => [r.agent, r.reason]),
    [["bast1", "the disk was stolen"]],
  );
  const audit = await api<{ items: { act: string; subject: string }[] }>("GET", "/api/audit?limit=50");
  const of = (act: string) => audit.items.filter((e) => e.act === act).map((e) => e.subject);
  assert.deepEqual(of("agent-revoked"), ["bast1"]);
  assert.deepEqual(of("enrolment-approved").sort(), ["bast1", "xa-mot"]);
  assert.deepEqual(of("enrolment-refused"), ["xa-mot"]);
  await eventually("the status tells", async () => (await rig.admin<{ ready: boolean }>("/status")).ready);
});
