import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { burstUdp } from "../../../agent/world/burst.ts";
import { connectTcp, connectTls, exchangeTcp } from "../../../agent/world/connect.ts";
import { exchangeUdp } from "../../../agent/world/datagram.ts";
import { fetchPage } from "../../../agent/world/page.ts";
import { Pki } from "../support/pki.ts";

const query = Uint8Array.of(1, 2, 3);
const open = async (host: string, onConnection: (socket: Socket) => void) => {
  const server = createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return { server, port: (server.address() as { port: number }).port };
};
const why = (result: { ok: boolean; why?: string }) => (result.ok ? "ok" : result.why);

test("TCP: reached in both families, refused, no way", async () => {
  const { server, port } = await open("::", (socket) => void socket.on("error", () => {}));
  assert.equal(why(await connectTcp({ address: "127.0.0.1", port }, 1_000)), "ok");
  assert.equal(why(await connectTcp({ address: "::1", port }, 1_000)), "ok");
  server.close();
  assert.equal(why(await connectTcp({ address: "127.0.0.1", port }, 1_000)), "refused");
  assert.equal(why(await connectTcp({ address: "2001:db8:dead::1", port: 1 }, 300)) === "ok", false);
});

test("TCP: an answer that is there beats a timer that is due in the same turn", async () => {
  const { server, port } = await open("127.0.0.1", (socket) => void socket.on("error", () => {}));
  const pending = connectTcp({ address: "127.0.0.1", port }, 30);
  const until = performance.now() + 120;
  while (performance.now() < until);
  assert.equal(why(await pending), "ok");
  server.close();
});

test("TLS: a server that says nothing is a timeout, one that speaks otherwise no TLS", async () => {
  const silent = await open("127.0.0.1", (socket) => void socket.on("error", () => {}));
  assert.equal(why(await connectTls({ address: "127.0.0.1", port: silent.port }, "x", "", 200)), "timeout");
  silent.server.close();
  const closing = await open("127.0.0.1", (socket) => void socket.destroy());
  const result = await connectTls({ address: "127.0.0.1", port: closing.port }, "x", "", 1_000);
  assert.ok(["reset", "tls-failed"].includes(String(why(result))), String(why(result)));
  closing.server.close();
});

test("UDP: only an answer that is accepted ends the wait; a closed port is refused", async () => {
  for (const [type, address] of [
    ["udp4", "127.0.0.1"],
    ["udp6", "::1"],
  ] as const) {
    const server = createSocket(type);
    await new Promise<void>((resolve) => server.bind(0, address, resolve));
    server.on("message", (_, peer) => {
      server.send(Uint8Array.of(9), peer.port, peer.address);
      server.send(Uint8Array.of(7), peer.port, peer.address);
    });
    const { port } = server.address();
    const result = await exchangeUdp({ address, port }, query, (a) => a[0] === 7, 1_000);
    assert.deepEqual(result.ok && [...result.answer], [7]);
    assert.equal(why(await exchangeUdp({ address, port }, query, () => false, 100)), "timeout");
    server.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(why(await exchangeUdp({ address, port }, query, () => true, 500)), "refused");
  }
});

test("UDP: questions one after the other share a port for a while, those at once have one each, and nobody hears another's", async () => {
  const server = createSocket("udp4");
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  const ports: number[] = [];
  server.on("message", (message, peer) => {
    ports.push(peer.port);
    server.send(message, peer.port, peer.address);
    // Twice, and late: the next question on this port must not take it for its own.
    setTimeout(() => server.send(message, peer.port, peer.address, () => {}), 5);
  });
  const to = { address: "127.0.0.1", port: server.address().port };
  const ask = (n: number) => exchangeUdp(to, Uint8Array.of(n), (a) => a[0] === n, 2_000);
  const heard = (result: Awaited<ReturnType<typeof ask>>) => result.ok && result.answer[0];
  for (let n = 0; n < 40; n++) assert.equal(heard(await ask(n)), n);
  // Sixteen a port; a pause longer than a port's rest, on a starved machine, makes one more.
  const row = new Set(ports).size;
  assert.ok(row >= 3 && row < 20, `${row} ports`);
  const most = Math.max(...[...new Set(ports)].map((port) => ports.filter((one) => one === port).length));
  assert.ok(most <= 16, `${most} questions of one port`);
  ports.length = 0;
  assert.deepEqual((await Promise.all([50, 51, 52, 53].map(ask))).map(heard), [50, 51, 52, 53]);
  assert.equal(new Set(ports).size, 4);
  // A port whose question was not answered is not used again.
  const unanswered = ports.length;
  assert.equal(why(await exchangeUdp(to, Uint8Array.of(60), () => false, 30)), "timeout");
  await ask(61);
  assert.notEqual(ports[unanswered], ports[unanswered + 1]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  server.close();
});

test("DNS over TCP: an answer in parts, one that is cut short, one that never comes", async () => {
  const serve = (answer: (write: (b: number[]) => void, end: () => void) => void) =>
    open("127.0.0.1", (socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => {
        assert.deepEqual([...data], [0, 3, 1, 2, 3]);
        answer(
          (b) => socket.write(Uint8Array.from(b)),
          () => socket.end(),
        );
      });
    });
  const ask = (port: number) => exchangeTcp({ address: "127.0.0.1", port }, query, 300);
  const inParts = await serve((write) => {
    write([0]);
    setTimeout(() => write([2, 8]), 20);
    setTimeout(() => write([9, 1, 1]), 40);
  });
  const got = await ask(inParts.port);
  assert.deepEqual(got.ok && [...got.answer], [8, 9]);
  const cut = await serve((write, end) => {
    write([0, 9, 1]);
    end();
  });
  assert.equal(why(await ask(cut.port)), "reset");
  const never = await serve(() => {});
  assert.equal(why(await ask(never.port)), "timeout");
  for (const { server } of [inParts, cut, never]) server.close();
});

test("UDP in a burst: each answer is timed, a lost one is none, an end without answers comes in time", async () => {
  const server = createSocket("udp4");
  server.on("message", (message, from) => {
    if (message[0] !== 1) server.send(message, from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  const to = { address: "127.0.0.1", port: server.address().port };
  const queries = [0, 1, 2].map((n) => Uint8Array.of(n));
  const seen = await burstUdp(to, queries, (answer) => answer[0], 5, 200);
  assert.ok(seen.ok);
  assert.deepEqual(
    seen.tookMs.map((took) => took !== undefined),
    [true, false, true],
  );
  server.close();
  const nobody = await burstUdp(to, queries, (answer) => answer[0], 5, 100);
  assert.ok(!nobody.ok || nobody.tookMs.every((took) => took === undefined));
});

test("a page: status and body; a server that speaks no TLS has none", async (t) => {
  const { certificate: cert, key } = new Pki().root("page.test");
  const server = createHttpsServer({ cert, key }, (request, answer) => {
    answer.writeHead(request.headers.host === "page.test" ? 200 : 400);
    answer.end(request.url === "/large" ? Buffer.alloc(1_100_000) : `at ${request.url}`);
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const to = { address: "127.0.0.1", port: (server.address() as { port: number }).port };
  const seen = await fetchPage(to, "page.test", "/x", 3_000);
  assert.ok(seen.ok, JSON.stringify(seen));
  assert.equal(`${seen.status} ${Buffer.from(seen.body)}`, "200 at /x");
  assert.equal(why(await fetchPage(to, "page.test", "/large", 3_000)), "failed");
  server.close();
  assert.equal(why(await fetchPage(to, "page.test", "/x", 3_000)), "refused");
  const plain = await open("127.0.0.1", (socket) => void socket.destroy());
  assert.notEqual(why(await fetchPage({ ...to, port: plain.port }, "page.test", "/", 1_000)), "ok");
  plain.server.close();
});
