// A console of the test's own on a real WebSocket over mutual TLS: takes what agents send through the protocol's codec, keeps
// a record, and misbehaves when told to.
import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { type WebSocket, WebSocketServer } from "ws";
import { decodeAgentFrame, encodeFrame } from "../../../protocol/codec.ts";
import type { Item } from "../../../protocol/finding.ts";
import {
  type AgentFrame,
  type Batch,
  type ConsoleFrame,
  type Hello,
  REFUSALS,
  type RefusalCode,
} from "../../../protocol/frame.ts";
import type { Pair, Pki } from "./pki.ts";

export class TestConsole {
  beatMs = 200;
  /** Answers to batches are held back. */
  isDeaf = false;
  /** The commit happens, the ack is lost with the connection. */
  dropsAfterCommit = 0;
  asksFull = false;
  refusesNext: { code: RefusalCode; retryAfterMs?: number } | undefined;
  epoch = 0;
  lastSeq = 0;
  readonly record: Item[] = [];
  readonly gaps: { from: number; to: number }[] = [];
  readonly frames: AgentFrame[] = [];
  readonly hellos: (Hello & { at: number; client: string })[] = [];
  holes = 0;
  url = "";
  private socket: WebSocket | undefined;
  private readonly server;
  private readonly sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "vonggac.1" });

  constructor(own: Pair, clientRoots: string) {
    this.server = createServer({
      key: own.key,
      cert: own.certificate,
      ca: clientRoots,
      requestCert: true,
      minVersion: "TLSv1.3",
    });
    this.server.on("upgrade", (request, socket, head) => {
      const client = (request.socket as TLSSocket).getPeerX509Certificate()?.subjectAltName ?? "";
      this.sockets.handleUpgrade(request, socket, head, (ws) => this.talk(ws, client));
    });
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, "::1", resolve));
    this.url = `wss://[::1]:${(this.server.address() as { port: number }).port}/agent`;
  }

  send(frame: ConsoleFrame): void {
    this.socket?.send(encodeFrame(frame));
  }

  sendRaw(data: string | Buffer): void {
    this.socket?.send(data);
  }

  /** The connection breaks without a word. */
  cut(): void {
    this.socket?.terminate();
  }

  close(): void {
    this.cut();
    this.server.close();
    this.server.closeAllConnections();
  }

  get batches(): Batch[] {
    return this.frames.filter((f) => f.t === "batch");
  }

  private talk(ws: WebSocket, client: string): void {
    this.socket = ws;
    ws.on("error", () => {});
    ws.on("message", (data, isBinary) => {
      const decoded = decodeAgentFrame(data as Buffer, isBinary);
      if (!decoded.ok) throw new Error(`the agent sent ${decoded.code}: ${decoded.detail}`);
      this.frames.push(decoded.frame);
      this.take(ws, decoded.frame, client);
    });
  }

  private take(ws: WebSocket, frame: AgentFrame, client: string): void {
    if (this.refusesNext) {
      const refusal = this.refusesNext;
      this.refusesNext = undefined;
      ws.send(encodeFrame({ t: "refuse", ...refusal }));
      ws.close(REFUSALS[refusal.code]);
      return;
    }
    if (frame.t === "hello") {
      this.hellos.push({ ...frame, at: performance.now(), client });
      if (frame.epoch !== this.epoch) this.lastSeq = 0;
      this.epoch = frame.epoch;
      ws.send(encodeFrame({ t: "welcome", lastSeq: this.lastSeq, beatMs: this.beatMs, at: 1 }));
      return;
    }
    const [from, to] =
      frame.t === "gap" ? [frame.from, frame.to] : [frame.firstSeq, frame.firstSeq + frame.items.length - 1];
    if (this.isDeaf) return;
    if (from > this.lastSeq + 1) {
      this.holes++;
      ws.send(encodeFrame({ t: "refuse", code: "sequence-hole" }));
      ws.close(REFUSALS["sequence-hole"]);
      return;
    }
    if (frame.t === "gap") this.gaps.push({ from, to });
    else this.record.push(...frame.items.slice(this.lastSeq + 1 - from));
    this.lastSeq = Math.max(this.lastSeq, to);
    if (this.dropsAfterCommit > 0 && to >= from) {
      this.dropsAfterCommit--;
      ws.terminate();
      return;
    }
    const full = this.asksFull ? { full: true as const } : {};
    this.asksFull = false;
    ws.send(encodeFrame({ t: "ack", epoch: this.epoch, seq: this.lastSeq, at: 1, ...full }));
  }
}

/** Certificates for one console and one agent. */
export function consolePki(pki: Pki, agent: string) {
  const root = pki.root("roots");
  const ca = pki.root("agents");
  return {
    root,
    ca,
    own: pki.issue(root, "console", "subjectAltName=DNS:console.x\nextendedKeyUsage=serverAuth"),
    agent: pki.issue(ca, agent, `subjectAltName=URI:urn:vonggac:agent:${agent}\nextendedKeyUsage=clientAuth`),
  };
}

/** Waits until it is so, at most `ms`. */
export async function until(isSo: () => boolean, ms = 5_000, what = isSo.toString()): Promise<void> {
  const end = performance.now() + ms;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
