// What the console's HTTP servers share: bounded bodies, JSON answers, and refusals as problem+json (RFC 9457).
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export type BodyCode = "body-too-large" | "body-not-json" | "body-timeout";
export type Body = { ok: true; value: unknown } | { ok: false; status: number; code: BodyCode };

/** Reads a JSON body of at most `maxBytes` within `timeoutMs`. Never throws. */
export async function readJson(request: IncomingMessage, maxBytes: number, timeoutMs = 10_000): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => request.destroy(new Error("body-timeout")), timeoutMs);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) return { ok: false, status: 413, code: "body-too-large" };
      chunks.push(chunk);
    }
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString("utf8")) };
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, status: 400, code: "body-not-json" };
    return { ok: false, status: 408, code: "body-timeout" };
  } finally {
    clearTimeout(timer);
  }
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  if (response.writableEnded || response.destroyed) return;
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": body.length,
    "cache-control": "no-store",
    ...headers,
  });
  response.end(body);
}

/** Answers with a named refusal. `detail` is for people who read logs, never for programs. */
export function sendProblem(
  response: ServerResponse,
  status: number,
  code: string,
  detail?: string,
  headers: Record<string, string> = {},
): void {
  sendJson(response, status, problemBody(status, code, detail), {
    "content-type": "application/problem+json",
    ...headers,
  });
}

/** Refuses a WebSocket upgrade with a named problem and ends the connection. */
export function refuseUpgrade(socket: Duplex, status: number, code: string, detail?: string): void {
  if (socket.destroyed || !socket.writable) return;
  const body = JSON.stringify(problemBody(status, code, detail));
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

const problemBody = (status: number, code: string, detail?: string) => ({
  type: `urn:vonggac:problem:${code}`,
  title: code,
  status,
  code,
  ...(detail === undefined ? {} : { detail }),
});
