// A body that is made while it is sent: a piece at a time, waiting for the reader, giving way to everybody else between pieces.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import type { Done } from "./route.ts";

const PIECE_BYTES = 64 * 1024;

/** Sends the lines. A reader that goes away ends it. */
export async function sendLines(
  response: ServerResponse,
  { type, of: lines, headers }: NonNullable<Done["lines"]>,
): Promise<void> {
  response.writeHead(200, { "content-type": type, "cache-control": "no-store", ...headers });
  const gone = once(response, "close").then(() => true);
  let piece = "";
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < PIECE_BYTES) continue;
    if (!response.write(piece) && (await Promise.race([once(response, "drain").then(() => false), gone]))) return;
    piece = "";
    await turn();
    if (response.destroyed) return;
  }
  response.end(piece);
}
