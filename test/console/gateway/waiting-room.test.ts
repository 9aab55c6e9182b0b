// The room before the handshakes, with a clock that the test moves and sockets that only know how to close.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Server, Socket } from "node:net";
import { test } from "node:test";
import { agentsWithin, openFilesLimit } from "../../../console/gateway/descriptors.ts";
import { waitingRoom } from "../../../console/gateway/waiting-room.ts";

class Caller extends EventEmitter {
  destroyed = false;
  readonly remoteAddress: string;
  readonly remotePort: number;
  constructor(remoteAddress: string, remotePort: number) {
    super();
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }
  resume() {}
  destroy() {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit("close");
  }
}

function room(handshakes: number) {
  const server = new EventEmitter();
  const begun: string[] = [];
  const dropped: string[] = [];
  let now = 0;
  server.on("connection", (socket: Caller) => begun.push(`${socket.remoteAddress} ${socket.remotePort}`));
  const made = waitingRoom(server as unknown as Server, {
    rules: { handshakes, patienceMs: 9_000 },
    most: 10,
    monotonic: () => now,
    dropped: (why) => dropped.push(why),
  });
  let port = 0;
  const call = (address: string): Caller => {
    const caller = new Caller(address, ++port);
    server.emit("connection", caller);
    return caller;
  };
  const done = (caller: Caller) => made.done(caller as unknown as Socket);
  return { ...made, done, call, begun, dropped, server, at: (ms: number) => (now = ms) };
}

test("so many handshakes at a time, in the order of arrival; an end of one, good or bad, lets the next in", () => {
  const { call, begun, done, waiting } = room(4);
  const [first, second] = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"].map(call);
  assert.deepEqual(begun, ["10.0.0.1 1", "10.0.0.2 2", "10.0.0.3 3", "10.0.0.4 4"]);
  assert.equal(waiting(), 2);
  done(first!);
  second!.destroy();
  assert.deepEqual(begun.slice(4), ["10.0.0.5 5", "10.0.0.6 6"]);
  done(first!);
  assert.equal(waiting(), 0);
});

test("one network that connects and says nothing keeps nobody else out", () => {
  const { call, begun } = room(4);
  for (let i = 0; i < 50; i++) call("192.0.2.66");
  assert.equal(begun.length, 2, "half of the places");
  call("10.0.0.1");
  call("10.0.0.2");
  assert.deepEqual(begun.slice(2), ["10.0.0.1 51", "10.0.0.2 52"]);
});

test("many of one network and few of another are served in turn", () => {
  const { call, begun, done } = room(2);
  const crowd = Array.from({ length: 20 }, () => call("192.0.2.66"));
  const holder = call("10.0.0.9");
  call("10.0.0.1");
  done(holder);
  done(crowd[0]!);
  assert.ok(begun.includes("10.0.0.1 22"), `${begun}`);
});

test("whoever waited longer than an agent waits is closed without a handshake; whoever hung up is passed over", () => {
  const { call, begun, dropped, done, at } = room(1);
  const holder = call("10.0.0.1");
  const patient = call("10.0.0.2");
  const gone = call("10.0.0.3");
  gone.destroy();
  at(9_001);
  const fresh = call("10.0.0.4");
  done(holder);
  assert.deepEqual(begun, ["10.0.0.1 1", "10.0.0.4 4"]);
  assert.deepEqual([patient.destroyed, fresh.destroyed], [true, false]);
  assert.deepEqual(dropped, ["waited-too-long"]);
});

test("what the kernel closes above the limit is counted; emptying closes who waits and who is at it", () => {
  const { call, server, dropped, empty } = room(1);
  assert.equal((server as unknown as Server).maxConnections, 10);
  server.emit("drop");
  assert.deepEqual(dropped, ["too-many-connections"]);
  const [atIt, waits] = [call("10.0.0.1"), call("10.0.0.2")];
  empty();
  assert.deepEqual([atIt.destroyed, waits.destroyed], [true, true]);
});

test("the limit of open files, as the kernel tells it", () => {
  const line = (soft: string) =>
    `Limit   Soft Limit   Hard Limit   Units\nMax open files            ${soft}      20000    files\n`;
  assert.equal(openFilesLimit(line("20000")), 20_000);
  assert.equal(openFilesLimit(line("unlimited")), 1_048_576);
  assert.equal(openFilesLimit(""), 1_024);
  assert.ok(openFilesLimit() >= 256, "of this process");
  assert.equal(agentsWithin(20_000), 19_488);
  assert.equal(agentsWithin(100), 1, "a console that can serve nobody still starts, and says so");
});

test("whoever was reset while waiting, so that its address is gone, gives its place back all the same", () => {
  const { call, begun, done, waiting } = room(4);
  const first = [call("10.0.0.1"), call("10.0.0.1")];
  const gone = [call("10.0.0.1"), call("10.0.0.1")];
  for (const caller of gone) Object.assign(caller, { remoteAddress: undefined, remotePort: undefined });
  for (const caller of first) done(caller);
  for (const caller of gone) caller.destroy();
  for (let i = 0; i < 2; i++) call("10.0.0.1");
  assert.equal(waiting(), 0);
  assert.deepEqual(begun.slice(-2), ["10.0.0.1 5", "10.0.0.1 6"]);
});
