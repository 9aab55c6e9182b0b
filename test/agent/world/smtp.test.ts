// STARTTLS as the audit speaks it, with a real TLS server behind a few lines of SMTP.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { after, before, describe, test } from "node:test";
import { createSecureContext, TLSSocket } from "node:tls";
import { certificate } from "../../../agent/checks/certificate.ts";
import { connectSmtpTls } from "../../../agent/world/connect.ts";
import type { TargetOf } from "../../../protocol/target.ts";
import { expectFindings } from "../support/expect.ts";
import { Pki } from "../support/pki.ts";
import { worldOf } from "../support/world.ts";

const pki = new Pki();
const root = pki.root("root");
const leaf = pki.issue(root, "mail.example", "subjectAltName=DNS:mail.example");

/** A mail server that says these lines; after the last `220` of STARTTLS it shakes hands. */
function smtpServer(ehlo: string, greeting = "220 mail.example ESMTP\r\n"): Server {
  const secureContext = createSecureContext({ key: leaf.key, cert: leaf.certificate });
  return createServer((socket) => {
    socket.on("error", () => {});
    socket.write(greeting);
    socket.on("data", function hear(chunk) {
      if (/^EHLO/.test(String(chunk))) socket.write(ehlo);
      if (!/^STARTTLS/.test(String(chunk))) return;
      socket.off("data", hear);
      socket.write("220 ready\r\n");
      new TLSSocket(socket, { isServer: true, secureContext }).on("error", () => {});
    });
  });
}

const ROWS: readonly [string, string, string | undefined, string][] = [
  ["it is offered among others", "250-mail.example\r\n250-STARTTLS\r\n250 8BITMIME\r\n", undefined, "ok"],
  ["a firewall took it away", "250-mail.example\r\n250 XXXXXXXX\r\n", undefined, "no STARTTLS"],
  ["EHLO is refused", "502 no\r\n", undefined, "no STARTTLS"],
  ["the server is busy", "", "421 later\r\n", "421 later"],
];

describe("TLS behind SMTP", () => {
  const answering = smtpServer("250-mail.example\r\n250 STARTTLS\r\n");
  before(() => new Promise<void>((resolve) => answering.listen(0, "127.0.0.1", resolve)));
  after(() => answering.close());
  test("the check of certificates asks for it where its target says so", async () => {
    const { port } = answering.address() as { port: number };
    const target = (name: string): TargetOf<"certificate"> => ({
      ...{ id: "t", agency: "a", agent: "hub1", asset: "mail", everyMs: 1_000, kind: "certificate" },
      expects: { name, port, addresses: ["127.0.0.1"], roots: root.certificate, warnFraction: 0.2, starttls: "smtp" },
    });
    const world = worldOf({ connectSmtpTls, now: Date.now });
    expectFindings(await certificate.run(target("mail.example"), world), []);
    expectFindings(await certificate.run(target("other.example"), world), ["CERT_NAME_MISMATCH 127.0.0.1"]);
  });

  for (const [what, ehlo, greeting, expected] of ROWS) {
    const server = smtpServer(ehlo, greeting);
    before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
    after(() => server.close());
    test(`${what}: ${expected}`, async () => {
      const { port } = server.address() as { port: number };
      const seen = await connectSmtpTls({ address: "127.0.0.1", port }, "mail.example", root.certificate, 10_000);
      assert.equal(seen.ok ? "ok" : seen.detail, expected);
      if (seen.ok) assert.equal(seen.chain[0]!.checkHost("mail.example"), "mail.example");
    });
  }
});
