/**
 * The fields of RDATA in presentation format, each with how it is read from tokens and written from octets. Pure.
 */
import { DnsError } from "../errors.ts";
import { nameToWire, readName } from "../name.ts";
import { ALGORITHM_NUMBERS, typeName, typeNumber } from "../types.ts";
import { quote, type Token, unescapeText } from "./tokens.ts";

/** Tokens of one record's RDATA and the origin for relative names. */
export interface Source {
  readonly tokens: readonly Token[];
  next: number;
  readonly origin: string | undefined;
}

export interface Field {
  read(source: Source): Uint8Array;
  /** Text of the field at `at`, and where the next begins. Throws DnsError bad-rdata when the octets end before it does. */
  write(rdata: Uint8Array, at: number): { text: string; end: number };
}

function take(source: Source): Token {
  const token = source.tokens[source.next++];
  if (!token) throw new DnsError("bad-text", 0, "a field is missing");
  return token;
}

function rest(source: Source): string {
  let out = "";
  while (source.next < source.tokens.length) out += take(source).text;
  return out;
}

const fail = (token: Token, what: string): never => {
  throw new DnsError("bad-text", token.at, `${what}: ${token.text}`);
};

const slice = (rdata: Uint8Array, at: number, size: number) => {
  if (at + size > rdata.length) throw new DnsError("bad-rdata", at);
  return rdata.subarray(at, at + size);
};

const readUint = (octets: Uint8Array) => octets.reduce((sum, octet) => sum * 256 + octet, 0);

function bigEndian(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** (size - 1 - i)) & 0xff);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** Seconds of a TTL: a number, or number-and-unit pairs such as `1h30m`; undefined when it is neither. */
export function parseTtl(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  if (!/^(\d+[smhdw])+$/i.test(text)) return undefined;
  return [...text.matchAll(/(\d+)([smhdw])/gi)].reduce((sum, m) => sum + Number(m[1]) * UNITS[m[2]!.toLowerCase()]!, 0);
}

function uint(
  size: number,
  parse: (text: string) => number | undefined,
  format: (value: number) => string = String,
): Field {
  return {
    read(source) {
      const token = take(source);
      const value = parse(token.text);
      if (value === undefined || !(value < 256 ** size)) return fail(token, "number");
      return bigEndian(value, size);
    },
    write: (rdata, at) => ({ text: format(readUint(slice(rdata, at, size))), end: at + size }),
  };
}

const decimal = (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined);
export const u8 = uint(1, decimal);
export const u16 = uint(2, decimal);
export const u32 = uint(4, parseTtl);
export const rrType = uint(2, typeNumber, typeName);
export const algorithm = uint(1, (text) => decimal(text) ?? ALGORITHM_NUMBERS.get(text.toUpperCase()));

/** RRSIG times (RFC 4034 §3.2): YYYYMMDDHHmmSS or seconds. */
export const time = uint(4, parseTime, formatTime);

/** Unix seconds of `YYYYMMDDHHmmSS` or of decimal seconds, modulo 2^32; undefined when it is neither. */
export function parseTime(text: string): number | undefined {
  const m = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (!m) return decimal(text);
  const [year, month, day, hour, minute, second] = m.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return (Date.UTC(year, month - 1, day, hour, minute, second) / 1000) % 2 ** 32;
}

function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/[-:T]|\.\d+Z$/g, "");
}

export const name: Field = {
  read(source) {
    const { text } = take(source);
    const { origin } = source;
    if (text === "@") return nameToWire(origin ?? ".");
    if (/(^|[^\\])(\\\\)*\.$/.test(text) || origin === undefined || origin === ".") return nameToWire(text);
    return nameToWire(`${text}.${origin}`);
  },
  write(rdata, at) {
    const read = readName(rdata, at);
    return { text: presentName(read.wire), end: read.end };
  },
};

/** Text of an uncompressed wire name with its case kept. */
export function presentName(wire: Uint8Array): string {
  let out = "";
  for (let at = 0; wire[at]! > 0; at += wire[at]! + 1) {
    for (const octet of wire.subarray(at + 1, at + 1 + wire[at]!)) {
      const c = String.fromCharCode(octet);
      if ('".;\\()@$'.includes(c)) out += `\\${c}`;
      else out += octet > 0x20 && octet < 0x7f ? c : `\\${String(octet).padStart(3, "0")}`;
    }
    out += ".";
  }
  return out || ".";
}

export const ipv4: Field = {
  read(source) {
    const token = take(source);
    return parseIpv4(token.text) ?? fail(token, "IPv4 address");
  },
  write: (rdata, at) => ({ text: slice(rdata, at, 4).join("."), end: at + 4 }),
};

export const ipv6: Field = {
  read(source) {
    const token = take(source);
    return parseIpv6(token.text) ?? fail(token, "IPv6 address");
  },
  write: (rdata, at) => ({ text: formatIpv6(slice(rdata, at, 16)), end: at + 16 }),
};

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return Uint8Array.from(parts, Number);
}

/** Sixteen octets of an IPv6 address in any form of RFC 4291 §2.2; undefined when it is none. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const tail = dotted ? parseIpv4(dotted[2]!) : undefined;
  if (dotted && !tail) return undefined;
  const hex = tail
    ? `${dotted![1]}${((tail[0]! << 8) | tail[1]!).toString(16)}:${((tail[2]! << 8) | tail[3]!).toString(16)}`
    : text;
  const [left, right, extra] = hex.split("::");
  if (extra !== undefined || left === undefined) return undefined;
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const head = groups(left);
  const back = right === undefined ? [] : groups(right);
  const missing = 8 - head.length - back.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array<string>(missing).fill("0"), ...back];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return Uint8Array.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
}

/** An IPv6 address in the form of RFC 5952. */
export function formatIpv6(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((octets[2 * i]! << 8) | octets[2 * i + 1]!).toString(16));
  let best = { at: -1, size: 1 };
  for (let at = 0; at < 8; at++) {
    let size = 0;
    while (groups[at + size] === "0") size++;
    if (size > best.size) best = { at, size };
  }
  if (best.at < 0) return groups.join(":");
  return `${groups.slice(0, best.at).join(":")}::${groups.slice(best.at + best.size).join(":")}`;
}

function characterString(token: Token): Uint8Array {
  const octets = unescapeText(token.text);
  if (octets.length > 255) return fail(token, "character-string of more than 255 octets");
  return Uint8Array.of(octets.length, ...octets);
}

export const string: Field = {
  read: (source) => characterString(take(source)),
  write(rdata, at) {
    const size = slice(rdata, at, 1)[0]!;
    return { text: quote(slice(rdata, at + 1, size)), end: at + 1 + size };
  },
};

export const strings: Field = {
  read(source) {
    const out: number[] = [...characterString(take(source))];
    while (source.next < source.tokens.length) out.push(...characterString(take(source)));
    return Uint8Array.from(out);
  },
  write(rdata, at) {
    const texts: string[] = [];
    let end = at;
    while (end < rdata.length) {
      const one = string.write(rdata, end);
      texts.push(one.text);
      end = one.end;
    }
    return { text: texts.join(" "), end };
  },
};

/** CAA's tag: a character-string without quotes. */
export const tag: Field = {
  read: (source) => characterString(take(source)),
  write(rdata, at) {
    const size = slice(rdata, at, 1)[0]!;
    return { text: Buffer.from(slice(rdata, at + 1, size)).toString("latin1"), end: at + 1 + size };
  },
};

/** Text without a length that fills the rest: CAA's value, URI's target. */
export const textRest: Field = {
  read: (source) => unescapeText(take(source).text),
  write: (rdata, at) => ({ text: quote(rdata.subarray(at)), end: rdata.length }),
};

export const hexRest: Field = {
  read(source) {
    const text = rest(source);
    if (!/^([0-9a-f]{2})*$/i.test(text)) throw new DnsError("bad-text", 0, `hexadecimal: ${text}`);
    return Buffer.from(text, "hex");
  },
  write: (rdata, at) => ({ text: Buffer.from(rdata.subarray(at)).toString("hex").toUpperCase(), end: rdata.length }),
};

export const base64Rest: Field = {
  read(source) {
    const text = rest(source);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new DnsError("bad-text", 0, `base64: ${text}`);
    return Buffer.from(text, "base64");
  },
  write: (rdata, at) => ({ text: Buffer.from(rdata.subarray(at)).toString("base64"), end: rdata.length }),
};

/** NSEC3 salt: `-` or hexadecimal, with a length octet. */
export const salt: Field = {
  read(source) {
    const token = take(source);
    if (token.text === "-") return Uint8Array.of(0);
    if (!/^([0-9a-f]{2})+$/i.test(token.text)) return fail(token, "salt");
    const octets = Buffer.from(token.text, "hex");
    return Uint8Array.of(octets.length, ...octets);
  },
  write(rdata, at) {
    const size = slice(rdata, at, 1)[0]!;
    return {
      text:
        Buffer.from(slice(rdata, at + 1, size))
          .toString("hex")
          .toUpperCase() || "-",
      end: at + 1 + size,
    };
  },
};

const BASE32HEX = "0123456789abcdefghijklmnopqrstuv";

/** Base 32 with the extended hex alphabet, lower case, no padding (RFC 4648 §7). */
export function toBase32Hex(octets: Uint8Array): string {
  let bits = 0;
  let value = 0;
  let out = "";
  for (const octet of octets) {
    value = ((value << 8) | octet) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) out += BASE32HEX[(value >> (bits - 5)) & 31];
  }
  return bits > 0 ? out + BASE32HEX[(value << (5 - bits)) & 31] : out;
}

/** Octets of base 32 hex without padding; undefined when a character is none of it. */
export function fromBase32Hex(text: string): Uint8Array | undefined {
  const out: number[] = [];
  let bits = 0;
  let value = 0;
  for (const c of text.toLowerCase()) {
    const digit = BASE32HEX.indexOf(c);
    if (digit < 0) return undefined;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      out.push((value >> (bits - 8)) & 0xff);
      bits -= 8;
    }
  }
  return Uint8Array.from(out);
}

/** NSEC3's next hashed owner. */
export const base32: Field = {
  read(source) {
    const token = take(source);
    const octets = fromBase32Hex(token.text) ?? fail(token, "base32hex");
    return Uint8Array.of(octets.length, ...octets);
  },
  write(rdata, at) {
    const size = slice(rdata, at, 1)[0]!;
    return { text: toBase32Hex(slice(rdata, at + 1, size)), end: at + 1 + size };
  },
};

/** Type bitmap (RFC 4034 §4.1.2). */
export const bitmap: Field = {
  read(source) {
    const types: number[] = [];
    while (source.next < source.tokens.length) {
      const token = take(source);
      types.push(typeNumber(token.text) ?? fail(token, "type"));
    }
    return writeBitmap(types);
  },
  write: (rdata, at) => ({ text: readBitmap(rdata, at).map(typeName).join(" "), end: rdata.length }),
};

export function writeBitmap(types: readonly number[]): Uint8Array {
  const windows = new Map<number, Uint8Array>();
  for (const type of types) {
    const bits = windows.get(type >> 8) ?? new Uint8Array(32);
    bits[(type & 0xff) >> 3]! |= 0x80 >> (type & 7);
    windows.set(type >> 8, bits);
  }
  const out: number[] = [];
  for (const [window, bits] of [...windows].sort((a, b) => a[0] - b[0])) {
    const size = bits.findLastIndex((octet) => octet !== 0) + 1;
    out.push(window, size, ...bits.subarray(0, size));
  }
  return Uint8Array.from(out);
}

/** Types of a bitmap that fills the rest of RDATA from `at`. Throws DnsError bad-rdata. */
export function readBitmap(rdata: Uint8Array, at: number): number[] {
  const types: number[] = [];
  let last = -1;
  while (at < rdata.length) {
    const [window, size] = slice(rdata, at, 2) as unknown as [number, number];
    if (window <= last || size < 1 || size > 32) throw new DnsError("bad-rdata", at, "type bitmap");
    const bits = slice(rdata, at + 2, size);
    for (let i = 0; i < size * 8; i++) {
      if (bits[i >> 3]! & (0x80 >> (i & 7))) types.push((window << 8) | i);
    }
    last = window;
    at += 2 + size;
  }
  return types;
}
