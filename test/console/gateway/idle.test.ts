// Who connects and holds back: without a hello, with half a frame, or silent for good. Each is closed in its time; whoever waits for
// the console is not idle.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { batchOf, connectPeer, join, type Peer } from "../support/client.ts";
import { startPeerless } from "../support/gateway.ts";
import { good } from "../support/province.ts";

let bench: Awaited<ReturnType<typeof startPeerless>>;
before(async () => {
  bench = await startPeerless({ idleMs: 400, helloMs: 400 });
});
after(() => bench.end());

/** The beginning of a masked text frame of 4 KiB, and no more (RFC 6455 §5.2). */
const halfAFrame = (peer: Peer) =>
  (peer.socket as unknown as { _socket: { write(b: Buffer): void } })._socket.write(
    Buffer.from([0x81, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 5]),
  );

test("half a frame instead of a hello: refused by name", async () => {
  const peer = await connectPeer(await bench.door("xa-mot"));
  halfAFrame(peer);
  assert.equal((await peer.next("refuse")).code, "hello-expected");
  await peer.closed;
});

test("half a frame after the hello, and silence after the hello: closed", async () => {
  for (const hold of [halfAFrame, () => {}]) {
    const peer = await join(await bench.door("xa-mot"), "xa-mot");
    hold(peer);
    assert.equal((await peer.closed).code, 1006);
  }
});

test("an agent whose batch waits for its commit is not idle, however long that takes", async () => {
  const peer = await join(await bench.door("xa-hai"), "xa-hai");
  bench.hold(true);
  peer.send(batchOf(1, [good("xa-hai/link/hub1~xa-hai")]));
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  assert.equal(peer.socket.readyState, peer.socket.OPEN);
  bench.hold(false);
  assert.equal((await peer.next("ack")).seq, 1);
  assert.equal((await peer.closed).code, 1006, "and then it is, as any other");
});
