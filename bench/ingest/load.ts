// The agents' side of the bench: N connections with certificates of their own, in this one process. Closed loop: each keeps a
// few frames unacknowledged. Open loop: frames leave by the clock, and an ack's latency counts from when its frame was due.
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { type FrameMaker, framesOf, type Mix, PER_FRAME } from "./frames.ts";
import { agentId, type World } from "./world.ts";

export interface Run {
  items: number;
  tookMs: number;
  /** Of every frame's ack, ms, ascending. */
  latencies: number[];
}

interface Connection {
  socket: WebSocket;
  frames: FrameMaker;
  nextSeq: number;
  /** When the frames that wait for an ack were due. */
  waiting: { last: number; due: number }[];
  acked: (() => void) | undefined;
}

export interface Load {
  bytesPerItem: number;
  closed(ms: number, unacked: number): Promise<Run>;
  open(ms: number, itemsPerSecond: number): Promise<Run>;
  /** Starts again with other items. */
  mix(mix: Mix): void;
  sent(): number;
  end(): void;
}

export async function connectLoad(world: World, agents: number, mix: Mix): Promise<Load> {
  let latencies: number[] = [];
  const connections: Connection[] = [];
  for (let i = 0; i < agents; i++) connections.push(await connect(world, i, mix, (ms) => latencies.push(ms)));
  let sent = 0;
  const send = (c: Connection, due: number) => {
    const text = c.frames.make(c.nextSeq, Date.now());
    c.nextSeq += PER_FRAME;
    c.waiting.push({ last: c.nextSeq - 1, due });
    c.socket.send(text, { binary: false });
    sent += PER_FRAME;
  };
  const drained = async () => {
    while (connections.some((c) => c.waiting.length > 0)) {
      if (connections.some((c) => c.socket.readyState !== WebSocket.OPEN)) throw new Error("a connection was lost");
      await sleep(1);
    }
  };
  const measured = async (act: () => Promise<void>): Promise<Run> => {
    latencies = [];
    const before = sent;
    const began = performance.now();
    await act();
    await drained();
    const tookMs = performance.now() - began;
    return { items: sent - before, tookMs, latencies: latencies.sort((a, b) => a - b) };
  };
  return {
    bytesPerItem: connections[0]!.frames.bytesPerItem,
    closed: (ms, unacked) =>
      measured(async () => {
        const end = performance.now() + ms;
        for (const c of connections) {
          c.acked = () => {
            if (performance.now() < end) send(c, performance.now());
          };
          for (let k = 0; k < unacked; k++) send(c, performance.now());
        }
        await sleep(ms);
        for (const c of connections) c.acked = undefined;
      }),
    open: (ms, itemsPerSecond) =>
      measured(async () => {
        const began = performance.now();
        const frames = Math.floor((itemsPerSecond / PER_FRAME) * (ms / 1000));
        for (let k = 0; k < frames; ) {
          const dueOf = (n: number) => began + (n / frames) * ms;
          while (k < frames && dueOf(k) <= performance.now()) send(connections[k % agents]!, dueOf(k++));
          await sleep(1);
        }
      }),
    mix(next) {
      connections.forEach((c, i) => {
        c.frames = framesOf(i, next);
      });
    },
    sent: () => sent,
    end() {
      for (const c of connections) c.socket.terminate();
    },
  };
}

async function connect(world: World, i: number, mix: Mix, took: (ms: number) => void): Promise<Connection> {
  const agent = agentId(i);
  const client = await world.clientOf(i);
  const url = `wss://127.0.0.1:${world.config.gateway.port}/agent`;
  const tls = { ca: world.roots, servername: "console.test", ...client };
  const socket = new WebSocket(url, ["vonggac.1"], tls);
  const connection: Connection = { socket, frames: framesOf(i, mix), nextSeq: 1, waiting: [], acked: undefined };
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () =>
      socket.send(
        JSON.stringify({
          t: "hello",
          agent,
          instance: agent,
          version: "bench",
          epoch: 1,
          nextSeq: 1,
          at: Date.now(),
          config: { serial: 0, hash: "", status: "none" },
        }),
      ),
    );
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      if (frame.t === "welcome") return resolve();
      if (frame.t !== "ack") return reject(new Error(`${agent}: ${String(data)}`));
      const now = performance.now();
      while (connection.waiting.length > 0 && connection.waiting[0]!.last <= frame.seq) {
        took(now - connection.waiting.shift()!.due);
        connection.acked?.();
      }
    });
  });
  return connection;
}
