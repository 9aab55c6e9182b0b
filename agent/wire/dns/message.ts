/**
 * Reads a DNS message from hostile bytes and keeps what signatures need: owner names and RDATA as received (names in RDATA
 * expanded, case kept). Unknown types pass as raw octets (RFC 3597). Pure; bounded by the message's own length.
 */
import { type Edns, readEdns } from "./edns.ts";
import { DnsError } from "./errors.ts";
import { readName } from "./name.ts";
import { expandRdata } from "./rdata.ts";
import { TYPE } from "./types.ts";

/** The header's fields (RFC 1035 §4.1.1, RFC 4035 §3.2 for AD and CD). `rcode` here is the low four bits only. */
export interface Header {
  readonly id: number;
  /** QR: this is a response. */
  readonly response: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  readonly rcode: number;
}

export interface Question {
  /** Canonical text. */
  readonly name: string;
  /** Octets as received, uncompressed: compare these where the case sent must come back (0x20). */
  readonly wire: Uint8Array;
  readonly type: number;
  readonly class: number;
}

/** One resource record as received. */
export interface ResourceRecord {
  /** Canonical text of the owner (lower case, final dot). */
  readonly name: string;
  /** The owner's octets, uncompressed, case as received. */
  readonly owner: Uint8Array;
  readonly type: number;
  readonly class: number;
  /** Seconds; a value with the top bit set reads as 0 (RFC 2181 §8). */
  readonly ttl: number;
  /** RDATA, compressed names expanded for the types of RFC 4034 §6.2, case as received. */
  readonly rdata: Uint8Array;
}

/** A message. `rcode` is the extended one (RFC 6891 §6.1.3); OPT stands in `edns` and not in `additional`. */
export interface Message extends Header {
  readonly questions: readonly Question[];
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  readonly edns: Edns | undefined;
}

const MAX_MESSAGE = 65535;
const HEADER = 12;

const u16 = (bytes: Uint8Array, at: number) => (bytes[at]! << 8) | bytes[at + 1]!;

/** Reads the 12 octets of the header alone: TC and the id of a message whose body is cut. Throws DnsError truncated. */
export function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < HEADER) throw new DnsError("truncated", bytes.length, "header");
  const flags = u16(bytes, 2);
  const bit = (mask: number) => (flags & mask) !== 0;
  return {
    id: u16(bytes, 0),
    response: bit(0x8000),
    opcode: (flags >> 11) & 0xf,
    authoritative: bit(0x0400),
    truncated: bit(0x0200),
    recursionDesired: bit(0x0100),
    recursionAvailable: bit(0x0080),
    authenticData: bit(0x0020),
    checkingDisabled: bit(0x0010),
    rcode: flags & 0xf,
  };
}

/** Reads a whole message. Throws DnsError (every code but the textual ones and label-too-long). */
export function readMessage(bytes: Uint8Array): Message {
  if (bytes.length > MAX_MESSAGE) throw new DnsError("too-long", MAX_MESSAGE);
  const header = readHeader(bytes);
  const reader = new Reader(bytes);
  const questions = reader.questions(u16(bytes, 4));
  const answer = reader.records(u16(bytes, 6));
  const authority = reader.records(u16(bytes, 8));
  const rest = reader.records(u16(bytes, 10));
  if (reader.at !== bytes.length) throw new DnsError("trailing-bytes", reader.at);
  if ([...answer, ...authority].some((record) => record.type === TYPE.OPT)) throw new DnsError("bad-opt", HEADER);
  const edns = readEdns(rest.filter((record) => record.type === TYPE.OPT));
  const additional = rest.filter((record) => record.type !== TYPE.OPT);
  const rcode = edns ? (edns.extendedRcode << 4) | header.rcode : header.rcode;
  return { ...header, rcode, questions, answer, authority, additional, edns };
}

class Reader {
  at = HEADER;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  questions(count: number): Question[] {
    const out: Question[] = [];
    for (let i = 0; i < count; i++) {
      const name = readName(this.bytes, this.at);
      this.need(name.end, 4);
      out.push({
        name: name.text,
        wire: name.wire,
        type: u16(this.bytes, name.end),
        class: u16(this.bytes, name.end + 2),
      });
      this.at = name.end + 4;
    }
    return out;
  }

  records(count: number): ResourceRecord[] {
    const out: ResourceRecord[] = [];
    for (let i = 0; i < count; i++) out.push(this.record());
    return out;
  }

  private record(): ResourceRecord {
    const { bytes } = this;
    const name = readName(bytes, this.at);
    const fixed = name.end;
    this.need(fixed, 10);
    const type = u16(bytes, fixed);
    const ttl = u16(bytes, fixed + 4) * 0x10000 + u16(bytes, fixed + 6);
    const start = fixed + 10;
    const length = u16(bytes, fixed + 8);
    this.need(start, length);
    this.at = start + length;
    return {
      name: name.text,
      owner: name.wire,
      type,
      class: u16(bytes, fixed + 2),
      ttl: ttl > 0x7fffffff && type !== TYPE.OPT ? 0 : ttl,
      rdata: expandRdata(type, bytes, start, this.at),
    };
  }

  private need(at: number, size: number) {
    if (at + size > this.bytes.length) throw new DnsError("truncated", at);
  }
}
