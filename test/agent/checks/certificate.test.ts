// Against real TLS servers on loopback; the check's clock is moved instead of the certificates.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { createServer as createTcpServer, type Server } from "node:net";
import { after, test } from "node:test";
import { createServer, type Server as TlsServer } from "node:tls";
import { certificate } from "../../../agent/checks/certificate.ts";
import { connectTls } from "../../../agent/world/connect.ts";
import type { TargetOf } from "../../../protocol/target.ts";
import { expectFindings } from "../support/expect.ts";
import { Pki } from "../support/pki.ts";
import { worldOf } from "../support/world.ts";

const NAME = "portal.camau.gov.vn";
const pki = new Pki();
const root = pki.root("root");
const other = pki.root("other root");
const middle = pki.intermediate(root, "middle");
const leaf = pki.issue(middle, NAME, `subjectAltName=DNS:${NAME}\nextendedKeyUsage=serverAuth`);
const servers: (Server | TlsServer)[] = [];
after(() => {
  for (const server of servers) server.close();
  rmSync(pki.dir, { recursive: true });
});

async function serve(key: string, cert: string): Promise<number> {
  const server = createServer({ key, cert });
  server.on("secureConnection", (socket) => socket.on("error", () => {}));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "::", resolve));
  return (server.address() as { port: number }).port;
}

const target = (port: number, more: Partial<TargetOf<"certificate">["expects"]> = {}): TargetOf<"certificate"> => ({
  id: "t",
  agency: "a",
  agent: "hub1",
  asset: "portal",
  everyMs: 1_000,
  kind: "certificate",
  expects: { name: NAME, port, addresses: ["127.0.0.1", "::1"], roots: root.certificate, warnFraction: 0.2, ...more },
});
const run = (port: number, more = {}, days = 0) =>
  certificate.run(target(port, more), worldOf({ connectTls, now: () => Date.now() + days * 86_400_000 }));
const both = (tag: string) => [`${tag} 127.0.0.1`, `${tag} ::1`];

test("good on every address; what is served now is what is seen, however often", async () => {
  const port = await serve(leaf.key, leaf.certificate + middle.certificate);
  const outcome = await run(port);
  expectFindings(outcome, []);
  assert.deepEqual("facts" in outcome && outcome.facts, { daysLeft: 29 });
  expectFindings(await run(port), []);
  const swapped = pki.issue(middle, "x", "subjectAltName=DNS:mail.camau.gov.vn");
  const server = servers.at(-1) as TlsServer;
  server.setSecureContext({ key: swapped.key, cert: swapped.certificate + middle.certificate });
  expectFindings(await run(port), both("CERT_NAME_MISMATCH"));
});

test("dates: soon, over, not yet — by the earliest end of the chain", async () => {
  const port = await serve(leaf.key, leaf.certificate + middle.certificate);
  expectFindings(await run(port, {}, 23), []);
  expectFindings(await run(port, {}, 25), both("CERT_EXPIRES_SOON"));
  expectFindings(await run(port, {}, 31), both("CERT_EXPIRED"));
  expectFindings(await run(port, {}, -1), both("CERT_NOT_YET_VALID"));
  const short = pki.intermediate(root, "short", 5);
  const long = pki.issue(short, NAME, `subjectAltName=DNS:${NAME}`, 100);
  const chained = await serve(long.key, long.certificate + short.certificate);
  const over = await run(chained, {}, 6);
  expectFindings(over, both("CERT_EXPIRED"));
  assert.equal("findings" in over && over.findings[0]?.evidence["subject"], "CN=short");
});

test("trust: a missing intermediate, another root, a self-signed one; an expired one hides nothing", async () => {
  expectFindings(await run(await serve(leaf.key, leaf.certificate)), both("CERT_UNTRUSTED"));
  const port = await serve(leaf.key, leaf.certificate + middle.certificate);
  expectFindings(await run(port, { roots: other.certificate }), both("CERT_UNTRUSTED"));
  expectFindings(await run(port, { roots: other.certificate + root.certificate }), []);
  expectFindings(await run(port, { roots: other.certificate }, 31), [
    ...both("CERT_EXPIRED"),
    ...both("CERT_UNTRUSTED"),
  ]);
  const self = pki.root(NAME);
  expectFindings(
    await run(await serve(self.key, self.certificate)),
    [...both("CERT_NAME_MISMATCH"), ...both("CERT_UNTRUSTED")].filter((t) => !t.includes("MISMATCH")),
  );
});

test("an intermediate that is no CA vouches for nobody", async () => {
  const notCa = pki.issue(root, "not a ca", "basicConstraints=CA:FALSE");
  const forged = pki.issue(notCa, NAME, `subjectAltName=DNS:${NAME}`);
  expectFindings(await run(await serve(forged.key, forged.certificate + notCa.certificate)), both("CERT_UNTRUSTED"));
});

test("the name must be the one asked for", async () => {
  const wrong = pki.issue(middle, "x", "subjectAltName=DNS:mail.camau.gov.vn");
  expectFindings(await run(await serve(wrong.key, wrong.certificate + middle.certificate)), both("CERT_NAME_MISMATCH"));
});

test("out of reach: refused on one address, no TLS at all", async () => {
  const port = await serve(leaf.key, leaf.certificate + middle.certificate);
  expectFindings(await run(port, { addresses: ["127.0.0.1", "127.0.0.2"] }), []);
  const plain = createTcpServer((socket) => socket.end("220 mail\r\n"));
  servers.push(plain);
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  const { port: plainPort } = plain.address() as { port: number };
  const outcome = await run(plainPort);
  expectFindings(outcome, both("CERT_SERVICE_UNREACHABLE"));
  assert.deepEqual("findings" in outcome && outcome.findings.map((f) => f.evidence["why"]), ["tls-failed", "refused"]);
});
