// Many questions over one TCP connection: answers in any order and any pieces, a peer that closes, lies or is silent.
import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { messagesFrom, withLength } from "../../../agent/world/connect.ts";
import { exchangePipelined } from "../../../agent/world/pipeline.ts";

/** A server that hands each message to `hear`, with its number among the connections. */
async function serve(hear: (message: Uint8Array, socket: Socket, connection: number) => void) {
  let connections = 0;
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    const mine = connections++;
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on(
      "data",
      messagesFrom((message) => {
        hear(message, socket, mine);
        return "more";
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { to: { address: "127.0.0.1", port }, connections: () => connections, stop };
}

const query = (id: number, ...rest: number[]) => Uint8Array.of(id >> 8, id & 255, ...rest);
const why = (result: Awaited<ReturnType<typeof exchangePipelined>>) => (result.ok ? "ok" : result.why);

test("a hundred questions share one connection; answers come in another order and in pieces", async () => {
  const heard: Uint8Array[] = [];
  const { to, connections, stop } = await serve((message, socket) => {
    heard.push(Uint8Array.from(message));
    if (heard.length < 100) return;
    const all = Buffer.concat(heard.toReversed().map((one) => withLength(query((one[0]! << 8) | one[1]!, 9, one[2]!))));
    for (let at = 0; at < all.length; at += 7) socket.write(all.subarray(at, at + 7));
  });
  const asked = Array.from({ length: 100 }, (_, id) => exchangePipelined(to, query(id, id), 5_000));
  const answers = await Promise.all(asked);
  for (const [id, result] of answers.entries()) assert.deepEqual(result.ok && [...result.answer], [0, id, 9, id]);
  assert.equal(connections(), 1);
  stop();
});

test("a second question of the same id goes by another connection; both are answered", async () => {
  const { to, connections, stop } = await serve((message, socket, connection) => {
    setTimeout(() => socket.write(withLength(query(7, connection, message[2]!))), connection === 0 ? 60 : 0);
  });
  const [one, two] = await Promise.all([
    exchangePipelined(to, query(7, 1), 5_000),
    exchangePipelined(to, query(7, 2), 5_000),
  ]);
  assert.deepEqual(one.ok && [...one.answer], [0, 7, 0, 1]);
  assert.deepEqual(two.ok && [...two.answer], [0, 7, 1, 2]);
  assert.equal(connections(), 2);
  stop();
});

test("a peer that closes, that answers what nobody asked, that is silent: each question has its end, the next its chance", async () => {
  let habit: "close" | "lie" | "silent" | "answer" = "close";
  const { to, stop } = await serve((message, socket) => {
    const id = (message[0]! << 8) | message[1]!;
    if (habit === "close") socket.end();
    if (habit === "lie") socket.write(withLength(query(id + 1_000)));
    if (habit === "answer") socket.write(withLength(query(id, 1)));
  });
  const three = () => Promise.all([1, 2, 3].map((id) => exchangePipelined(to, query(id), 200)));
  assert.deepEqual((await three()).map(why), ["reset", "reset", "reset"]);
  habit = "lie";
  assert.deepEqual((await three()).map(why), ["failed", "failed", "failed"]);
  habit = "silent";
  assert.deepEqual((await three()).map(why), ["timeout", "timeout", "timeout"]);
  habit = "answer";
  assert.deepEqual((await three()).map(why), ["ok", "ok", "ok"]);
  stop();
  const { to: nobody, stop: gone } = await serve(() => {});
  gone();
  assert.equal(why(await exchangePipelined(nobody, query(1), 1_000)), "refused");
});
