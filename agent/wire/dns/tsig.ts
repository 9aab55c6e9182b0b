/**
 * Transaction signatures (RFC 8945): signs a query with a shared key, and verifies what comes back, over several messages of one
 * TCP stream too (§5.3.1). HMAC of the SHA-2 family, whole MACs only. Pure: key and time come in.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { DnsError } from "./errors.ts";
import { nameToWire, readName } from "./name.ts";
import { TYPE } from "./types.ts";

/** Algorithm names (§6) that are spoken, with node:crypto's name of the hash. SHA-1 and MD5 are left to the past. */
const HASHES = { "hmac-sha256": "sha256", "hmac-sha384": "sha384", "hmac-sha512": "sha512" } as const;
export type TsigAlgorithm = keyof typeof HASHES;

export const isTsigAlgorithm = (text: string): text is TsigAlgorithm => Object.hasOwn(HASHES, text);

export interface TsigKey {
  /** Canonical text. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Uint8Array;
}

/** Why an answer is not believed: unsigned, by another key, wrong, out of its time, or refused by the other side (§5.2). */
export type TsigFailure = "unsigned" | "other-key" | "bad-signature" | "bad-time" | "key-refused";

const FUDGE_SECONDS = 300;
const CLASS_ANY = 255;
/** So many messages of a stream may come unsigned between signed ones (§5.3.1). */
const MAX_UNSIGNED = 99;

/** The query with its TSIG record, and the MAC that the answer's depends on. `nowSeconds` is Unix time. */
export function signQuery(
  query: Uint8Array,
  key: TsigKey,
  nowSeconds: number,
): { octets: Uint8Array; mac: Uint8Array } {
  const mac = hmac(key, [query, variables(key, nowSeconds, FUDGE_SECONDS, 0, new Uint8Array())]);
  const algorithm = nameToWire(key.algorithm);
  const rdata = Buffer.concat([
    algorithm,
    timers(nowSeconds, FUDGE_SECONDS),
    u16(mac.length),
    mac,
    query.subarray(0, 2),
    u16(0),
    u16(0),
  ]);
  const head = Buffer.concat([nameToWire(key.name), u16(TYPE.TSIG), u16(CLASS_ANY), u16(0), u16(0), u16(rdata.length)]);
  const octets = Buffer.concat([query, head, rdata]);
  octets.writeUInt16BE(octets.readUInt16BE(10) + 1, 10);
  return { octets, mac };
}

/** Verifies the messages of one answer, in the order in which they come. */
export class TsigStream {
  private readonly key: TsigKey;
  private prior: Uint8Array;
  private first = true;
  private unsigned: Uint8Array[] = [];

  constructor(key: TsigKey, requestMac: Uint8Array) {
    this.key = key;
    this.prior = requestMac;
  }

  /** Takes one whole message; a failure is final. The last message of a stream has to be signed: `isComplete`. */
  take(message: Uint8Array, nowSeconds: number): TsigFailure | undefined {
    const tsig = readTsig(message);
    if (!tsig) {
      if (this.first || this.unsigned.length >= MAX_UNSIGNED) return "unsigned";
      this.unsigned.push(message);
      return undefined;
    }
    if (tsig.error === BADKEY || tsig.error === BADSIG) return "key-refused";
    if (tsig.name !== this.key.name || tsig.algorithm !== `${this.key.algorithm}.`) return "other-key";
    const about = this.first
      ? variables(this.key, tsig.time, tsig.fudge, tsig.error, tsig.other)
      : timers(tsig.time, tsig.fudge);
    const mac = hmac(this.key, [u16(this.prior.length), this.prior, ...this.unsigned, tsig.bare, about]);
    if (mac.length !== tsig.mac.length || !timingSafeEqual(mac, tsig.mac)) return "bad-signature";
    if (tsig.error === BADTIME || Math.abs(nowSeconds - tsig.time) > tsig.fudge) return "bad-time";
    this.prior = mac;
    this.first = false;
    this.unsigned = [];
    return undefined;
  }

  /** Is everything that was taken signed? */
  get isComplete(): boolean {
    return !this.first && this.unsigned.length === 0;
  }
}

const BADSIG = 16;
const BADKEY = 17;
const BADTIME = 18;

const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);

function hmac({ algorithm, secret }: TsigKey, parts: readonly Uint8Array[]): Buffer {
  const mac = createHmac(HASHES[algorithm], secret);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** Time signed, 48 bits, and fudge. */
function timers(seconds: number, fudge: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeUIntBE(seconds, 0, 6);
  out.writeUInt16BE(fudge, 6);
  return out;
}

/** What is signed besides the message (§4.3.3). */
function variables(key: TsigKey, seconds: number, fudge: number, error: number, other: Uint8Array): Buffer {
  const head = [nameToWire(key.name), u16(CLASS_ANY), u16(0), u16(0), nameToWire(key.algorithm)];
  return Buffer.concat([...head, timers(seconds, fudge), u16(error), u16(other.length), other]);
}

interface ReadTsig {
  readonly name: string;
  readonly algorithm: string;
  readonly time: number;
  readonly fudge: number;
  readonly mac: Uint8Array;
  readonly error: number;
  readonly other: Uint8Array;
  /** The message as it was before its TSIG was put on, with its first id. */
  readonly bare: Uint8Array;
}

/** The TSIG record at the message's end; undefined when there is none. Throws DnsError for a message that cannot be read. */
function readTsig(message: Uint8Array): ReadTsig | undefined {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const need = (at: number, size: number) => {
    if (at + size > message.length) throw new DnsError("truncated", at);
  };
  need(0, 12);
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => view.getUint16(at)) as [
    number,
    number,
    number,
    number,
  ];
  let at = 12;
  for (let i = 0; i < questions; i++) at = readName(message, at).end + 4;
  const records = answers + authorities + additionals;
  if (additionals === 0) return undefined;
  for (let i = 0; i < records - 1; i++) {
    const { end } = readName(message, at);
    need(end, 10);
    at = end + 10 + view.getUint16(end + 8);
  }
  const start = at;
  const owner = readName(message, at);
  need(owner.end, 10);
  if (view.getUint16(owner.end) !== TYPE.TSIG) return undefined;
  // What is not signed of the record has one value only (§4.2).
  const isPlain = view.getUint16(owner.end + 2) === CLASS_ANY && view.getUint32(owner.end + 4) === 0;
  if (!isPlain) throw new DnsError("bad-rdata", owner.end, "class or TTL of TSIG");
  const algorithm = readName(message, owner.end + 10);
  at = algorithm.end;
  need(at, 10);
  const time = view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2);
  const fudge = view.getUint16(at + 6);
  const macLength = view.getUint16(at + 8);
  at += 10;
  need(at, macLength + 6);
  const mac = message.subarray(at, at + macLength);
  at += macLength;
  const otherLength = view.getUint16(at + 4);
  if (
    at + 6 + otherLength !== message.length ||
    at + 6 + otherLength !== owner.end + 10 + view.getUint16(owner.end + 8)
  )
    throw new DnsError("bad-rdata", at, "length of TSIG");
  const bare = Buffer.from(message.subarray(0, start));
  bare.writeUInt16BE(view.getUint16(at), 0);
  bare.writeUInt16BE(additionals - 1, 10);
  const other = message.subarray(at + 6, at + 6 + otherLength);
  return { name: owner.text, algorithm: algorithm.text, time, fudge, mac, error: view.getUint16(at + 2), other, bare };
}
