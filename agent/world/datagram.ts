// One question and its answer over UDP. Each question under way has a connected socket to itself, with a port that the kernel draws:
// only the server asked can answer (RFC 5452 §9.2). A socket whose question was answered may carry a few more to the same
// server, one after the other, within moments: to make one costs more than to ask.
import { createSocket, type Socket } from "node:dgram";
import type { Endpoint, Failed } from "../check.ts";
import { deadline, failed, TIMEOUT } from "./connect.ts";

type Answered = { ok: true; answer: Uint8Array } | Failed;

/** Questions that one port asks: few, so that a port that was guessed is soon worth nothing. */
const MOST_QUESTIONS = 16;
const REST_MS = 50;

interface Line {
  readonly socket: Socket;
  asked: number;
  /** Ends a rest that nobody ended before. */
  readonly rest: NodeJS.Timeout;
  /** What the question under way does with what comes; nobody listens while the line rests. */
  heard(answer: Uint8Array): void;
  failed(error: Error): void;
}

const resting = new Map<string, Line[]>();
const nobody = () => {};

export function exchangeUdp(
  to: Endpoint,
  query: Uint8Array,
  accepts: (answer: Uint8Array) => boolean,
  timeoutMs: number,
): Promise<Answered> {
  const key = `${to.address} ${to.port}`;
  return new Promise((resolve) => {
    const line = rested(key) ?? newLine(key, to);
    const done = (result: Answered) => {
      stop();
      // Nothing that belongs to this question may be heard by the next: an answer not yet come, an error not yet told.
      if (result.ok && line.asked < MOST_QUESTIONS) restNow(key, line);
      else drop(line);
      resolve(result);
    };
    const stop = deadline(timeoutMs, () => done(TIMEOUT));
    line.failed = (error) => done(failed(error));
    line.heard = (answer) => {
      if (accepts(answer)) done({ ok: true, answer });
    };
    const send = () => line.socket.send(query, (error) => error && line.failed(error));
    if (line.asked++ > 0) send();
    else
      line.socket.connect(to.port, to.address, (error?: Error) => {
        if (error) line.failed(error);
        else if (line.heard !== nobody) send();
      });
  });
}

function newLine(key: string, { address }: Endpoint): Line {
  const socket = createSocket({ type: address.includes(":") ? "udp6" : "udp4", lookup: asGiven });
  const rest = setTimeout(() => {
    if (forget(key, line)) drop(line);
  }, REST_MS).unref();
  const line: Line = { socket, asked: 0, rest, heard: nobody, failed: nobody };
  socket.on("message", (answer) => line.heard(answer));
  socket.on("error", (error) => (forget(key, line) ? drop(line) : line.failed(error)));
  return line;
}

function rested(key: string): Line | undefined {
  const lines = resting.get(key);
  const line = lines?.pop();
  if (lines?.length === 0) resting.delete(key);
  line?.socket.ref();
  return line;
}

function restNow(key: string, line: Line): void {
  line.heard = nobody;
  line.failed = nobody;
  line.socket.unref();
  line.rest.refresh();
  const lines = resting.get(key);
  if (lines) lines.push(line);
  else resting.set(key, [line]);
}

/** Takes it from those who rest. False when it does not rest. */
function forget(key: string, line: Line): boolean {
  const lines = resting.get(key);
  const at = lines?.indexOf(line) ?? -1;
  if (!lines || at < 0) return false;
  lines.splice(at, 1);
  if (lines.length === 0) resting.delete(key);
  return true;
}

function drop(line: Line): void {
  line.heard = nobody;
  line.failed = nobody;
  clearTimeout(line.rest);
  line.socket.close();
}

/** An address needs no looking up: Node's own way there tells addresses from names by expressions that cost more than the sending. */
const asGiven = (address: string, _options: unknown, done: (error: null, address: string, family: number) => void) =>
  done(null, address, address.includes(":") ? 6 : 4);
