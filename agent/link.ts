// The agent's line to the console: a WebSocket over mutual TLS 1.3, opened anew for ever. Holds no state that matters: what has
// to be said stands in the outbox, and each connection begins with a conversation of its own.
import type { ClientRequest } from "node:http";
import { type ClientOptions, WebSocket } from "ws";
import { decodeConsoleFrame, encodeFrame } from "../protocol/codec.ts";
import { type AgentFrame, FRAME_LIMITS, REFUSALS, type RefusalCode } from "../protocol/frame.ts";
import { retryAfter, retryAsTold, retryHopeless } from "./backoff.ts";
import { Conversation, type End, type Parts } from "./conversation.ts";

const SUBPROTOCOL = "vonggac.1";
/** A console to which a whole province comes back lets its agents in one after another (console/gateway/waiting-room.ts). */
const HANDSHAKE_MS = 30_000;
/**
 * So long for the console's kernel to answer at all: into a broken path each try goes out ever more rarely, and the path may long be back
 * when the next one does.
 */
const CONNECT_MS = 5_000;
/** Reports wait so long for company; detections do not wait. */
const FLUSH_MS = 40;
/** An ack alone is written down when nothing else comes. */
const TIDY_MS = 1_000;
/** So many refusals of our numbers in a row, and the epoch is given up. */
const HOLES_BEFORE_NEW_EPOCH = 3;

export interface LinkOptions extends Omit<Parts, "onAck"> {
  url: string;
  serverName: string;
  /** PEM of the province's roots. */
  roots: string;
  /** Key and chain as PEM, read at each connection: a renewed certificate is used by the next. */
  identity(): { key: string; certificate: string };
  log(level: "info" | "warn", event: string, about: Record<string, unknown>): void;
  onConnected?(isConnected: boolean): void;
  onAcked?(): void;
  random?: () => number;
  /** How long a connection may take to stand; milliseconds. */
  connectMs?: number;
}

export class Link {
  private readonly options: LinkOptions;
  private socket: WebSocket | undefined;
  private conversation: Conversation | undefined;
  private failures = 0;
  private holes = 0;
  private isStopped = false;
  private again: NodeJS.Timeout | undefined;
  private flush: NodeJS.Timeout | undefined;
  private flushAt = Number.POSITIVE_INFINITY;

  constructor(options: LinkOptions) {
    this.options = options;
  }

  start(): void {
    this.connect();
  }

  /** Something was put into the outbox. `urgent`: a detection, which leaves at once. */
  wake(urgent: boolean): void {
    this.pumpWithin(urgent ? 0 : FLUSH_MS);
  }

  /** The assignment's state changed without the console's doing. */
  tellConfig(): void {
    this.conversation?.tellConfig();
  }

  /** Begins anew: what identity() gives has changed. */
  reconnect(): void {
    if (this.socket) this.over({ why: "closed", detail: "to use the new certificate" });
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.again);
    clearTimeout(this.flush);
    this.conversation?.stop();
    this.socket?.close(1000);
    this.socket?.terminate();
  }

  private pumpWithin(ms: number): void {
    const at = performance.now() + ms;
    if (this.isStopped || at >= this.flushAt) return;
    clearTimeout(this.flush);
    this.flushAt = at;
    this.flush = setTimeout(() => {
      this.flushAt = Number.POSITIVE_INFINITY;
      if (this.conversation) this.conversation.pump();
      else if (this.options.outbox.isDirty) this.options.outbox.flush(0);
    }, ms);
  }

  private connect(): void {
    const { url, roots, serverName, identity, connectMs = CONNECT_MS } = this.options;
    const { key, certificate } = identity();
    // The types of ws leave out what it hands on to tls.connect.
    const options: ClientOptions & { servername: string } = {
      ca: roots,
      key,
      cert: certificate,
      servername: serverName,
      minVersion: "TLSv1.3",
      handshakeTimeout: HANDSHAKE_MS,
      finishRequest: (request: ClientRequest) => {
        request.once("socket", (tcp) => {
          const late = setTimeout(() => request.destroy(new Error(`no connection in ${connectMs} ms`)), connectMs);
          for (const end of ["connect", "close"]) tcp.once(end, () => clearTimeout(late));
        });
        request.end();
      },
      maxPayload: FRAME_LIMITS.bytes,
      perMessageDeflate: false,
    };
    const socket = new WebSocket(url, [SUBPROTOCOL], options);
    this.socket = socket;
    let failure: string | undefined;
    socket.on("open", () => this.converse(socket));
    socket.on("message", (data, isBinary) => {
      if (this.socket === socket) this.receive(data as Buffer, isBinary);
    });
    socket.on("error", (error) => {
      failure = String((error as NodeJS.ErrnoException).code ?? error.message);
    });
    socket.on("close", (code) => {
      if (this.socket === socket) this.over(failure ? { why: "unreachable", detail: failure } : endOfClose(code));
    });
  }

  private converse(socket: WebSocket): void {
    const onAck = () => {
      this.failures = 0;
      this.holes = 0;
      this.options.onAcked?.();
      if (this.options.outbox.isDirty) this.pumpWithin(TIDY_MS);
    };
    const send = (frame: AgentFrame) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(encodeFrame(frame));
    };
    this.options.onConnected?.(true);
    this.conversation = new Conversation({ ...this.options, onAck }, send, (end) => this.over(end));
  }

  private receive(data: Buffer, isBinary: boolean): void {
    const decoded = decodeConsoleFrame(data, isBinary);
    if (decoded.ok) {
      this.conversation?.receive(decoded.frame);
      return;
    }
    this.over({ why: "frame-refused", detail: `${decoded.code}: ${decoded.detail}` }, decoded.code);
  }

  /** This connection is over: closes it, and plans the next. */
  private over(end: End, refusal?: RefusalCode): void {
    if (this.isStopped || !this.socket) return;
    const { log, outbox, onConnected, random = Math.random } = this.options;
    const socket = this.socket;
    this.socket = undefined;
    this.conversation?.stop();
    this.conversation = undefined;
    // Who refuses says why; a peer that does not answer the closing handshake is not waited for.
    if (refusal) socket?.close(REFUSALS[refusal], refusal);
    setTimeout(() => socket?.terminate(), refusal ? 1_000 : 0).unref();
    onConnected?.(false);
    const waitMs = end.why === "new-epoch" ? 0 : this.waitFor(end, random());
    // A console that is away for days is told of seldom.
    if (Number.isInteger(Math.log2(this.failures + 1)))
      log(end.why === "closed" ? "info" : "warn", "console-connection-over", {
        ...end,
        failures: this.failures,
        waitMs,
      });
    if (end.why === "refused" && isAboutNumbers(end.code) && ++this.holes >= HOLES_BEFORE_NEW_EPOCH) {
      this.holes = 0;
      outbox.newEpoch();
      this.options.onFull();
    }
    this.failures++;
    this.again = setTimeout(() => this.connect(), waitMs);
  }

  private waitFor(end: End, chance: number): number {
    if (end.why === "refused" && end.retryAfterMs !== undefined) return retryAsTold(end.retryAfterMs, chance);
    if (end.why === "refused" && !isAboutNumbers(end.code) && !isPassing(end.code)) return retryHopeless(chance);
    return retryAfter(this.failures, chance);
  }
}

const isAboutNumbers = (code: RefusalCode) => code === "sequence-hole" || code === "epoch-unknown";
const isPassing = (code: RefusalCode) =>
  ["rate-exceeded", "try-later", "store-unavailable", "console-full"].includes(code);

/** A close without its `refuse` frame says the same by its code; one of several names with that code will do. */
function endOfClose(code: number): End {
  const named = (Object.keys(REFUSALS) as RefusalCode[]).find((name) => REFUSALS[name] === code);
  return named ? { why: "refused", code: named } : { why: "closed", detail: `code ${code}` };
}
