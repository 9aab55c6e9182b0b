// TCP and TLS for the checks (UDP: datagram.ts). Every call ends within its time, closes what it opened and gives a name for a failure.
import type { X509Certificate } from "node:crypto";
import { connect, type Socket } from "node:net";
import type * as tls from "node:tls";
import type { Endpoint, Failed, NetworkFailure, TlsSeen } from "../check.ts";

const NAMES: Record<string, NetworkFailure> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ETIMEDOUT: "timeout",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  EACCES: "unreachable",
};

export function failed(error: NodeJS.ErrnoException, otherwise: NetworkFailure = "failed"): Failed {
  const detail = String(error.code ?? error.message).slice(0, 120);
  return { ok: false, why: NAMES[error.code ?? ""] ?? otherwise, detail };
}

export const TIMEOUT: Failed = { ok: false, why: "timeout", detail: "no answer in time" };

/**
 * Calls `late` after `ms`, and then only once the sockets were looked at again: on a starved machine the timer and the answer
 * are due in the same turn, and the answer shall win. Returns what stops it.
 */
export function deadline(ms: number, late: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(late);
  }, ms);
  return () => {
    clearTimeout(timer);
    if (immediate) clearImmediate(immediate);
  };
}

/** TCP sessions of the checks themselves: kernel.ts tells what moves the kernel's counters from what we moved. */
export const ownSessions = { opened: 0, current: 0 };

export function counted<S extends Socket>(socket: S): S {
  ownSessions.opened++;
  socket.once("connect", () => {
    ownSessions.current++;
    socket.once("close", () => ownSessions.current--);
  });
  return socket;
}

/** Runs one conversation over a socket, once, and destroys it. `ready` is the event after which `talk` goes on. */
function over<T>(
  socket: Socket,
  timeoutMs: number,
  otherwise: NetworkFailure,
  talk: (done: (result: T | Failed) => void) => void,
): Promise<T | Failed> {
  return new Promise((resolve) => {
    const done = (result: T | Failed) => {
      stop();
      socket.destroy();
      resolve(result);
    };
    const stop = deadline(timeoutMs, () => done(TIMEOUT));
    // Stays attached for good: a destroyed socket may still report an error, which nobody else would catch.
    socket.on("error", (error) => done(failed(error, otherwise)));
    socket.on("close", () => done({ ok: false, why: "reset", detail: "closed by the peer" }));
    talk(done);
  });
}

export function connectTcp(to: Endpoint, timeoutMs: number): Promise<{ ok: true } | Failed> {
  const socket = counted(connect({ host: to.address, port: to.port }));
  return over<{ ok: true }>(socket, timeoutMs, "failed", (done) => {
    socket.on("connect", () => done({ ok: true }));
  });
}

/** Loaded when something first speaks TLS: half of a start of the command line would go into it. */
const secure = (): typeof tls => process.getBuiltinModule("node:tls");

const contexts = new Map<string, tls.SecureContext>();
const MAX_CONTEXTS = 64;

/** Parsing roots costs more than a handshake of ours may: one context for each set of roots. */
export function contextOf(roots: string): tls.SecureContext {
  const kept = contexts.get(roots);
  if (kept) return kept;
  const made = secure().createSecureContext({ ...(roots === "" ? {} : { ca: roots }), minVersion: "TLSv1.2" });
  if (contexts.size >= MAX_CONTEXTS) contexts.clear();
  contexts.set(roots, made);
  return made;
}

/** The verdict is asked for and not acted upon: the check judges, with names of its own. */
export function connectTls(to: Endpoint, name: string, roots: string, timeoutMs: number): Promise<TlsSeen | Failed> {
  const socket = counted(
    secure().connect({
      host: to.address,
      port: to.port,
      servername: name,
      secureContext: contextOf(roots),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ALPNProtocols: ["http/1.1"],
    }),
  );
  return over<TlsSeen>(socket, timeoutMs, "tls-failed", (done) => {
    socket.on("secureConnect", () => done(seenOver(socket)));
  });
}

function seenOver(socket: tls.TLSSocket): TlsSeen {
  const chain: X509Certificate[] = [];
  // getPeerCertificate(true) would append a local root that the server never sent.
  let next = socket.getPeerX509Certificate();
  while (next && chain.length < 16) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  const verdict = socket.authorizationError;
  return { ok: true, chain, verdict: verdict ? String((verdict as { code?: string }).code ?? verdict) : undefined };
}

const MAX_GREETING = 8_192;

/**
 * Greeting, EHLO, STARTTLS (RFC 3207 §4), handshake; then the line is dropped: no mail is spoken of. Replies of several lines are read
 * to their last (RFC 5321 §4.2.1).
 */
export function connectSmtpTls(
  to: Endpoint,
  name: string,
  roots: string,
  timeoutMs: number,
): Promise<TlsSeen | Failed> {
  const socket = counted(connect({ host: to.address, port: to.port }));
  return over<TlsSeen>(socket, timeoutMs, "failed", (done) => {
    const noTls = (detail: string) => done({ ok: false, why: "tls-failed", detail });
    // What is sent after each reply, the code that allows it, and what the reply must name.
    const steps = [
      { code: "220", send: "EHLO localhost\r\n" },
      { code: "250", send: "STARTTLS\r\n", offers: /^250[ -]STARTTLS\s*$/im },
      { code: "220", send: "" },
    ];
    let text = "";
    const hear = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.length > MAX_GREETING) return noTls("greeting too long");
      if (!/^\d{3}(?: .*)?\r?\n$/m.test(text.slice(text.lastIndexOf("\n", text.length - 2) + 1))) return;
      const [reply, step] = [text, steps.shift()!];
      text = "";
      if (step.offers && !step.offers.test(reply)) return noTls("no STARTTLS");
      if (!reply.startsWith(step.code)) return noTls(reply.slice(0, 80).trim());
      if (steps.length > 0) return void socket.write(step.send);
      socket.off("data", hear);
      const encrypted = secure().connect({
        socket,
        servername: name,
        secureContext: contextOf(roots),
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
      });
      encrypted.on("error", (error) => done(failed(error, "tls-failed")));
      // Whoever leaves without a word stands in the server's log as one that broke off.
      encrypted.on("secureConnect", () => encrypted.write("QUIT\r\n", () => done(seenOver(encrypted))));
    };
    socket.on("data", hear);
  });
}

export async function exchangeTcp(
  to: Endpoint,
  query: Uint8Array,
  timeoutMs: number,
): Promise<{ ok: true; answer: Uint8Array } | Failed> {
  let answer: Uint8Array = new Uint8Array();
  const take = (message: Uint8Array) => {
    answer = message;
    return "done" as const;
  };
  const streamed = await streamTcp(to, query, take, timeoutMs);
  return streamed.ok ? { ok: true, answer } : streamed;
}

/** One query, any number of messages back. */
export function streamTcp(
  to: Endpoint,
  query: Uint8Array,
  take: (message: Uint8Array) => "more" | "done",
  timeoutMs: number,
): Promise<{ ok: true } | Failed> {
  const socket = counted(connect({ host: to.address, port: to.port }));
  return over<{ ok: true }>(socket, timeoutMs, "failed", (done) => {
    socket.on("connect", () => socket.write(withLength(query)));
    const hear = (message: Uint8Array) => {
      const said = take(message);
      if (said === "done") done({ ok: true });
      return said;
    };
    socket.on("data", messagesFrom(hear));
  });
}

/** A message with its length before it (RFC 1035 §4.2.2). */
export function withLength(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(2 + message.length);
  frame.writeUInt16BE(message.length, 0);
  frame.set(message, 2);
  return frame;
}

/** Takes such messages out of what a stream brings; what is not whole yet waits. `done`: no more of them. */
export function messagesFrom(take: (message: Uint8Array) => "more" | "done"): (chunk: Buffer) => void {
  let waiting: Buffer = Buffer.alloc(0);
  return (chunk) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    while (waiting.length >= 2) {
      const end = 2 + waiting.readUInt16BE(0);
      if (waiting.length < end) return;
      const message = waiting.subarray(2, end);
      waiting = waiting.subarray(end);
      if (take(message) === "done") return;
    }
  };
}
