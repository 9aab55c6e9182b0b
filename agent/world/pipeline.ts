// Many questions over one TCP connection, sent as they come and answered in any order (RFC 7766 §6.2.1.1): one way there and back for
// all of them, and no limit of rate that a server keeps for UDP. A connection without a question rests for moments, then is closed.
// For many questions at once, not for a few now and a few then: a server that waits for its last answer to be acknowledged before it
// sends the next (Nagle's way) and a kernel that waits before it acknowledges cost 40 ms each time.
import { connect, type Socket } from "node:net";
import type { Endpoint, Failed } from "../check.ts";
import { counted, deadline, failed, messagesFrom, TIMEOUT, withLength } from "./connect.ts";

type Answered = { ok: true; answer: Uint8Array } | Failed;

const REST_MS = 500;
const CLOSED: Failed = { ok: false, why: "reset", detail: "closed by the peer" };
const UNASKED: Failed = { ok: false, why: "failed", detail: "an answer that nobody asked for" };

interface Pipe {
  readonly socket: Socket;
  /** What is done with the answer, by the question's id. */
  readonly waiting: Map<number, (result: Answered) => void>;
  readonly rest: NodeJS.Timeout;
}

const pipes = new Map<string, Pipe>();
const idOf = (message: Uint8Array) => (message[0]! << 8) | message[1]!;

/** See World.exchangePipelined. */
export function exchangePipelined(to: Endpoint, query: Uint8Array, timeoutMs: number): Promise<Answered> {
  const key = `${to.address} ${to.port}`;
  const id = idOf(query);
  const kept = pipes.get(key);
  // Two questions of one id could not be told apart: the second goes by a connection of its own, and the first keeps its own.
  const { socket, waiting, rest } = kept && !kept.waiting.has(id) ? kept : open(key, to);
  return new Promise((resolve) => {
    const stop = deadline(timeoutMs, () => done(TIMEOUT));
    const done = (result: Answered) => {
      stop();
      waiting.delete(id);
      if (waiting.size === 0) {
        socket.unref();
        rest.refresh();
      }
      resolve(result);
    };
    waiting.set(id, done);
    socket.ref();
    // All that is asked in one turn leaves in one piece.
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    socket.write(withLength(query));
  });
}

function open(key: string, { address, port }: Endpoint): Pipe {
  const socket = counted(connect({ host: address, port, noDelay: true }));
  const waiting: Pipe["waiting"] = new Map();
  const end = (why: Failed) => {
    if (pipes.get(key) === pipe) pipes.delete(key);
    clearTimeout(rest);
    socket.destroy();
    for (const done of [...waiting.values()]) done(why);
  };
  const rest = setTimeout(() => (waiting.size === 0 ? end(CLOSED) : undefined), REST_MS).unref();
  const pipe: Pipe = { socket, waiting, rest };
  pipes.set(key, pipe);
  socket.on("error", (error) => end(failed(error)));
  socket.on("close", () => end(CLOSED));
  socket.on(
    "data",
    messagesFrom((message) => {
      const done = message.length < 2 ? undefined : waiting.get(idOf(message));
      if (done) done({ ok: true, answer: message });
      else end(UNASKED);
      return done ? "more" : "done";
    }),
  );
  return pipe;
}
