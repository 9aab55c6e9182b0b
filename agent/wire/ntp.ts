// NTP as a client without state speaks it (RFC 5905 §7.3, RFC 4330): one request, one answer, and how far apart two clocks are. Pure.

export interface TimeAnswer {
  /** 0 where the server says that it has no time, or asks to be left alone (RFC 5905 §7.4). */
  stratum: number;
  /** The server knows itself that its clock follows nobody's. */
  unsynchronised: boolean;
  /** When the request came and when the answer left, milliseconds since 1970 by the server's clock. */
  receivedAt: number;
  sentAt: number;
}

/** Octets of a packet without extensions. */
const PACKET = 48;
const CLIENT = 0x23; // version 4, client
const SERVER = 4;
/** Seconds from 1900 to 1970; the second era begins in 2036 (RFC 5905 §6). */
const TO_1970 = 2_208_988_800;
const ERA_SECONDS = 0x1_0000_0000;

/** A request. Its own time is a secret of 8 octets, so that only who saw it can answer, and nobody learns our clock. */
export function timeRequest(cookie: Uint8Array): Uint8Array {
  const packet = new Uint8Array(PACKET);
  packet[0] = CLIENT;
  packet.set(cookie.subarray(0, 8), 40);
  return packet;
}

/** The answer to that request; undefined for anything else. */
export function readTime(bytes: Uint8Array, cookie: Uint8Array): TimeAnswer | undefined {
  if (bytes.length < PACKET || (bytes[0]! & 0x07) !== SERVER) return undefined;
  for (let i = 0; i < 8; i++) if (bytes[24 + i] !== cookie[i]) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (offset: number) => {
    const seconds = view.getUint32(offset);
    const since1970 = (seconds < 0x8000_0000 ? seconds + ERA_SECONDS : seconds) - TO_1970;
    return since1970 * 1_000 + (view.getUint32(offset + 4) / ERA_SECONDS) * 1_000;
  };
  const stratum = bytes[1]!;
  return {
    stratum,
    unsynchronised: bytes[0]! >> 6 === 3 || stratum === 0 || stratum > 15,
    receivedAt: at(32),
    sentAt: at(40),
  };
}

/** By how much the server's clock is ahead of ours, milliseconds (RFC 5905 §8): half of the way is taken for each direction. */
export const offsetMs = (askedAt: number, answer: TimeAnswer, heardAt: number): number =>
  (answer.receivedAt - askedAt + (answer.sentAt - heardAt)) / 2;
