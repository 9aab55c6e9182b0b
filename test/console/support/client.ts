// An agent's end of the wire, as bare as it can be: real TLS, real ws, frames in and out, no rules of its own.
import { connect as tlsConnect } from "node:tls";
import { WebSocket } from "ws";
import type { AgentFrame, ConsoleFrame, Hello, Item } from "../../../protocol/index.ts";
import type { Pair } from "./pki.ts";

export interface Peer {
  socket: WebSocket;
  /** Frames received and not yet taken. */
  inbox: ConsoleFrame[];
  send(frame: AgentFrame): void;
  raw(data: string | Buffer): void;
  /** The next frame of that type; others stay. */
  next<T extends ConsoleFrame["t"]>(t: T, withinMs?: number): Promise<Extract<ConsoleFrame, { t: T }>>;
  closed: Promise<{ code: number; reason: string }>;
  end(): Promise<void>;
}

export interface Door {
  port: number;
  roots: string;
  client?: Pair;
}

/** Connects and upgrades; rejects with the HTTP status and problem code when the upgrade is refused. */
export function connectPeer(door: Door, path = "/agent", protocols: string[] = ["vonggac.1"]): Promise<Peer> {
  const tls = { ca: door.roots, servername: "console.test", ...door.client };
  const socket = new WebSocket(`wss://localhost:${door.port}${path}`, protocols, tls);
  const inbox: ConsoleFrame[] = [];
  let wake = () => {};
  socket.on("message", (data) => {
    inbox.push(JSON.parse(String(data)));
    wake();
  });
  socket.on("error", () => {});
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on("close", (code, reason) => {
      resolve({ code, reason: String(reason) });
      wake();
    }),
  );
  const peer: Peer = {
    socket,
    inbox,
    send: (frame) => socket.send(JSON.stringify(frame)),
    raw: (data) => socket.send(data),
    closed,
    async next(t, withinMs = 5_000) {
      const end = Date.now() + withinMs;
      for (;;) {
        const i = inbox.findIndex((f) => f.t === t);
        if (i >= 0) return inbox.splice(i, 1)[0] as never;
        if (socket.readyState === socket.CLOSED)
          throw new Error(`closed before ${t}; received ${JSON.stringify(inbox)}`);
        if (Date.now() > end) throw new Error(`no ${t} within ${withinMs} ms; received ${JSON.stringify(inbox)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 50);
        });
      }
    },
    async end() {
      if (socket.readyState === socket.CLOSED) return;
      socket.terminate();
      await closed;
    },
  };
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(peer));
    socket.once("unexpected-response", (_request, response) => {
      let text = "";
      response.on("data", (d) => {
        text += d;
      });
      response.on("end", () =>
        reject(Object.assign(new Error(text), { status: response.statusCode, ...JSON.parse(text || "{}") })),
      );
    });
    socket.once("error", reject);
  });
}

export const helloOf = (agent: string, over: Partial<Hello> = {}): Hello => ({
  t: "hello",
  agent,
  instance: "one",
  version: "0",
  epoch: 1,
  nextSeq: 1,
  at: Date.now(),
  config: { serial: 0, hash: "", status: "none" },
  ...over,
});

export const batchOf = (
  firstSeq: number,
  items: Item[],
  over: { epoch?: number; digest?: string } = {},
): AgentFrame => ({
  t: "batch",
  epoch: 1,
  firstSeq,
  items,
  at: Date.now(),
  ...over,
});

/** Connects and is welcomed. */
export async function join(door: Door, agent: string, over: Partial<Hello> = {}): Promise<Peer & { lastSeq: number }> {
  const peer = await connectPeer(door);
  peer.send(helloOf(agent, over));
  const { lastSeq } = await peer.next("welcome");
  return { ...peer, lastSeq };
}

/** One HTTPS request without keep-alive, with or without a client certificate. */
export function post(
  door: Door,
  path: string,
  body: string,
  method = "POST",
): Promise<{ status: number; body: Record<string, string> }> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({
      port: door.port,
      host: "localhost",
      ca: door.roots,
      servername: "console.test",
      ...door.client,
    });
    let text = "";
    socket.setEncoding("utf8");
    socket.on("secureConnect", () =>
      socket.write(
        `${method} ${path} HTTP/1.1\r\nhost: console.test\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      ),
    );
    socket.on("data", (d: string) => {
      text += d;
    });
    socket.on("error", reject);
    socket.on("end", () => {
      const [head = "", ...rest] = text.split("\r\n\r\n");
      resolve({ status: Number(head.split(" ")[1]), body: JSON.parse(rest.join("\r\n\r\n") || "{}") });
    });
  });
}
