// Mail against Debian's own Postfix on loopback: what is delivered, and what each refusal of a real server becomes.
import assert from "node:assert/strict";
import { createServer, type LookupFunction, type Server, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { mailChannel } from "../../../../console/notify/channels/mail.ts";
import type { Message } from "../../../../console/notify/ports.ts";
import { guardedLookup } from "../../../../console/outbound/connect.ts";
import { Problem } from "../../../../console/problem.ts";
import { makeCa } from "../../support/pki.ts";
import { type Postfix, startPostfix, whyNoPostfix } from "../../support/postfix.ts";
import { eventually } from "../../support/rig.ts";

const skip = whyNoPostfix() ?? false;
const PORT = 18_159;
const PASSWORD = "geheim-und-lang";
let postfix: Postfix;
before(async () => {
  if (skip) return;
  postfix = await startPostfix({
    port: PORT,
    access: { "gone@mail.test": "550 5.1.1 no such user", "grey@mail.test": "450 4.2.0 come back later" },
  });
});
after(() => postfix?.end());

const here: LookupFunction = (_name, options, callback) =>
  options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4);
const message = (id: string): Message => ({
  id,
  kind: "opened",
  at: Date.parse("2026-07-01T09:00:00+07:00"),
  urgent: true,
  language: "vi",
  subject: "[Vọng Gác] Nghiêm trọng: Sự cố mới: Trạm chuyển tiếp Cà Mau\r\nBcc: evil@mail.test",
  summary: "Mất kết nối.",
  text: "Trạm chuyển tiếp Cà Mau mất kết nối.\n.\nDòng sau dấu chấm.\n",
  html: "<p>Trạm chuyển tiếp Cà Mau</p>",
});
type Parts = Parameters<typeof mailChannel>[0];
const channel = (over: Partial<Parts["rule"]> = {}, parts: Partial<Parts> = {}) =>
  mailChannel({
    rule: { id: "mail", kind: "mail", host: "mail.test", port: PORT, from: "vonggac@mail.test", ...over },
    secret: () => PASSWORD,
    lookup: here,
    addresses: { allow: [] },
    roots: [postfix?.ca.cert ?? ""],
    limits: { connectMs: 2_000, talkMs: 2_000 },
    ...parts,
  });
const to = (mail: string | null) => ({
  account: "an",
  contact: { language: "vi" as const, ...(mail === null ? {} : { mail }) },
});
const codeOf = async (c: ReturnType<typeof channel>, mail: string | null = "an@mail.test") => {
  const outcome = await c.send(message("x"), to(mail));
  if (!outcome.ok) assert.ok(!outcome.detail.includes(PASSWORD), outcome.detail);
  return outcome.ok ? "ok" : `${outcome.code} ${outcome.of}${outcome.final ? " final" : ""}`;
};

test("a real server takes it over TLS: text and HTML, Vietnamese whole, the id at each try, no header smuggled in", {
  skip,
}, async () => {
  assert.deepEqual(await channel().send(message("id-1"), to("an@mail.test")), { ok: true });
  const raw = await eventually("the mail", () => postfix.mails()[0]);
  assert.match(raw, /^Message-ID: <id-1@mail\.test>$/m);
  assert.match(raw, /^Auto-Submitted: auto-generated$/m);
  assert.match(raw, /^X-Vonggac-ID: id-1$/im);
  assert.match(raw, /^Content-Type: multipart\/alternative;/m);
  assert.match(raw, /^Content-Type: text\/plain; charset=utf-8$/m);
  assert.match(raw, /^Content-Type: text\/html; charset=utf-8$/m);
  assert.match(raw, /by mail\.test \(Postfix\) with ESMTPS id/, "the server says so itself");
  assert.doesNotMatch(raw, /^Bcc:|^ *evil@/m);
  assert.match(decoded(raw), /Trạm chuyển tiếp Cà Mau mất kết nối\.\n\.\nDòng sau dấu chấm\./);
  assert.deepEqual(await channel().probe!(), { ok: true });
  assert.equal(postfix.mails().length, 1, "a probe tells nobody anything");
});

/** Bodies of a multipart mail, decoded. */
function decoded(raw: string): string {
  const text = raw.replaceAll("\r\n", "\n").replace(/=\n/g, "");
  const bytes = text.replace(/(=[0-9A-F]{2})+/g, (run) => Buffer.from(run.replaceAll("=", ""), "hex").toString("utf8"));
  const blocks = [...text.matchAll(/Content-Transfer-Encoding: base64\n\n([A-Za-z0-9+/=\n]+)/g)];
  return [bytes, ...blocks.map((b) => Buffer.from(b[1]!, "base64").toString("utf8"))].join("\n");
}

test("5xx: this receiver alone, for good; 4xx: this receiver, later; no address: said", { skip }, async () => {
  assert.equal(await codeOf(channel(), "gone@mail.test"), "smtp-550 receiver final");
  assert.equal(await codeOf(channel(), "grey@mail.test"), "smtp-450 receiver");
  assert.equal(await codeOf(channel(), "an@elsewhere.test"), "smtp-554 receiver");
  assert.equal(await codeOf(channel(), null), "no-mail-address receiver final");
  const list = channel({ to: ["gone@mail.test", "binh@mail.test"] });
  assert.equal(await codeOf(list), "ok", "some of a list were told: not again");
});

test("TLS: a server without STARTTLS, another's certificate, another's name: nothing is said in the clear", {
  skip,
}, async () => {
  await postfix.set({ smtpd_tls_security_level: "none" });
  assert.equal(await eventuallyCode("smtp-no-tls channel"), "smtp-no-tls channel");
  await postfix.set({ smtpd_tls_security_level: "encrypt" });
  assert.equal(await eventuallyCode("ok"), "ok");
  assert.equal(await codeOf(channel({}, { roots: [(await makeCa("other")).cert] })), "smtp-certificate channel");
  assert.equal(await codeOf(channel({ host: "smtp.test" })), "smtp-certificate channel");
});
/** A reload of the server takes a moment. */
const eventuallyCode = async (wanted: string) => {
  let said = "";
  await eventually(wanted, async () => {
    said = await codeOf(channel());
    return said === wanted;
  }).catch(() => undefined);
  return said;
};

test("a password that the server does not want, or a secret that is not there: the channel's fault, named, never shown", {
  skip,
}, async () => {
  const login = channel({ user: "u", passwordSecret: "smtp-password" });
  assert.match(await codeOf(login), /^smtp-login-refused channel$/);
  const none = () => {
    throw new Problem("secret-missing", "/x", "no such file", "Write it.");
  };
  assert.equal(await codeOf(channel({ user: "u", passwordSecret: "p" }, { secret: none })), "secret-missing channel");
});

test("a queue that takes nothing (452, no space), a server that stands still, none at all, one that may not be reached", {
  skip,
}, async () => {
  await postfix.set({ queue_minfree: "999999999999" });
  assert.equal(await eventuallyCode("smtp-452 channel"), "smtp-452 channel");
  await postfix.set({ queue_minfree: "0" });
  assert.equal(await eventuallyCode("ok"), "ok");
  await postfix.stop();
  assert.equal(await codeOf(channel()), "smtp-unreachable channel");
  await postfix.start();
  assert.equal(await codeOf(channel()), "ok");
  const sockets: Socket[] = [];
  const still: Server = createServer((s) => void sockets.push(s));
  await new Promise<void>((r) => still.listen(0, "127.0.0.1", r));
  const { port } = still.address() as { port: number };
  assert.equal(await codeOf(channel({ port })), "smtp-timeout channel");
  for (const s of sockets) s.destroy();
  still.close();
  const guard = guardedLookup({ allow: [] }, (_name, done) => done(null, [{ address: "127.0.0.1", family: 4 }]));
  assert.equal(await codeOf(channel({}, { lookup: guard })), "address-forbidden channel");
  for (const host of ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
    assert.equal(await codeOf(channel({ host })), "address-forbidden channel", host);
  assert.equal(await codeOf(channel({ host: "10.0.0.1" })), "address-private channel");
});
