// One agent's connection: hello, then batches and gaps, each answered after its commit. docs/architecture.md, "Delivery".
import type { WebSocket } from "ws";
import { decodeAgentFrame, encodeFrame } from "../../protocol/codec.ts";
import {
  type AgentFrame,
  type Batch,
  type ConsoleFrame,
  type Hello,
  REFUSALS,
  type RefusalCode,
} from "../../protocol/index.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { newBucket, take } from "../rate.ts";
import type { HeldAssignment } from "./assignments.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Sink, Taken } from "./sink.ts";

export interface SessionParts {
  socket: WebSocket;
  /** From the certificate. */
  agent: string;
  certificateExpiresAt: number;
  sink: Sink;
  limits: GatewayLimits;
  beatMs: number;
  now(): number;
  monotonic(): number;
  assignmentOf(agent: string): HeldAssignment | undefined;
  /** Asked at hello: admits the agent and puts an older connection out, or says why not. */
  admit(session: Session, hello: Hello): { code: RefusalCode; detail: string; retryAfterMs?: number } | undefined;
  ended(session: Session): void;
  metrics: Metrics;
  log: Logger;
}

export interface Session {
  readonly agent: string;
  readonly instance: string;
  /** Sends the agent's assignment when it is newer than what the agent holds. */
  pushAssignment(): void;
  refuse(code: RefusalCode, detail: string, retryAfterMs?: number): void;
  /** The console goes away. */
  leave(): void;
}

export function startSession(parts: SessionParts): Session {
  const { socket, agent, sink, limits } = parts;
  const bucket = newBucket(limits.frames, parts.monotonic());
  let hello: Hello | undefined;
  let heldSerial = 0;
  let unacked = 0;
  let over = false;
  let deadline = setTimeout(() => refuse("hello-expected", `no hello within ${limits.helloMs} ms`), limits.helloMs);

  const send = (frame: ConsoleFrame) => {
    if (over || socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > limits.unsentBytes) return socket.terminate();
    socket.send(encodeFrame(frame));
  };

  const refuse = (code: RefusalCode, detail: string, retryAfterMs?: number): void => {
    if (over) return;
    parts.metrics.refusals.inc({ code });
    parts.log.warn({ problem: code, agent, detail });
    send({ t: "refuse", code, detail: detail.slice(0, 500), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    over = true;
    clearTimeout(deadline);
    if (socket.isPaused) socket.resume();
    socket.close(REFUSALS[code], code);
    // A peer that does not answer the closing handshake is not waited for.
    setTimeout(() => socket.terminate(), 2_000).unref();
  };

  /** Under pressure it is the agents' outboxes that wait, each its share, and not this process's memory. */
  const most = () => (sink.pressed() ? limits.unackedPressed : limits.unacked);

  const settle = (epoch: number, taken: Taken) => {
    unacked -= 1;
    if (socket.isPaused && unacked < most() / 2) socket.resume();
    if (!taken.ok) return refuse(taken.code, taken.detail, taken.retryAfterMs);
    send({ t: "ack", epoch, seq: taken.seq, at: parts.now(), ...(taken.full ? { full: true as const } : {}) });
  };

  const submit = (epoch: number, taken: Promise<Taken>) => {
    unacked += 1;
    if (unacked >= most()) socket.pause();
    void taken.then((t) => settle(epoch, t));
  };

  const onHello = (frame: Hello) => {
    if (frame.agent !== agent)
      return refuse("identity-mismatch", `hello says ${frame.agent}, the certificate says ${agent}`);
    if (!sink.knowsAgent(agent)) return refuse("agent-unknown", `${agent} is not in the registry`);
    hello = frame;
    const no = parts.admit(session, frame);
    if (no) return refuse(no.code, no.detail, no.retryAfterMs);
    heldSerial = frame.config.serial;
    sink.configured(agent, frame.config);
    sink.heard(agent);
    send({ t: "welcome", lastSeq: sink.lastSeq(agent, frame.epoch), beatMs: parts.beatMs, at: parts.now() });
    session.pushAssignment();
  };

  const onBatch = (frame: Batch, text: Buffer) => {
    if (
      frame.firstSeq + frame.items.length > Number.MAX_SAFE_INTEGER ||
      (frame.firstSeq === 0 && frame.items.length > 0)
    )
      return refuse("frame-invalid", "/firstSeq is out of range: the first seq of an epoch is 1");
    sink.heard(agent);
    if (frame.config) {
      heldSerial = Math.max(heldSerial, frame.config.serial);
      sink.configured(agent, frame.config);
    }
    const { epoch, firstSeq, items, digest } = frame;
    submit(epoch, sink.deliver({ agent, epoch, firstSeq, items, digest, frame: text }));
  };

  const onFrame = (frame: AgentFrame, text: Buffer) => {
    if (frame.t === "hello") return hello ? refuse("frame-invalid", "a second hello") : onHello(frame);
    if (!hello) return refuse("hello-expected", `the first frame is a ${frame.t}`);
    if (frame.epoch !== hello.epoch) return refuse("epoch-unknown", `epoch ${frame.epoch}, hello said ${hello.epoch}`);
    if (frame.t === "batch") return onBatch(frame, text);
    if (frame.to < frame.from) return refuse("frame-invalid", "/to is below /from");
    sink.heard(agent);
    submit(frame.epoch, sink.lost({ agent, epoch: frame.epoch, from: frame.from, to: frame.to, reason: frame.reason }));
  };

  /** Who waits for us is not idle: what it sent may lie unread. */
  const giveUp = () => {
    if (unacked === 0) return socket.terminate();
    deadline = setTimeout(giveUp, limits.idleMs);
  };

  const onMessage = (data: Buffer, isBinary: boolean) => {
    if (over) return;
    const wait = take(bucket, limits.frames, parts.monotonic());
    if (wait > 0) return refuse("rate-exceeded", `more than ${limits.frames.perSecond} frames a second`, wait + 1_000);
    if (parts.now() >= parts.certificateExpiresAt)
      return refuse("identity-mismatch", "the client certificate has expired");
    const decoded = decodeAgentFrame(data, isBinary);
    if (!decoded.ok) return refuse(decoded.code, decoded.detail);
    parts.metrics.frames.inc({ type: decoded.frame.t });
    clearTimeout(deadline);
    deadline = setTimeout(giveUp, limits.idleMs);
    onFrame(decoded.frame, data);
  };

  const session: Session = {
    agent,
    get instance() {
      return hello?.instance ?? "";
    },
    pushAssignment() {
      const held = parts.assignmentOf(agent);
      if (!held || held.serial <= heldSerial) return;
      heldSerial = held.serial;
      send({ t: "assign", payload: held.payload, signature: held.signature });
    },
    refuse,
    leave() {
      over = true;
      clearTimeout(deadline);
      socket.close(1001, "console-stops");
      setTimeout(() => socket.terminate(), 500).unref();
    },
  };
  socket.on("message", (data, isBinary) => onMessage(data as Buffer, isBinary));
  socket.on("error", (error) => parts.log.debug({ event: "socket-error", agent, detail: error.message }));
  socket.on("close", () => {
    over = true;
    clearTimeout(deadline);
    parts.ended(session);
  });
  return session;
}
