// The CA's door: a unix socket, one JSON object a line, one answer a line. Everything is bounded; every answer is named.
import { chmodSync, mkdirSync, statSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { messageOf, Problem } from "../problem.ts";
import { Refused } from "./refusal.ts";

const Agent = Type.String({ pattern: "^[a-z0-9](?:[a-z0-9-]{0,158}[a-z0-9])?$" });
const Csr = Type.String({ minLength: 1, maxLength: 8_192 });
const questionShape = Compile(
  Type.Union([
    Type.Object(
      {
        op: Type.Union([Type.Literal("identify"), Type.Literal("enrol")]),
        token: Type.String({ minLength: 1, maxLength: 256 }),
        csr: Csr,
      },
      { additionalProperties: false },
    ),
    Type.Object({ op: Type.Literal("renew"), agent: Agent, csr: Csr }, { additionalProperties: false }),
  ]),
);
export type Question =
  | { op: "identify" | "enrol"; token: string; csr: string }
  | { op: "renew"; agent: string; csr: string };

/** `identify` says whose token it is, and what key was shown; the token is not used up by that. */
export type CaAnswer = { certificate: string } | { agent: string; keySha256: string };

export type CaSocketCode = "ca-socket-in-use" | "ca-socket-unusable";
const MOST_LINE = 32 * 1024;
const MOST_CONNECTIONS = 64;
const IDLE_MS = 15_000;

/**
 * Opens the socket. Its mode is 0660: the folder's owner and group decide who else may connect, since whoever can is
 * believed when it vouches for a renewal. Rejects with Problem<CaSocketCode>.
 */
export async function openCaSocket(path: string, answer: (question: Question) => Promise<CaAnswer>): Promise<Server> {
  await clearStale(path);
  const server = createServer((socket) => serve(socket, answer));
  server.maxConnections = MOST_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new Problem<CaSocketCode>(
          "ca-socket-unusable",
          path,
          error.message,
          "Check the folder's owner and mode.",
          error,
        ),
      ),
    );
    const umask = process.umask(0o117);
    server.listen(path, () => {
      chmodSync(path, 0o660);
      resolve(server);
    });
    process.umask(umask);
  });
}

function serve(socket: Socket, answer: (question: Question) => Promise<CaAnswer>): void {
  let text = "";
  // One after the other: two requests with one token must not meet between check and use.
  let turn = Promise.resolve();
  const reply = (value: unknown) => void (socket.writable && socket.write(`${JSON.stringify(value)}\n`));
  socket.setEncoding("utf8");
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    text += chunk;
    for (let newline = text.indexOf("\n"); newline >= 0; newline = text.indexOf("\n")) {
      const line = text.slice(0, newline);
      text = text.slice(newline + 1);
      turn = turn.then(async () => reply(await outcome(line, answer)));
    }
    if (text.length <= MOST_LINE) return;
    reply({ ok: false, code: "request-invalid", detail: "the line is too long" });
    socket.end();
  });
}

async function outcome(line: string, answer: (question: Question) => Promise<CaAnswer>): Promise<unknown> {
  try {
    return { ok: true, ...(await answer(questionOf(line))) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, code: error.code, detail: error.message };
    return { ok: false, code: "ca-unavailable", detail: messageOf(error).slice(0, 300) };
  }
}

function questionOf(line: string): Question {
  let value: unknown;
  try {
    value = line.length > MOST_LINE ? undefined : JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (!questionShape.Check(value))
    throw new Refused("request-invalid", "identify or enrol {token, csr}, or renew {agent, csr} is expected");
  return value as Question;
}

async function clearStale(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  if (!statSync(path, { throwIfNoEntry: false })) return;
  const inUse = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
  if (inUse)
    throw new Problem<CaSocketCode>("ca-socket-in-use", path, "another CA listens there", "End the other one first.");
  unlinkSync(path);
}
