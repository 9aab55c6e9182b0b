// The enrolment CA through its socket: whom it lets in, whom it turns away and by what name.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type RunningCa, startCa } from "../../../console/enrol-ca/main.ts";
import { createLog } from "../../../console/log.ts";
import { makeCa, makeCsr, makeRsaCsr, type Pair } from "../support/pki.ts";

const folder = mkdtempSync(join(tmpdir(), "vonggac-ca-"));
const file = (name: string) => join(folder, name);
const config = {
  socket: file("enrol.sock"),
  caCertFile: file("ca.crt"),
  caKeyFile: file("ca.key"),
  tokensFile: file("tokens.json"),
  stateDir: file("state"),
  days: 90,
};
const log = createLog("silent");
let now = Date.now();
let ca: Pair;
let running: RunningCa;

const tokens: { agent: string; sha256: string; expiresAt: number }[] = [];
function newToken(agent: string, livesMs = 3_600_000): string {
  const token = `token-${agent}-${tokens.length}`;
  tokens.push({ agent, sha256: createHash("sha256").update(token).digest("hex"), expiresAt: now + livesMs });
  writeFileSync(config.tokensFile, JSON.stringify(tokens), { mode: 0o640 });
  return token;
}

type Answer = { ok: true; certificate: string } | { ok: false; code: string; detail: string };
const codeOf = (a: Answer) => (a.ok ? "ok" : a.code);
function ask(question: unknown, raw?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(config.socket);
    let text = "";
    socket.on("connect", () => socket.write(raw ?? `${JSON.stringify(question)}\n`));
    socket.on("data", (d) => {
      text += d;
      if (text.endsWith("\n")) {
        socket.destroy();
        resolve(JSON.parse(text) as Answer);
      }
    });
    socket.on("error", reject);
  });
}
const enrol = (token: string, csr: string) => ask({ op: "enrol", token, csr });

before(async () => {
  ca = await makeCa("agents");
  writeFileSync(config.caCertFile, ca.cert);
  writeFileSync(config.caKeyFile, ca.key, { mode: 0o600 });
  newToken("nobody");
  running = await startCa(config, log, () => now);
});
after(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a valid token and a proven key give a client certificate for the token's agent", async () => {
  const { csr } = await makeCsr({ name: "xa-mot", san: "urn:vonggac:agent:xa-mot" });
  const answer = await enrol(newToken("xa-mot"), csr);
  assert.ok(answer.ok, codeOf(answer));
  const certificate = new X509Certificate(answer.certificate);
  assert.equal(certificate.subjectAltName, "URI:urn:vonggac:agent:xa-mot");
  // Node gives the extended usage under this name: clientAuth.
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  assert.equal(certificate.ca, false);
  assert.ok(
    certificate.checkIssued(new X509Certificate(ca.cert)) && certificate.verify(new X509Certificate(ca.cert).publicKey),
  );
  assert.ok(
    Date.parse(certificate.validTo) <= Date.parse(new X509Certificate(ca.cert).validTo),
    "never past the CA's own",
  );
});

test("a request that names nobody gets the token's name", async () => {
  const answer = await enrol(newToken("xa-hai"), (await makeCsr()).csr);
  assert.ok(answer.ok);
  assert.equal(new X509Certificate(answer.certificate).subjectAltName, "URI:urn:vonggac:agent:xa-hai");
});

test("a forged token", async () =>
  assert.equal(codeOf(await enrol("guessed", (await makeCsr()).csr)), "token-unknown"));

test("an expired token", async () => {
  const token = newToken("xa-mot", -1);
  assert.equal(codeOf(await enrol(token, (await makeCsr()).csr)), "token-expired");
});

test("a used token, by another key; by the same key only for a few minutes; also after a restart", async () => {
  const token = newToken("xa-mot");
  const first = await makeCsr();
  assert.equal(codeOf(await enrol(token, first.csr)), "ok");
  assert.equal(codeOf(await enrol(token, (await makeCsr()).csr)), "token-used");
  assert.equal(codeOf(await enrol(token, (await makeCsr({ key: first.key })).csr)), "ok", "the answer was lost");
  await running.close();
  // What a crash in the middle of a write leaves behind.
  appendFileSync(join(config.stateDir, "used-tokens.jsonl"), '{"sha256":"to');
  running = await startCa(config, log, () => now);
  assert.equal(codeOf(await enrol(token, (await makeCsr()).csr)), "token-used");
  const next = newToken("xa-mot");
  assert.equal(codeOf(await enrol(next, (await makeCsr()).csr)), "ok");
  await running.close();
  running = await startCa(config, log, () => now);
  assert.equal(codeOf(await enrol(next, (await makeCsr()).csr)), "token-used", "a torn line does not spoil the next");
  now += 6 * 60_000;
  assert.equal(codeOf(await enrol(token, (await makeCsr({ key: first.key })).csr)), "token-used");
});

test("one token asked twice at the same moment by two keys: one gets in", async () => {
  const token = newToken("xa-mot");
  const requests = await Promise.all(Array.from({ length: 6 }, () => makeCsr()));
  const answers = await Promise.all(requests.map((r) => enrol(token, r.csr)));
  assert.deepEqual(answers.map(codeOf).sort(), ["ok", ...Array(5).fill("token-used")]);
});

test("what is used is on the disk before the certificate leaves", async () => {
  const token = newToken("xa-mot");
  const answer = await enrol(token, (await makeCsr()).csr);
  assert.ok(answer.ok);
  const hash = createHash("sha256").update(token).digest("hex");
  const path = join(config.stateDir, "used-tokens.jsonl");
  assert.ok(readFileSync(path, "utf8").includes(hash));
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("a request for another agent, by name or by alternative name", async () => {
  assert.equal(codeOf(await enrol(newToken("xa-mot"), (await makeCsr({ name: "xa-hai" })).csr)), "csr-agent-mismatch");
  const csr = (await makeCsr({ name: "xa-mot", san: "urn:vonggac:agent:xa-hai" })).csr;
  const token = newToken("xa-mot");
  assert.equal(codeOf(await enrol(token, csr)), "csr-agent-mismatch");
  assert.equal(
    codeOf(await enrol(token, (await makeCsr({ name: "xa-mot" })).csr)),
    "ok",
    "a refusal does not use the token up",
  );
});

test("a key that is not of our kind, a request that its key did not sign, and no request at all", async () => {
  assert.equal(codeOf(await enrol(newToken("xa-mot"), await makeRsaCsr())), "csr-key-unsupported");
  const { csr } = await makeCsr({ name: "xa-mot" });
  const der = Buffer.from(csr.replace(/-----[^-]+-----|\s/g, ""), "base64");
  der[der.length - 3]! ^= 1;
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----`;
  assert.equal(codeOf(await enrol(newToken("xa-mot"), forged)), "csr-signature-invalid");
  assert.equal(codeOf(await enrol(newToken("xa-mot"), "nonsense")), "csr-invalid");
});

test("a renewal is for the agent that the gateway vouches for, and no other", async () => {
  const { csr } = await makeCsr({ name: "xa-mot" });
  assert.equal(codeOf(await ask({ op: "renew", agent: "xa-mot", csr })), "ok");
  assert.equal(codeOf(await ask({ op: "renew", agent: "xa-hai", csr })), "csr-agent-mismatch");
});

test("what is no question is refused by name, however long", async () => {
  for (const raw of [
    "\n",
    "{}\n",
    '{"op":"sign"}\n',
    "[1]\n",
    '{"op":"renew","agent":"../x","csr":"y"}\n',
    `${"x".repeat(40_000)}`,
  ])
    assert.equal(codeOf(await ask(undefined, raw)), "request-invalid", raw.slice(0, 40));
});

test("the socket is for owner and group only; exposed keys and tokens are refused at start", async () => {
  assert.equal(statSync(config.socket).mode & 0o777, 0o660);
  await assert.rejects(startCa(config, log), { code: "ca-socket-in-use" });
  const other = { ...config, socket: file("other.sock") };
  chmodSync(config.caKeyFile, 0o644);
  await assert.rejects(startCa(other, log), { code: "file-exposed" });
  chmodSync(config.caKeyFile, 0o600);
  chmodSync(config.tokensFile, 0o644);
  await assert.rejects(startCa(other, log), { code: "file-exposed" });
  chmodSync(config.tokensFile, 0o640);
  writeFileSync(file("foreign.key"), (await makeCa("other")).key, { mode: 0o600 });
  await assert.rejects(startCa({ ...other, caKeyFile: file("foreign.key") }, log), { code: "ca-key-unusable" });
});
