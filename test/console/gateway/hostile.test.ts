// Hostile bytes: whatever comes, the gateway answers with a name, closes, and goes on serving others.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import fc from "fast-check";
import { REFUSALS } from "../../../protocol/index.ts";
import { batchOf, connectPeer, type Door, helloOf, join } from "../support/client.ts";
import { startPeerless } from "../support/gateway.ts";
import { bad, good } from "../support/province.ts";

let bench: Awaited<ReturnType<typeof startPeerless>>;
let door: Door;
before(async () => {
  bench = await startPeerless({ connects: { burst: 10_000, perSecond: 1_000 }, tlsHandshakeMs: 400, requestMs: 400 });
  door = await bench.door("xa-mot");
});
after(() => bench.end());

const stillServes = async () => {
  const peer = await join(await bench.door("xa-hai"), "xa-hai");
  peer.send(batchOf(1, []));
  await peer.next("ack");
  await peer.end();
};
const CODES = new Set<number>([...Object.values(REFUSALS), 1002, 1007, 1009]);

/** A good frame with one leaf, or one member, replaced by something else. */
const mutated = fc
  .tuple(
    fc.constantFrom<object>(
      helloOf("xa-mot"),
      batchOf(1, [good("xa-mot/link/hub1~xa-mot"), bad("xa-mot/certificate/portal", "CERT_EXPIRED")]),
      { t: "gap", epoch: 1, from: 1, to: 2, reason: "x" },
    ),
    fc.nat(200),
    fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(-1, Number.POSITIVE_INFINITY, 2 ** 53, "\u0000", "\ud800", "__proto__", [], {}),
    ),
  )
  .map(([frame, at, value]) => {
    const copy = structuredClone(frame) as Record<string, unknown>;
    const places: [Record<string, unknown>, string][] = [];
    const walk = (o: Record<string, unknown>) => {
      for (const key of Object.keys(o)) {
        places.push([o, key]);
        if (typeof o[key] === "object" && o[key] !== null) walk(o[key] as Record<string, unknown>);
      }
    };
    walk(copy);
    const [owner, key] = places[at % places.length]!;
    owner[key] = value;
    return JSON.stringify(copy);
  });
const hostile = fc.oneof(
  mutated,
  fc.string({ maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
  fc.constantFrom(
    '{"t":"hello"',
    "null",
    "[]",
    '{"t":"__proto__"}',
    '{"t":"constructor"}',
    `{"a":"${"\\u0000".repeat(50)}"}`,
  ),
);

test("frames of every wrong shape, before and after hello: refused by name or answered, never a crash", {
  timeout: 60_000,
}, async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 4 }), fc.boolean(), async (messages, greeted) => {
      const peer = greeted ? await join(door, "xa-mot") : await connectPeer(door);
      for (const m of messages) if (peer.socket.readyState === peer.socket.OPEN) peer.raw(m);
      const end = await Promise.race([peer.closed, new Promise<undefined>((r) => setTimeout(() => r(undefined), 60))]);
      if (end) {
        refused++;
        assert.ok(CODES.has(end.code), `close code ${end.code}`);
      }
      await peer.end();
    }),
    { numRuns: 120 },
  );
  assert.ok(refused > 60, `only ${refused} of 120 were refused: the test sends too little that is wrong`);
  await stillServes();
});

test("a frame cut into WebSocket fragments that never end, and a lying length, hold nothing up", async () => {
  const peer = await connectPeer(door);
  const raw = (peer.socket as unknown as { _socket: { write(b: Buffer): void } })._socket;
  // Unmasked client frame: RFC 6455 §5.1 says that the server must close.
  raw.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]));
  assert.equal((await peer.closed).code, 1002);
  await stillServes();
});

test("bytes that are no TLS, a handshake that stops half-way, a request that never ends: closed in time", async () => {
  const ended = (write: (s: ReturnType<typeof connect>) => void) =>
    new Promise<number>((resolve) => {
      const from = performance.now();
      const socket = connect(bench.gateway.port, "127.0.0.1", () => write(socket));
      socket.on("error", () => {});
      socket.on("close", () => resolve(performance.now() - from));
      socket.resume();
    });
  assert.ok((await ended((s) => s.write("GET / HTTP/1.1\r\n\r\n"))) < 3_000);
  assert.ok((await ended(() => {})) < 3_000, "silence before the handshake");
  const slow = await new Promise<number>((resolve) => {
    const from = performance.now();
    const socket = tlsConnect({ port: door.port, host: "localhost", ca: door.roots, servername: "console.test" }, () =>
      socket.write("POST /enrol HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"),
    );
    socket.on("error", () => {});
    socket.on("close", () => resolve(performance.now() - from));
    socket.resume();
  });
  assert.ok(slow < 5_000, `${slow} ms`);
  await stillServes();
});

test("TLS 1.2 is not spoken", async () => {
  await assert.rejects(
    new Promise((resolve, reject) => {
      const socket = tlsConnect(
        { port: door.port, host: "localhost", ca: door.roots, servername: "console.test", maxVersion: "TLSv1.2" },
        () => resolve(socket.destroy()),
      );
      socket.on("error", reject);
    }),
    /version/i,
  );
});
