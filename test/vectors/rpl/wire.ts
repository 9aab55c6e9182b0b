/**
 * Scripted entries as octets: so that what the resolver sees has gone through the reader that reads the wire.
 */
import { RCODE, type ResourceRecord } from "../../../agent/wire/dns/index.ts";
import type { TextQuestion } from "../../../agent/wire/dns/text/record.ts";
import { Skip } from "./syntax.ts";

const FLAGS: Readonly<Record<string, number>> = {
  QR: 0x8000,
  AA: 0x400,
  TC: 0x200,
  RD: 0x100,
  RA: 0x80,
  AD: 0x20,
  CD: 0x10,
};
const OPCODES: Readonly<Record<string, number>> = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5 };
const RCODES: Readonly<Record<string, number>> = { ...RCODE, NOTIMPL: RCODE.NOTIMP };

export interface ReplyWords {
  readonly opcode: number;
  readonly rcode: number;
  /** The flag bits of the header's second 16-bit word. */
  readonly flags: number;
  readonly dnssecOk: boolean;
}

/** Meaning of the words of a REPLY line. Throws Skip for one that is not known. */
export function readReplyWords(words: readonly string[]): ReplyWords {
  let opcode = 0;
  let rcode = 0;
  let flags = 0;
  let dnssecOk = false;
  for (const word of words) {
    if (word === "DO") dnssecOk = true;
    else if (FLAGS[word] !== undefined) flags |= FLAGS[word];
    else if (RCODES[word] !== undefined) rcode = RCODES[word];
    else if (OPCODES[word] !== undefined) opcode = OPCODES[word];
    else throw new Skip(`REPLY ${word}`);
  }
  return { opcode, rcode, flags, dnssecOk };
}

export interface Draft {
  readonly id: number;
  readonly reply: ReplyWords;
  readonly question: readonly TextQuestion[];
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  /** With OPT. */
  readonly edns: boolean;
  readonly options?: readonly { code: number; data: Uint8Array }[];
}

const u16 = (value: number) => [(value >> 8) & 0xff, value & 0xff];

/** Octets of a message, names uncompressed. */
export function writeMessage(draft: Draft): Uint8Array {
  const { reply, question, answer, authority, additional } = draft;
  const flags = reply.flags | (reply.opcode << 11) | (reply.rcode & 15);
  const counts = [question.length, answer.length, authority.length, additional.length + (draft.edns ? 1 : 0)];
  const pieces: Uint8Array[] = [Uint8Array.from([...u16(draft.id), ...u16(flags), ...counts.flatMap(u16)])];
  for (const one of question) pieces.push(one.wire, Uint8Array.from([...u16(one.type), ...u16(one.class)]));
  for (const record of [...answer, ...authority, ...additional]) pieces.push(recordWire(record));
  if (draft.edns) {
    const options = (draft.options ?? []).flatMap(({ code, data }) => [...u16(code), ...u16(data.length), ...data]);
    const high = (reply.rcode >> 4) & 0xff;
    pieces.push(
      Uint8Array.from([
        0,
        0,
        41,
        ...u16(4096),
        high,
        0,
        reply.dnssecOk ? 0x80 : 0,
        0,
        ...u16(options.length),
        ...options,
      ]),
    );
  }
  return Buffer.concat(pieces);
}

function recordWire(record: ResourceRecord): Uint8Array {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(record.type, 0);
  fixed.writeUInt16BE(record.class, 2);
  fixed.writeUInt32BE(record.ttl, 4);
  fixed.writeUInt16BE(record.rdata.length, 8);
  return Buffer.concat([record.owner, fixed, record.rdata]);
}
