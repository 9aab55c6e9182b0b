// The least of a WebSocket client (RFC 6455) over a TLS socket: many thousands of them fit into one process.
import { randomBytes } from "node:crypto";

export const UPGRADE =
  "GET /agent HTTP/1.1\r\nhost: console.test\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n" +
  "sec-websocket-key: dmdnYWMtYmVuY2gta2V5MA==\r\nsec-websocket-protocol: vonggac.1\r\n\r\n";

/** One masked text frame. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const long = payload.length > 125;
  const frame = Buffer.allocUnsafe(payload.length + (long ? 8 : 6));
  frame[0] = 0x81;
  frame[1] = 0x80 | (long ? 126 : payload.length);
  if (long) frame.writeUInt16BE(payload.length, 2);
  const mask = randomBytes(4);
  const at = long ? 8 : 6;
  mask.copy(frame, at - 4);
  for (let i = 0; i < payload.length; i++) frame[at + i] = payload[i]! ^ mask[i & 3]!;
  return frame;
}

/** What one side of a connection has received: the answer to the upgrade, then texts of at most 64 KiB. */
export interface Receiver {
  /** Texts that are whole now; throws an Error with the status line when the upgrade was refused. */
  take(chunk: Buffer): string[];
}

export function receiver(): Receiver {
  let rest: Buffer = Buffer.alloc(0);
  let upgraded = false;
  return {
    take(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (!upgraded) {
        const end = rest.indexOf("\r\n\r\n");
        if (end < 0) return [];
        const status = rest.toString("latin1", 0, rest.indexOf("\r\n"));
        if (!status.startsWith("HTTP/1.1 101")) throw new Error(status);
        upgraded = true;
        rest = rest.subarray(end + 4);
      }
      const texts: string[] = [];
      while (rest.length >= 2) {
        const long = rest[1] === 126;
        const head = long ? 4 : 2;
        if (rest.length < head) break;
        const length = long ? rest.readUInt16BE(2) : rest[1]!;
        if (rest.length < head + length) break;
        if ((rest[0]! & 0x0f) === 1) texts.push(rest.toString("utf8", head, head + length));
        rest = rest.subarray(head + length);
      }
      return texts;
    },
  };
}
