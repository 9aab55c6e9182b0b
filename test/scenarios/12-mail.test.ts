// The province's mail: from the world to its mailbox by both families and behind TLS, relayed for nobody outside, and known by its keys
// to every server that asks (DANE, RFC 7672), which Postfix's own tool does here.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { before, test } from "node:test";
import { ensureLab, run, STACK, until, whyNoLab } from "../support/lab.ts";

const skip = whyNoLab() ?? false;
const DOMAIN = "camau.gov.vn";
const SERVER = { v4: "203.0.113.3", v6: "2001:db8:4000:1100::3" };
const MAILBOX = `/run/vonggac/${STACK}/mail1/var/spool/mail/province/new`;

before(
  async () => {
    if (!skip) await ensureLab();
  },
  { timeout: 300_000 },
);

const inside = (host: string, ...argv: string[]) => run("ip", ["netns", "exec", `vg${STACK}-${host}`, ...argv], 30_000);
const send = async (host: string, to: string, subject: string, server = SERVER.v6) => {
  const script = path.join(import.meta.dirname, "mail/send.ts");
  const ran = await inside(host, process.execPath, script, server, "citizen@example.vn", to, subject);
  return ran.stdout;
};
const mails = () => readdirSync(MAILBOX).map((name) => readFileSync(path.join(MAILBOX, name), "utf8"));

test("mail from outside arrives, by both families, behind TLS", { skip, timeout: 60_000 }, async () => {
  for (const [family, address] of Object.entries(SERVER)) {
    const subject = `hello ${family} ${Date.now()}`;
    assert.equal(await send("inet", `hostmaster@${DOMAIN}`, subject, address), "accepted");
    await until("it lies in the mailbox", 10_000, async () => mails().some((m) => m.includes(`Subject: ${subject}`)));
    assert.match(mails().find((m) => m.includes(subject))!, /^Received: .*[\s\S]*\(using TLSv1\.[23] /m);
  }
});

test("it relays for nobody outside, and knows who is not here", { skip, timeout: 60_000 }, async () => {
  assert.match(await send("inet", "someone@example.com", "relay"), /^554 5\.7\.1 .*Relay access denied/);
  assert.match(await send("inet", `nobody@${DOMAIN}`, "unknown"), /^550 5\.1\.1 /);
  assert.equal(await send("so-noi-vu", `postmaster@${DOMAIN}`, "from within"), "accepted");
});

test("whoever sends to the province finds its server's keys signed, and they fit", {
  skip,
  timeout: 60_000,
}, async () => {
  const enter = `/run/vonggac/${STACK}/mail1/.lab/enter`;
  const ran = await inside("mail1", enter, "posttls-finger", "-c", "-l", "dane", "-L", "summary,verbose", DOMAIN);
  assert.match(ran.stdout + ran.stderr, /Matched DANE EE certificate at depth 0: 3 1 1 /);
  assert.match(ran.stdout + ran.stderr, /Verified TLS connection established to mail\.camau\.gov\.vn\[/);
});
