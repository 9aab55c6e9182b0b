// Against a real HTTPS server that signs with OpenSSL what the agent's request asks for.
import assert from "node:assert/strict";
import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { needOf, obtain, obtainAtLast } from "../../agent/enrol.ts";
import { AgentError } from "../../agent/errors.ts";
import { type Identity, keepIdentity, readIdentity } from "../../agent/identity.ts";
import { Pki } from "./support/pki.ts";

const pki = new Pki();
const root = pki.root("roots");
const ca = pki.root("agents");
const own = pki.issue(root, "console", "subjectAltName=DNS:console.x");
const dir = mkdtempSync(join(tmpdir(), "enrol-"));
const uri = (agent: string) => `subjectAltName=URI:urn:vonggac:agent:${agent}\nextendedKeyUsage=clientAuth`;

let asked: { path: string; body: { token?: string; csr: string }; client: string | undefined }[] = [];
let answer: (csr: string) => [number, unknown] = () => [500, {}];
const server = createServer(
  {
    key: own.key,
    cert: own.certificate,
    ca: ca.certificate,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.3",
  },
  async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text);
    const socket = request.socket as TLSSocket;
    asked.push({
      path: request.url!,
      body,
      client: socket.authorized ? socket.getPeerX509Certificate()?.subject : undefined,
    });
    const [status, value] = answer(body.csr);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  },
);
let port = 0;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
  port = (server.address() as { port: number }).port;
});
after(() => {
  server.close();
  for (const d of [dir, pki.dir]) rmSync(d, { recursive: true });
});

let n = 0;
function needs(more: { roots?: string } = {}) {
  const stateDir = join(dir, `${n++}`);
  mkdirSync(stateDir);
  const tokenFile = join(stateDir, "token");
  writeFileSync(tokenFile, "geheim\n");
  asked = [];
  return {
    agent: "hub1",
    console: { url: "wss://x", enrol: `https://[::1]:${port}/enrol`, serverName: "console.x" },
    roots: more.roots ?? root.certificate,
    tokenFile,
    stateDir,
  };
}
const signs =
  (agent: string) =>
  (csr: string): [number, unknown] => [200, { certificate: pki.sign(ca, csr, uri(agent)) }];
const failsWith = (code: string) => (e: unknown) => e instanceof AgentError && e.code === code;

test("token and request go out, a certificate for our key comes back; the key stays here", async () => {
  const given = needs();
  answer = signs("hub1");
  const identity = await obtain(given, undefined);
  assert.equal(asked[0]!.path, "/enrol");
  assert.equal(asked[0]!.body.token, "geheim");
  assert.deepEqual(Object.keys(asked[0]!.body), ["token", "csr"]);
  assert.ok(!JSON.stringify(asked).includes("PRIVATE KEY"));
  assert.match(new X509Certificate(identity.certificate).subjectAltName!, /urn:vonggac:agent:hub1/);
  assert.equal(statSync(join(given.stateDir, "identity.pem")).mode & 0o777, 0o600);
  assert.equal(existsSync(given.tokenFile), false);
  assert.equal(existsSync(join(given.stateDir, "pending-key.pem")), false);
  assert.deepEqual(readIdentity(given.stateDir), identity);
});

test("a second try asks for the same key, so that an answer that was lost can be given again", async () => {
  const given = needs();
  answer = () => [503, { code: "enrolment-unavailable" }];
  await assert.rejects(obtain(given, undefined), failsWith("enrol-failed"));
  answer = signs("hub1");
  await obtain(given, undefined);
  const key = (csr: string) => csr.replaceAll("\n", "").slice(100, 250);
  assert.equal(asked.length, 2);
  assert.equal(key(asked[0]!.body.csr), key(asked[1]!.body.csr));
});

test("an agent that waits for a person's yes says which key is its own", async () => {
  const given = needs();
  answer = () => [403, { code: "approval-pending" }];
  const own = () => {
    const key = createPublicKey(readFileSync(join(given.stateDir, "pending-key.pem")));
    return createHash("sha256")
      .update(key.export({ type: "spki", format: "der" }))
      .digest("hex");
  };
  await assert.rejects(obtain(given, undefined), (e: Error) => e.message.endsWith(`; the key here is ${own()}`));
});

test("each failure has its name", async () => {
  answer = () => [403, { code: "token-used" }];
  await assert.rejects(obtain(needs(), undefined), failsWith("enrol-refused"));
  answer = () => [429, { code: "rate-exceeded" }];
  await assert.rejects(obtain(needs(), undefined), failsWith("enrol-failed"));
  answer = () => [200, { certificate: 7 }];
  await assert.rejects(obtain(needs(), undefined), failsWith("enrol-failed"));
  answer = () => [200, { certificate: own.certificate }];
  await assert.rejects(obtain(needs(), undefined), failsWith("identity-unusable"));
  answer = signs("hub2");
  await assert.rejects(obtain(needs(), undefined), failsWith("enrol-failed"));
  // A console that our roots do not vouch for gets neither token nor request.
  await assert.rejects(obtain(needs({ roots: ca.certificate }), undefined), failsWith("enrol-unreachable"));
  assert.equal(asked.length, 0);
  const without = needs();
  rmSync(without.tokenFile);
  await assert.rejects(obtain(without, undefined), failsWith("enrol-refused"));
});

test("renewal goes by the certificate in use, with a new key", async () => {
  const given = needs();
  answer = signs("hub1");
  const first = await obtain(given, undefined);
  const second = await obtain(given, first);
  assert.deepEqual([asked[1]!.path, asked[1]!.client, asked[1]!.body.token], ["/enrol/renew", "CN=hub1", undefined]);
  assert.notEqual(second.key, first.key);
  assert.equal(readIdentity(given.stateDir)?.certificate, second.certificate);
});

test("it is tried until the console is up", async () => {
  const given = needs();
  const troubles: string[] = [];
  answer = () => [503, {}];
  setTimeout(() => {
    answer = signs("hub1");
  }, 100);
  const identity = await obtainAtLast(given, (t) => troubles.push(t.code), new AbortController().signal);
  assert.ok(identity);
  assert.ok(troubles.includes("enrol-failed"));
  const ending = new AbortController();
  ending.abort();
  assert.equal(await obtainAtLast(given, () => {}, ending.signal), undefined);
});

test("when a certificate is needed", () => {
  const identity: Identity = { key: "", certificate: "", from: 0, until: 90 };
  assert.deepEqual(
    [undefined, identity, identity, identity, identity].map((i, at) => needOf(i, [0, 10, 59, 60, 90][at]!)),
    ["enrol", "none", "none", "renew", "enrol"],
  );
});

test("a key beside another's certificate is refused by name", () => {
  const given = needs();
  const a = pki.issue(ca, "a", uri("a"));
  const b = pki.issue(ca, "b", uri("b"));
  keepIdentity(given.stateDir, { key: a.key, certificate: b.certificate, from: 0, until: 0 });
  assert.throws(() => readIdentity(given.stateDir), failsWith("identity-unusable"));
  writeFileSync(join(given.stateDir, "identity.pem"), readFileSync(join(given.stateDir, "token")));
  assert.throws(() => readIdentity(given.stateDir), failsWith("identity-unusable"));
});
