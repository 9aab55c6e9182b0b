/**
 * Records in presentation format: zone-file lines to records and RDATA to text, by one table of fields. Types without a row
 * are read and written in the generic form `\# length hex` (RFC 3597 §5). Pure.
 */
import { DnsError } from "../errors.ts";
import type { ResourceRecord } from "../message.ts";
import { nameFromWire } from "../name.ts";
import { TYPE, typeName, typeNumber } from "../types.ts";
import {
  algorithm,
  base32,
  base64Rest,
  bitmap,
  type Field,
  hexRest,
  ipv4,
  ipv6,
  name,
  parseTtl,
  presentName,
  rrType,
  type Source,
  salt,
  string,
  strings,
  tag,
  textRest,
  time,
  u8,
  u16,
  u32,
} from "./fields.ts";
import { type Token, tokenLines } from "./tokens.ts";

const DNSKEY = [u16, u8, algorithm, base64Rest];
const DS = [u16, algorithm, u8, hexRest];
const TLSA = [u8, u8, u8, hexRest];
const RRSIG = [rrType, algorithm, u8, u32, time, time, u16, name, base64Rest];

const FIELDS: ReadonlyMap<number, readonly Field[]> = new Map<number, readonly Field[]>([
  [TYPE.A, [ipv4]],
  [TYPE.NS, [name]],
  [TYPE.MD, [name]],
  [TYPE.MF, [name]],
  [TYPE.CNAME, [name]],
  [TYPE.SOA, [name, name, u32, u32, u32, u32, u32]],
  [TYPE.MB, [name]],
  [TYPE.MG, [name]],
  [TYPE.MR, [name]],
  [TYPE.PTR, [name]],
  [TYPE.HINFO, [string, string]],
  [TYPE.MINFO, [name, name]],
  [TYPE.MX, [u16, name]],
  [TYPE.TXT, [strings]],
  [TYPE.SPF, [strings]],
  [TYPE.RP, [name, name]],
  [TYPE.AFSDB, [u16, name]],
  [TYPE.RT, [u16, name]],
  [TYPE.SIG, RRSIG],
  [TYPE.KEY, DNSKEY],
  [TYPE.PX, [u16, name, name]],
  [TYPE.AAAA, [ipv6]],
  [TYPE.SRV, [u16, u16, u16, name]],
  [TYPE.NAPTR, [u16, u16, string, string, string, name]],
  [TYPE.KX, [u16, name]],
  [TYPE.CERT, [u16, u16, algorithm, base64Rest]],
  [TYPE.DNAME, [name]],
  [TYPE.DS, DS],
  [TYPE.SSHFP, [u8, u8, hexRest]],
  [TYPE.RRSIG, RRSIG],
  [TYPE.NSEC, [name, bitmap]],
  [TYPE.DNSKEY, DNSKEY],
  [TYPE.DHCID, [base64Rest]],
  [TYPE.NSEC3, [u8, u8, u16, salt, base32, bitmap]],
  [TYPE.NSEC3PARAM, [u8, u8, u16, salt]],
  [TYPE.TLSA, TLSA],
  [TYPE.SMIMEA, TLSA],
  [TYPE.CDS, DS],
  [TYPE.CDNSKEY, DNSKEY],
  [TYPE.OPENPGPKEY, [base64Rest]],
  [TYPE.CSYNC, [u32, u16, bitmap]],
  [TYPE.ZONEMD, [u32, u8, u8, hexRest]],
  [TYPE.URI, [u16, u16, textRest]],
  [TYPE.CAA, [u8, tag, textRest]],
  [TYPE.DLV, DS],
]);

const CLASSES: ReadonlyMap<string, number> = new Map([
  ["IN", 1],
  ["CH", 3],
  ["HS", 4],
  ["NONE", 254],
  ["ANY", 255],
]);

function parseClass(text: string): number | undefined {
  const generic = /^CLASS(\d{1,5})$/i.exec(text);
  return generic ? Number(generic[1]) : CLASSES.get(text.toUpperCase());
}

export interface TextOptions {
  /** For names without a final dot; absent, they are taken as absolute. */
  readonly origin?: string;
  /** Seconds; for records without one. Default 3600. */
  readonly defaultTtl?: number;
}

/** A question in presentation format: name, class and type. */
export interface TextQuestion {
  readonly wire: Uint8Array;
  readonly type: number;
  readonly class: number;
}

/**
 * Records of a zone file's text, `$ORIGIN` and `$TTL` obeyed, a left-out owner taken from the record before.
 * Throws DnsError bad-text, bad-name-text, label-too-long, name-too-long.
 */
export function parseRecords(text: string, options: TextOptions = {}): ResourceRecord[] {
  let { origin, defaultTtl = 3600 } = options;
  let owner: Uint8Array | undefined;
  const out: ResourceRecord[] = [];
  for (const { tokens, indented } of tokenLines(text)) {
    const first = tokens[0]!;
    if (first.text.startsWith("$")) {
      ({ origin, defaultTtl } = directive(tokens, origin, defaultTtl));
      continue;
    }
    const source: Source = { tokens, next: 0, origin };
    if (!indented || !owner) owner = name.read(source);
    const { ttl, klass } = readTtlAndClass(source);
    out.push(finish(source, owner, ttl ?? defaultTtl, klass ?? 1));
  }
  return out;
}

function directive(tokens: readonly Token[], origin: string | undefined, defaultTtl: number) {
  const [keyword, value] = tokens.map((token) => token.text);
  const ttl = parseTtl(value ?? "");
  if (keyword === "$ORIGIN" && value) return { origin: value, defaultTtl };
  if (keyword === "$TTL" && ttl !== undefined) return { origin, defaultTtl: ttl };
  throw new DnsError("bad-text", tokens[0]!.at, `${keyword} ${value}`);
}

function readTtlAndClass(source: Source): { ttl: number | undefined; klass: number | undefined } {
  let ttl: number | undefined;
  let klass: number | undefined;
  for (; source.next < source.tokens.length; source.next++) {
    const { text } = source.tokens[source.next]!;
    if (klass === undefined && parseClass(text) !== undefined) klass = parseClass(text);
    else if (ttl === undefined && parseTtl(text) !== undefined) ttl = parseTtl(text);
    else break;
  }
  return { ttl, klass };
}

function readType(source: Source): number {
  const token = source.tokens[source.next++];
  const type = token && typeNumber(token.text);
  if (type === undefined) throw new DnsError("bad-text", token?.at ?? 0, `record type ${token?.text ?? "missing"}`);
  return type;
}

function finish(source: Source, owner: Uint8Array, ttl: number, klass: number): ResourceRecord {
  const type = readType(source);
  return { name: nameFromWire(owner), owner, type, class: klass, ttl, rdata: readRdata(type, source) };
}

function readRdata(type: number, source: Source): Uint8Array {
  const first = source.tokens[source.next];
  if (first?.text === "\\#" && !first.quoted) return readGeneric(source);
  const fields = FIELDS.get(type);
  if (!fields) throw new DnsError("bad-text", first?.at ?? 0, `no text form of ${typeName(type)} but \\#`);
  const pieces = fields.map((field) => field.read(source));
  const left = source.tokens[source.next];
  if (left) throw new DnsError("bad-text", left.at, `too many fields: ${left.text}`);
  return Uint8Array.from(Buffer.concat(pieces));
}

function readGeneric(source: Source): Uint8Array {
  const at = source.tokens[source.next]!.at;
  source.next++;
  const length = Number(source.tokens[source.next++]?.text ?? Number.NaN);
  const octets = hexRest.read(source);
  if (octets.length !== length) throw new DnsError("bad-text", at, "length of generic RDATA");
  return octets;
}

/** A question line: `name [class] type`. Throws DnsError. */
export function parseQuestion(text: string, options: TextOptions = {}): TextQuestion {
  const line = [...tokenLines(text)][0];
  if (!line) throw new DnsError("bad-text", 0, "empty question");
  const source: Source = { tokens: line.tokens, next: 0, origin: options.origin };
  const wire = name.read(source);
  const { klass } = readTtlAndClass(source);
  return { wire, type: readType(source), class: klass ?? 1 };
}

/** RDATA as text: by the fields of its type, else generic; so also when the octets do not fit the type. */
export function rdataText(type: number, rdata: Uint8Array): string {
  const fields = FIELDS.get(type);
  try {
    if (!fields) throw new DnsError("bad-rdata", 0);
    const texts: string[] = [];
    let at = 0;
    for (const field of fields) {
      const { text, end } = field.write(rdata, at);
      texts.push(text);
      at = end;
    }
    if (at !== rdata.length) throw new DnsError("bad-rdata", at);
    return texts.filter((text) => text !== "").join(" ");
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    return `\\# ${rdata.length} ${Buffer.from(rdata).toString("hex").toUpperCase()}`.trimEnd();
  }
}

/** A record as one line: owner, TTL, class, type, RDATA. */
export function recordText(record: ResourceRecord): string {
  const klass = [...CLASSES].find(([, number]) => number === record.class)?.[0] ?? `CLASS${record.class}`;
  const rdata = rdataText(record.type, record.rdata);
  return `${presentName(record.owner)} ${record.ttl} ${klass} ${typeName(record.type)} ${rdata}`;
}
