// A webhook against a real https server on loopback; its name resolves there because the test says so, past the guard.
import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, LookupFunction } from "node:net";
import { after, before, test } from "node:test";
import { signatureOf, webhookChannel } from "../../../../console/notify/channels/webhook.ts";
import type { Message } from "../../../../console/notify/ports.ts";
import { guardedLookup } from "../../../../console/outbound/connect.ts";
import { Problem } from "../../../../console/problem.ts";
import { makeCa, serverLeaf } from "../../support/pki.ts";

const NOW = Date.parse("2026-07-01T09:00:00+07:00");
const KEY = "a-key-that-both-sides-know";
const got: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
let answer: { status: number; headers?: Record<string, string> } | "never" = { status: 204 };
let [roots, port, close] = ["", 0, () => {}];
before(async () => {
  const ca = await makeCa("hooks");
  const server = createServer(await serverLeaf(ca, "hook.test"), (request, response) => {
    let body = "";
    request.on("data", (d) => {
      body += d;
    });
    request.on("end", () => {
      got.push({ path: request.url!, headers: request.headers, body });
      if (answer !== "never") response.writeHead(answer.status, answer.headers).end("x".repeat(100_000));
    });
  });
  await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
  port = (server.address() as AddressInfo).port;
  roots = ca.cert;
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
after(() => close());

const here: LookupFunction = (_name, options, callback) =>
  options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4);
const message: Message = {
  id: "m-1",
  kind: "opened",
  at: NOW - 5_000,
  urgent: true,
  language: "vi",
  subject: "s",
  summary: "tóm tắt",
  text: "t",
  html: "<p>",
  url: "http://127.0.0.1:8080/#incident/INC-1",
};
const channel = (over: Partial<Parameters<typeof webhookChannel>[0]> = {}) =>
  webhookChannel({
    url: `https://hook.test:${port}/in?x=1`,
    keySecret: "hook-key",
    secret: () => KEY,
    lookup: here,
    addresses: { allow: [] },
    roots: [roots],
    now: () => NOW,
    withinMs: 1_500,
    ...over,
  });
const send = (over?: Parameters<typeof channel>[0], m = message) =>
  channel(over).send(m, { account: "", contact: undefined });
const codeOf = async (over?: Parameters<typeof channel>[0]) => {
  const outcome = await send(over);
  return outcome.ok ? "ok" : `${outcome.code} ${outcome.of}${outcome.final ? " final" : ""}`;
};

test("signed as Standard Webhooks says, over what was sent, with the time of this try; no key in it", async () => {
  assert.deepEqual(await send(), { ok: true });
  const { headers, body, path } = got.pop()!;
  const at = Number(headers["webhook-timestamp"]);
  assert.equal(at, NOW / 1000);
  assert.equal(headers["webhook-id"], "m-1");
  assert.equal(headers["webhook-signature"], signatureOf(KEY, "m-1", at, body));
  assert.notEqual(headers["webhook-signature"], signatureOf(KEY, "m-1", at + 1, body), "a replay has another time");
  const said = JSON.parse(body);
  assert.deepEqual(
    [said.type, said.summary, said.timestamp],
    ["vonggac.opened", "tóm tắt", "2026-07-01T01:59:55.000Z"],
  );
  assert.ok(!JSON.stringify({ headers, body, path }).includes(KEY));
});

test("the vector of the Standard Webhooks specification", () => {
  // standard-webhooks, spec/standard-webhooks.md, "Signature scheme": the values of its worked example.
  assert.equal(
    signatureOf(
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      1_614_265_330,
      '{"test": 2432232314}',
    ),
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  );
});

test("answers: what may be mended there is tried again, what is refused for good is not, a redirect leads nowhere", async () => {
  const said: string[] = [];
  for (const status of [500, 429, 403, 410, 302]) {
    answer = { status, ...(status === 302 ? { headers: { location: "http://169.254.169.254/" } } : {}) };
    said.push(await codeOf());
  }
  assert.deepEqual(said, [
    "http-500 channel",
    "http-429 channel",
    "http-403 channel",
    "http-410 receiver final",
    "http-302 channel",
  ]);
  assert.ok(
    got.every((g) => g.path === "/in?x=1"),
    "nobody was asked anything else",
  );
  answer = "never";
  assert.equal(await codeOf(), "http-timeout channel");
  answer = { status: 204 };
});

test("another's certificate, nobody there, no key: named", async () => {
  assert.equal(await codeOf({ roots: [(await makeCa("other")).cert] }), "http-certificate channel");
  assert.equal(await codeOf({ url: `https://other.test:${port}/` }), "http-certificate channel");
  assert.equal(await codeOf({ url: "https://hook.test:9/".replace(":9", ":1029") }), "http-unreachable channel");
  const noKey = () => {
    throw new Problem("secret-missing", "/x", "there is none", "Write it.");
  };
  assert.equal(await codeOf({ secret: noKey }), "secret-missing channel");
});

test("no way into this machine or the network: by literal, by name, by scheme, by port", async () => {
  const before = got.length;
  const lookup = guardedLookup({ allow: [] }, (_name, done) => done(null, [{ address: "127.0.0.1", family: 4 }]));
  assert.equal(await codeOf({ lookup }), "address-forbidden channel");
  for (const [url, code] of [
    [`https://127.0.0.1:${port}/`, "address-forbidden"],
    [`https://[::ffff:127.0.0.1]:${port}/`, "address-forbidden"],
    [`https://2130706433:${port}/`, "address-forbidden"],
    ["https://10.0.0.1/", "address-private"],
    [`http://hook.test:${port}/`, "url-not-https"],
    ["https://hook.test:25/", "url-port"],
    ["file:///etc/passwd", "url-not-https"],
  ] as const)
    assert.equal(await codeOf({ url }), `${code} channel`, url);
  assert.equal(got.length, before);
});
