/**
 * Domain names: wire bytes, canonical text, order, kinship. Pure.
 *
 * Inside this folder a name is its *canonical text*: lower case (A-Z only, RFC 4343), final dot, special characters as `\.`
 * and octets that do not print as `\DDD`. Two names are equal when their texts are; so texts serve as keys of maps.
 * Case as received stays in the record's owner bytes.
 */
import { DnsError } from "./errors.ts";

const MAX_NAME = 255;
const MAX_LABEL = 63;
const MAX_POINTERS = 126;

const ESCAPED = new Set([...'".;\\()@$'].map((c) => c.charCodeAt(0)));
/** Text of each octet inside a label, in lower case. */
const OCTET_TEXT: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  if (octet >= 0x41 && octet <= 0x5a) return String.fromCharCode(octet + 0x20);
  if (ESCAPED.has(octet)) return `\\${String.fromCharCode(octet)}`;
  if (octet > 0x20 && octet < 0x7f) return String.fromCharCode(octet);
  return `\\${String(octet).padStart(3, "0")}`;
});

/** Where a name is put together; nothing of it outlives the call. */
const SCRATCH = new Uint8Array(MAX_NAME);

/** A name read from a message: its uncompressed octets as received, its canonical text, and where reading goes on. */
export interface ReadName {
  readonly wire: Uint8Array;
  readonly text: string;
  readonly end: number;
}

/**
 * Reads the name at `start`, following compression pointers (RFC 1035 §4.1.4), each of which must point strictly before the
 * part of the name that holds it. `limit` is where the in-place part must end at the latest.
 * Throws DnsError truncated, pointer-loop, name-too-long, label-type.
 */
export function readName(bytes: Uint8Array, start: number, limit: number = bytes.length): ReadName {
  const wire = SCRATCH;
  let length = 0;
  let text = "";
  let at = start;
  let stop = limit;
  let segment = start;
  let end = -1;
  let pointers = 0;
  for (;;) {
    if (at >= stop) throw new DnsError("truncated", at, "name");
    const octet = bytes[at]!;
    const kind = octet & 0xc0;
    if (kind === 0xc0) {
      if (at + 1 >= stop) throw new DnsError("truncated", at, "compression pointer");
      const target = ((octet & 0x3f) << 8) | bytes[at + 1]!;
      if (end < 0) end = at + 2;
      if (target >= segment || ++pointers > MAX_POINTERS) throw new DnsError("pointer-loop", at);
      at = segment = target;
      stop = bytes.length; // only the part that stands in place is held to the limit
      continue;
    }
    if (kind !== 0) throw new DnsError("label-type", at);
    if (length + octet + 1 > MAX_NAME) throw new DnsError("name-too-long", at);
    if (at + 1 + octet > stop) throw new DnsError("truncated", at, "label");
    wire[length++] = octet;
    at++;
    if (octet === 0) break;
    for (let i = 0; i < octet; i++) {
      const value = bytes[at++]!;
      wire[length++] = value;
      text += OCTET_TEXT[value];
    }
    text += ".";
  }
  return { wire: wire.slice(0, length), text: text || ".", end: end < 0 ? at : end };
}

/** Canonical text of an uncompressed wire name that fills `wire` exactly. Throws DnsError. */
export function nameFromWire(wire: Uint8Array): string {
  const { text, end } = readName(wire, 0);
  if (end !== wire.length) throw new DnsError("trailing-bytes", end, "name");
  return text;
}

/**
 * Octets of a name in presentation format (RFC 1035 §5.1), case kept; a missing final dot is supplied.
 * Throws DnsError bad-name-text, label-too-long, name-too-long.
 */
export function nameToWire(text: string): Uint8Array {
  if (text === ".") return Uint8Array.of(0);
  const wire = new Uint8Array(MAX_NAME);
  let length = 1;
  let start = 0;
  const close = (at: number) => {
    const size = length - start - 1;
    if (size === 0) throw new DnsError("bad-name-text", at, `empty label in "${text}"`);
    if (size > MAX_LABEL) throw new DnsError("label-too-long", at, text);
    wire[start] = size;
    start = length++;
  };
  for (let at = 0; at < text.length; at++) {
    let octet = text.charCodeAt(at);
    if (octet === 0x2e) {
      close(at);
      continue;
    }
    if (octet === 0x5c) {
      const digits = /^\d{3}/.exec(text.slice(at + 1, at + 4))?.[0];
      octet = digits === undefined ? text.charCodeAt(at + 1) : Number(digits);
      if (digits === undefined && octet >= 0x30 && octet <= 0x39) octet = Number.NaN;
      at += digits === undefined ? 1 : 3;
    }
    if (!(octet <= 0xff)) throw new DnsError("bad-name-text", at, text);
    if (length >= MAX_NAME) throw new DnsError("name-too-long", at, text);
    wire[length++] = octet;
  }
  if (length - start > 1) close(text.length);
  if (start === 0) throw new DnsError("bad-name-text", 0, `empty name "${text}"`);
  if (length > MAX_NAME) throw new DnsError("name-too-long", text.length, text);
  return wire.slice(0, length);
}

/** Canonical text of a name given in any case and escape style. Throws DnsError as nameToWire. */
export function canonicalName(text: string): string {
  return nameFromWire(nameToWire(text));
}

/** Is it a name that can be asked for: no label of more than 63 octets, no more than 255 in all (RFC 1035 §2.3.4)? */
export function isName(text: string): boolean {
  try {
    nameToWire(text);
    return true;
  } catch (error) {
    if (error instanceof DnsError) return false;
    throw error;
  }
}

/** Wire octets in canonical form: A-Z in lower case. Length octets are below 0x40 and so never mistaken for letters. */
export function lowerWire(wire: Uint8Array): Uint8Array {
  const out = Uint8Array.from(wire);
  for (let i = 0; i < out.length; i++) {
    const octet = out[i]!;
    if (octet >= 0x41 && octet <= 0x5a) out[i] = octet + 0x20;
  }
  return out;
}

/** Positions in a canonical text at which a label begins; empty for the root. */
function labelStarts(name: string): number[] {
  if (name === ".") return [];
  const starts = [0];
  for (let at = 0; at < name.length - 1; at++) {
    const c = name.charCodeAt(at);
    if (c === 0x5c) at++;
    else if (c === 0x2e) starts.push(at + 1);
  }
  return starts;
}

/** How many labels a canonical name has, the root's none: `countLabels("a.b.")` is 2. */
export function countLabels(name: string): number {
  return labelStarts(name).length;
}

/** The name without its first `drop` labels: `ancestor("a.b.c.", 1)` is `b.c.`; the root when there are no more. */
export function ancestor(name: string, drop = 1): string {
  const start = labelStarts(name)[drop];
  return start === undefined ? "." : name.slice(start);
}

/** The name's last `keep` labels: `lastLabels("a.b.c.", 2)` is `b.c.`. */
export function lastLabels(name: string, keep: number): string {
  const starts = labelStarts(name);
  if (keep <= 0) return ".";
  return keep >= starts.length ? name : name.slice(starts[starts.length - keep]);
}

/** `label` (canonical text of one label) put before a name. */
export function prepend(label: string, name: string): string {
  return name === "." ? `${label}.` : `${label}.${name}`;
}

/** Is `name` equal to or below `zone`? Both canonical. */
export function isWithin(name: string, zone: string): boolean {
  if (zone === "." || name === zone) return true;
  if (!name.endsWith(`.${zone}`)) return false;
  // The dot found must be a separator: not the escaped dot of "a\.b.".
  return labelStarts(name).includes(name.length - zone.length);
}

/** Is `name` strictly below `zone`? Both canonical. */
export function isBelow(name: string, zone: string): boolean {
  return name !== zone && isWithin(name, zone);
}

/** The longest name that both lie within. */
export function commonAncestor(a: string, b: string): string {
  for (const start of [...labelStarts(a), -1]) {
    const candidate = start < 0 ? "." : a.slice(start);
    if (isWithin(b, candidate)) return candidate;
  }
  return ".";
}

/** Labels as strings of octets (one character an octet), the leftmost first. */
function labelOctets(name: string): string[] {
  const plain = !name.includes("\\");
  if (plain) return name === "." ? [] : name.slice(0, -1).split(".");
  const wire = nameToWire(name);
  const labels: string[] = [];
  for (let at = 0; wire[at]! > 0; at += wire[at]! + 1) {
    labels.push(String.fromCharCode(...wire.subarray(at + 1, at + 1 + wire[at]!)));
  }
  return labels;
}

/** Canonical order of names (RFC 4034 §6.1): negative, 0 or positive. Both canonical. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  const left = labelOctets(a);
  const right = labelOctets(b);
  for (let i = 1; i <= left.length && i <= right.length; i++) {
    const l = left[left.length - i]!;
    const r = right[right.length - i]!;
    if (l !== r) return l < r ? -1 : 1;
  }
  return left.length - right.length;
}
