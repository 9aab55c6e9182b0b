// Some thousands of clients of a NATS server in one process: TLS with a client certificate, CONNECT, PING, and the same back-off as
// our agents when the line is gone. A client is back when its PING is answered.
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createSecureContext, type SecureContext, connect as tlsConnect } from "node:tls";
import { retryAfter } from "../../agent/backoff.ts";
import { leafMaker } from "../../test/console/support/pki.ts";
import { agentId } from "../ingest/world.ts";
import type { Orders, Tally } from "./agents.ts";

const HANDSHAKE_MS = 30_000;
const HELLO = 'CONNECT {"verbose":false,"pedantic":false,"lang":"bench","version":"0","protocol":1}\r\nPING\r\n';
const tally: Tally = { t: "tally", back: 0, acked: 0, lost: 0, tries: 0, refused: {} };

interface Client {
  context: SecureContext;
  failures: number;
}

function converse(orders: Orders, client: Client): void {
  tally.tries++;
  let [isOver, isBack] = [false, false];
  const sockets: Socket[] = [];
  const over = () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(watch);
    for (const socket of sockets) socket.destroy();
    if (isBack) tally.back--;
    setTimeout(() => converse(orders, client), retryAfter(client.failures++, Math.random()));
  };
  const watch = setTimeout(over, HANDSHAKE_MS);
  const guarded = <S extends Socket>(socket: S): S => {
    sockets.push(socket);
    socket.on("error", over).on("close", over);
    return socket;
  };
  const plain = guarded(connect({ host: "127.0.0.1", port: orders.port, localAddress: orders.from }));
  // The server speaks first, in the clear: INFO says that TLS is required.
  plain.once("data", () => {
    const options = { socket: plain, servername: "console.test", secureContext: client.context };
    const secure = guarded(tlsConnect(options, () => secure.write(HELLO)));
    secure.on("data", (chunk: Buffer) => {
      const text = chunk.toString("latin1");
      if (text.includes("PING\r\n")) secure.write("PONG\r\n");
      if (isBack || !text.includes("PONG\r\n")) return;
      clearTimeout(watch);
      isBack = true;
      client.failures = 0;
      tally.back++;
    });
  });
}

process.once("message", async (orders: Orders) => {
  const leafOf = await leafMaker(orders.agentsCa);
  const clients: Client[] = [];
  for (let i = orders.first; i < orders.first + orders.count; i++) {
    const { cert, key } = await leafOf({ san: [{ type: "dns", value: agentId(i) }] });
    clients.push({ context: createSecureContext({ ca: orders.roots, cert, key }), failures: 0 });
  }
  process.send!({ ...tally, t: "ready" });
  process.once("message", async () => {
    setInterval(() => process.send!(tally), 100);
    const began = performance.now();
    for (const [i, client] of clients.entries()) {
      converse(orders, client);
      const waitMs = began + (i / orders.perSecond) * 1_000 - performance.now();
      if (waitMs > 0) await sleep(waitMs);
    }
  });
});
