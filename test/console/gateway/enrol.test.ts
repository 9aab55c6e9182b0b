// Enrolment through the gateway's door, before a real CA: statuses, names, limits, and a CA that is not there.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join as joinPath } from "node:path";
import { after, before, test } from "node:test";
import { type RunningCa, startCa } from "../../../console/enrol-ca/main.ts";
import { createLog } from "../../../console/log.ts";
import { connectPeer, post } from "../support/client.ts";
import { startPeerless } from "../support/gateway.ts";
import { agentLeaf, makeCsr } from "../support/pki.ts";

let bench: Awaited<ReturnType<typeof startPeerless>>;
let ca: RunningCa;
const TOKEN = "once-only";

async function openCa() {
  const folder = joinPath(bench.config.dataDir, "..");
  const file = (name: string) => joinPath(folder, name);
  writeFileSync(file("ca.key"), bench.agentsCa.key, { mode: 0o600 });
  const row = {
    agent: "xa-mot",
    sha256: createHash("sha256").update(TOKEN).digest("hex"),
    expiresAt: Date.now() + 60_000,
  };
  writeFileSync(file("tokens.json"), JSON.stringify([row]), { mode: 0o640 });
  const config = {
    socket: bench.config.enrolSocket,
    caCertFile: bench.config.gateway.clientRootsFile,
    caKeyFile: file("ca.key"),
    tokensFile: file("tokens.json"),
    stateDir: file("ca-state"),
    days: 30,
  };
  return startCa(config, createLog("silent"));
}
before(async () => {
  bench = await startPeerless({ enrols: { burst: 100, perSecond: 1 }, enrolMs: 500 });
});
after(() => bench.end());

const nobody = () => bench.doorWith(undefined);
const body = (value: object) => JSON.stringify(value);

test("no CA behind the door: try again, by name", async () => {
  const answer = await post(nobody(), "/enrol", body({ token: TOKEN, csr: (await makeCsr()).csr }));
  assert.deepEqual([answer.status, answer.body.code], [503, "enrolment-unavailable"]);
});

test("a CA that does not answer, answers nonsense, or hangs up is the same to an agent", async () => {
  for (const reply of [undefined, "nonsense\n", '{"ok":true}\n', ""]) {
    const server = createServer((s) => {
      s.on("error", () => {}).resume();
      if (reply === "") s.destroy();
      else if (reply) s.end(reply);
    }).listen(bench.config.enrolSocket);
    const answer = await post(nobody(), "/enrol", body({ token: "x", csr: "y" }));
    assert.deepEqual([answer.status, answer.body.code], [503, "enrolment-unavailable"], String(reply));
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a token gives a certificate that opens the gateway, once; a certificate renews itself", async () => {
  ca = await openCa();
  const asked = await makeCsr({ name: "xa-mot" });
  const answer = await post(nobody(), "/enrol", body({ token: TOKEN, csr: asked.csr }));
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const client = { cert: answer.body.certificate!, key: asked.key };
  const peer = await connectPeer(bench.doorWith(client));
  await peer.end();
  const used = await post(nobody(), "/enrol", body({ token: TOKEN, csr: (await makeCsr()).csr }));
  assert.deepEqual([used.status, used.body.code], [403, "token-used"]);

  const next = await makeCsr({ name: "xa-mot" });
  const renewed = await post(bench.doorWith(client), "/enrol/renew", body({ csr: next.csr }));
  assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
  assert.equal(new X509Certificate(renewed.body.certificate!).subjectAltName, "URI:urn:vonggac:agent:xa-mot");
  const other = await post(
    bench.doorWith(client),
    "/enrol/renew",
    body({ csr: (await makeCsr({ name: "xa-hai" })).csr }),
  );
  assert.deepEqual([other.status, other.body.code], [403, "csr-agent-mismatch"]);
});

test("the CA's refusals come through with a status of their own", async () => {
  const csr = (await makeCsr()).csr;
  for (const [question, status, code] of [
    [{ token: "forged", csr }, 403, "token-unknown"],
    [{ token: TOKEN, csr: "no request" }, 400, "csr-invalid"],
  ] as const) {
    const answer = await post(nobody(), "/enrol", body(question));
    assert.deepEqual([answer.status, answer.body.code], [status, code]);
  }
});

test("what is no question never reaches the CA", async () => {
  for (const [path, text, status, code] of [
    ["/enrol", "{", 400, "body-not-json"],
    ["/enrol", "{}", 400, "request-invalid"],
    ["/enrol", body({ token: "x", csr: "y", agent: "xa-mot" }), 400, "request-invalid"],
    ["/enrol", body({ token: "x", csr: "y".repeat(20_000) }), 413, "body-too-large"],
    ["/other", "{}", 404, "not-found"],
  ] as const) {
    const answer = await post(nobody(), path, text);
    assert.deepEqual([answer.status, answer.body.code], [status, code]);
  }
  assert.equal((await post(nobody(), "/enrol", "", "GET")).status, 405);
});

test("a renewal needs a live certificate of an agent that is known", async () => {
  const { csr } = await makeCsr();
  const renew = async (client: Parameters<typeof bench.doorWith>[0]) => {
    const { status, body: said } = await post(bench.doorWith(client), "/enrol/renew", body({ csr }));
    return [status, said.code];
  };
  assert.deepEqual(await renew(undefined), [401, "client-certificate-required"]);
  const old = await agentLeaf(bench.agentsCa, "xa-mot", { until: Date.now() - 1_000 });
  assert.deepEqual(await renew(old), [401, "client-certificate-expired"]);
  assert.deepEqual(await renew(await agentLeaf(bench.agentsCa, "xa-la")), [403, "agent-unknown"]);
});

test("a revoked agent cannot renew, not even when the revocation comes while the CA signs", async () => {
  await ca.close();
  const client = await agentLeaf(bench.agentsCa, "xa-hai");
  const server = createServer((socket) => {
    socket.on("data", () => {
      bench.revokeSilently("xa-hai");
      socket.end('{"ok":true,"certificate":"signed"}\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(bench.config.enrolSocket, resolve));
  const { csr } = await makeCsr();
  for (const when of ["while it signs", "before it was asked"]) {
    const answer = await post(bench.doorWith(client), "/enrol/renew", body({ csr }));
    assert.deepEqual([answer.status, answer.body.code], [401, "client-certificate-revoked"], when);
    assert.equal(answer.body.certificate, undefined);
  }
  await new Promise((resolve) => server.close(resolve));
});

test("too many requests of one address wait", async () => {
  const statuses = new Set<number>();
  for (let i = 0; i < 110 && !statuses.has(429); i++) statuses.add((await post(nobody(), "/enrol", "{}")).status);
  assert.ok(statuses.has(429));
});
