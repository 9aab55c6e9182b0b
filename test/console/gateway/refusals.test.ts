// Every refusal of the gateway, by its name and close code, over real TLS. The last test sees to it that none was left out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { REFUSALS, type RefusalCode } from "../../../protocol/index.ts";
import { batchOf, connectPeer, helloOf, join } from "../support/client.ts";
import { startPeerless } from "../support/gateway.ts";
import { agentLeaf, makeCa, makeLeaf, x509 } from "../support/pki.ts";
import { good } from "../support/province.ts";
import { eventually } from "../support/rig.ts";

type Bench = Awaited<ReturnType<typeof startPeerless>>;
let bench: Bench;
const proven = new Set<RefusalCode>();
before(async () => {
  bench = await startPeerless({
    helloMs: 300,
    frames: { burst: 40, perSecond: 1 },
    connects: { burst: 60, perSecond: 60 },
  });
});
after(() => bench.end());

type Peer = Awaited<ReturnType<typeof connectPeer>>;
async function refusedAs(peer: Peer, code: RefusalCode) {
  const frame = await peer.next("refuse");
  assert.equal(frame.code, code);
  assert.deepEqual(await peer.closed, { code: REFUSALS[code], reason: code });
  proven.add(code);
  return frame;
}
const afterHello = async () => join(await bench.door("xa-mot"), "xa-mot");
const beforeHello = async () => connectPeer(await bench.door("xa-mot"));

for (const [code, data] of [
  ["frame-too-large", `"${"x".repeat(1_100_000)}"`],
  ["frame-not-text", Buffer.from("{}")],
  ["frame-not-json", "{"],
  ["frame-too-deep", "[".repeat(20)],
  ["frame-unknown-type", '{"t":"shutdown"}'],
  ["frame-invalid", JSON.stringify({ ...helloOf("xa-mot"), extra: 1 })],
] as const)
  test(code, async () => {
    const peer = await beforeHello();
    peer.raw(data);
    await refusedAs(peer, code);
  });

test("frame-too-deep: a million brackets, also where the shape allows anything", async () => {
  for (const text of ["[".repeat(1_000_000), `{"t":"batch","items":${"[".repeat(400_000)}${"]".repeat(400_000)}}`]) {
    const peer = await beforeHello();
    peer.raw(text);
    await refusedAs(peer, "frame-too-deep");
  }
});

test("a message beyond what is read at all closes with 1009", async () => {
  const peer = await beforeHello();
  peer.raw("x".repeat(3_000_000));
  assert.equal((await peer.closed).code, 1009);
});

test("hello-expected: a batch first, or nothing in time", async () => {
  const first = await beforeHello();
  first.send(batchOf(1, []));
  await refusedAs(first, "hello-expected");
  await refusedAs(await beforeHello(), "hello-expected");
});

test("frame-invalid: a second hello, seq 0, a gap that ends before it begins", async () => {
  for (const frame of [
    helloOf("xa-mot"),
    batchOf(0, [good("xa-mot/link/hub1~xa-mot")]),
    { t: "gap", epoch: 1, from: 5, to: 4, reason: "" } as const,
  ]) {
    const peer = await afterHello();
    peer.send(frame);
    await refusedAs(peer, "frame-invalid");
  }
});

test("identity-mismatch: hello names another agent", async () => {
  const peer = await beforeHello();
  peer.send(helloOf("xa-hai"));
  await refusedAs(peer, "identity-mismatch");
});

test("identity-mismatch: the certificate ends while the connection lives", async () => {
  const client = await agentLeaf(bench.agentsCa, "xa-mot", { until: Math.ceil(Date.now() / 1000) * 1000 + 1_000 });
  const peer = await join(bench.doorWith(client), "xa-mot");
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  peer.send(batchOf(1, []));
  await refusedAs(peer, "identity-mismatch");
});

test("agent-unknown: a good certificate of an agent that the registry does not have", async () => {
  const peer = await connectPeer(await bench.door("xa-la"));
  peer.send(helloOf("xa-la"));
  await refusedAs(peer, "agent-unknown");
});

test("certificate-revoked: the live connection is cut, and the certificate opens nothing more", async () => {
  const [own, other] = [await bench.door("bast1"), await bench.door("xa-mot")];
  const [peer, bystander] = [await join(own, "bast1"), await join(other, "xa-mot")];
  const between = await connectPeer(own);
  bench.revoke("bast1");
  await refusedAs(peer, "certificate-revoked");
  between.send(helloOf("bast1"));
  await refusedAs(between, "certificate-revoked");
  await assert.rejects(connectPeer(own), { status: 401, code: "client-certificate-revoked" });
  bystander.send(batchOf(1, []));
  await bystander.next("ack");
  await bystander.end();
  const later = await agentLeaf(bench.agentsCa, "bast1", { from: Date.now() });
  await (await join(bench.doorWith(later), "bast1")).end();
});

test("agent-replaced: the older connection is closed, the newer lives", async () => {
  const older = await afterHello();
  const newer = await afterHello();
  await refusedAs(older, "agent-replaced");
  newer.send(batchOf(1, []));
  await newer.next("ack");
  await newer.end();
});

test("sequence-hole: a batch, and a gap, that begin too late", async () => {
  for (const frame of [
    batchOf(9, [good("xa-mot/link/hub1~xa-mot")]),
    { t: "gap", epoch: 1, from: 9, to: 10, reason: "outbox-overflow" } as const,
  ]) {
    const peer = await afterHello();
    peer.send(frame);
    await refusedAs(peer, "sequence-hole");
  }
});

test("epoch-unknown: a batch of another epoch than hello's", async () => {
  const peer = await afterHello();
  peer.send(batchOf(1, [], { epoch: 2 }));
  await refusedAs(peer, "epoch-unknown");
});

test("rate-exceeded: more frames than the bucket holds", async () => {
  const peer = await afterHello();
  for (let i = 0; i < 60; i++) peer.send(batchOf(1, []));
  assert.ok((await refusedAs(peer, "rate-exceeded")).retryAfterMs! > 0);
});

test("store-unavailable: nothing can be kept, and nothing is acked", async () => {
  const peer = await afterHello();
  bench.fail("store-unavailable");
  peer.send(batchOf(1, [good("xa-mot/link/hub1~xa-mot")]));
  assert.ok((await refusedAs(peer, "store-unavailable")).retryAfterMs! > 0);
  assert.deepEqual(peer.inbox, []);
  bench.fail(undefined);
});

test("try-later: too many hellos at once", async () => {
  const small = await startPeerless({ hellos: { burst: 1, perSecond: 0.1 } });
  await join(await small.door("xa-mot"), "xa-mot");
  const second = await connectPeer(await small.door("xa-hai"));
  second.send(helloOf("xa-hai"));
  const frame = await second.next("refuse");
  assert.equal(frame.code, "try-later");
  assert.ok(frame.retryAfterMs! >= 1_000);
  assert.equal((await second.closed).code, 4503);
  proven.add("try-later");
  await small.end();
});

test("console-full: more agents than there is room for, by name and with a time; who leaves makes room", async () => {
  const small = await startPeerless({ agents: 1 });
  const first = await join(await small.door("xa-mot"), "xa-mot");
  const second = await connectPeer(await small.door("xa-hai"));
  second.send(helloOf("xa-hai"));
  assert.ok((await refusedAs(second, "console-full")).retryAfterMs! >= 1_000);
  const again = await join(await small.door("xa-mot"), "xa-mot");
  await first.closed;
  await again.end();
  await eventually("room again", () => small.gateway.connected() === 0);
  await join(await small.door("xa-hai"), "xa-hai");
  await small.end();
});

test("every refusal of the protocol was seen here", () =>
  assert.deepEqual([...proven].sort(), (Object.keys(REFUSALS) as RefusalCode[]).sort()));

test("the upgrade is refused by name: who comes without, with a wrong, old, nameless or server's certificate", async () => {
  const stranger = await makeCa("strangers");
  const san = { type: "url" as const, value: "urn:vonggac:agent:xa-mot" };
  const cases: [string, Awaited<ReturnType<typeof makeLeaf>> | undefined][] = [
    ["client-certificate-required", undefined],
    ["client-certificate-untrusted", await agentLeaf(stranger, "xa-mot")],
    ["client-certificate-expired", await agentLeaf(bench.agentsCa, "xa-mot", { until: Date.now() - 1_000 })],
    ["client-certificate-unnamed", await makeLeaf(bench.agentsCa)],
    [
      "client-certificate-unnamed",
      await makeLeaf(bench.agentsCa, { san: [san, { ...san, value: "urn:vonggac:agent:xa-hai" }] }),
    ],
    [
      "client-certificate-unnamed",
      await makeLeaf(bench.agentsCa, { san: [{ type: "dns", value: "urn:vonggac:agent:xa-mot" }] }),
    ],
    [
      "client-certificate-untrusted",
      await makeLeaf(bench.agentsCa, { san: [san], usage: x509.ExtendedKeyUsage.serverAuth }),
    ],
  ];
  for (const [code, client] of cases) await assert.rejects(connectPeer(bench.doorWith(client)), { status: 401, code });
});

test("a resumed TLS session does not outlive its certificate", async () => {
  const until = Math.ceil(Date.now() / 1000) * 1000 + 1_000;
  const door = bench.doorWith(await agentLeaf(bench.agentsCa, "xa-hai", { until }));
  const session = await new Promise<Buffer>((resolve, reject) => {
    const socket = tlsConnect({
      port: door.port,
      host: "localhost",
      ca: door.roots,
      servername: "console.test",
      ...door.client,
    });
    socket.once("session", (s) => resolve(s));
    socket.once("error", reject);
    socket.resume();
  });
  await new Promise((resolve) => setTimeout(resolve, until - Date.now() + 100));
  const head =
    "GET /agent HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n";
  const answer = await new Promise<string>((resolve, reject) => {
    const options = {
      port: door.port,
      host: "localhost",
      ca: door.roots,
      servername: "console.test",
      session,
      ...door.client,
    };
    const socket = tlsConnect(options, () => {
      assert.ok(socket.isSessionReused(), "the session was resumed");
      socket.write(`${head}sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: vonggac.1\r\n\r\n`);
    });
    socket.once("data", (d) => resolve(String(d)));
    socket.once("error", reject);
  });
  assert.match(answer, /^HTTP\/1\.1 401 client-certificate-expired/);
});

test("the upgrade is refused by name: another path, no subprotocol, too often", async () => {
  const door = await bench.door("xa-hai");
  await assert.rejects(connectPeer(door, "/feed"), { status: 404, code: "not-found" });
  await assert.rejects(connectPeer(door, "/agent", []), { status: 400, code: "subprotocol-required" });
  const small = await startPeerless({ connects: { burst: 1, perSecond: 0.01 } });
  const other = await small.door("xa-mot");
  const peer = await connectPeer(other);
  await assert.rejects(connectPeer(other), { status: 429, code: "rate-exceeded" });
  await peer.end();
  await small.end();
});

test("an agent that sends faster than commits come is held back, not buffered for ever", async () => {
  const peer = await afterHello();
  bench.hold(true);
  const long = "x".repeat(2_000);
  const fat = Array.from({ length: 10 }, () => ({ ...good("xa-mot/link/hub1~xa-mot"), facts: { a: long } }));
  for (let i = 0; i < 39; i++) peer.send(batchOf(1, fat));
  await new Promise((resolve) => setTimeout(resolve, 300));
  // What one read of the socket held may still come after the pause.
  assert.ok(bench.held() >= 32 && bench.held() <= 36, `${bench.held()} batches taken before any was settled`);
  bench.hold(false);
  for (let i = 0; i < 39; i++) await peer.next("ack");
  await peer.end();
});

test("when more waits than is good, an agent is read two batches at a time", async () => {
  const peer = await join(await bench.door("xa-hai"), "xa-hai");
  bench.press(true);
  bench.hold(true);
  const long = "x".repeat(2_000);
  const fat = Array.from({ length: 50 }, () => ({ ...good("xa-hai/link/hub1~xa-hai"), facts: { a: long } }));
  for (let i = 0; i < 20; i++) peer.send(batchOf(1, fat));
  await eventually("two are taken", () => bench.held() >= 2);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(bench.held() <= 4, `${bench.held()} batches taken before any was settled`);
  bench.press(false);
  bench.hold(false);
  for (let i = 0; i < 20; i++) await peer.next("ack");
  await peer.end();
});
