/**
 * Splits presentation format (RFC 1035 §5.1) into tokens: quotes, escapes, comments, parentheses. Pure.
 */
import { DnsError } from "../errors.ts";

export interface Token {
  /** As written, escapes not resolved, quotes removed. */
  readonly text: string;
  readonly quoted: boolean;
  /** Character in the text at which it began. */
  readonly at: number;
}

/** One record's worth of tokens. `indented` when the line began with blanks: the owner is that of the record before. */
export interface TokenLine {
  readonly tokens: readonly Token[];
  readonly indented: boolean;
}

/** Reads lines, joined over parentheses; empty ones are left out. Throws DnsError bad-text. */
export function* tokenLines(text: string): Generator<TokenLine> {
  let tokens: Token[] = [];
  let indented = false;
  let depth = 0;
  let fresh = true;
  let at = 0;
  while (at < text.length) {
    const c = text[at]!;
    if (c === "\n") {
      if (depth === 0) {
        if (tokens.length > 0) yield { tokens, indented };
        tokens = [];
        indented = false;
        fresh = true;
      }
      at++;
    } else if (c === " " || c === "\t" || c === "\r") {
      if (fresh) indented = true;
      fresh = false;
      at++;
    } else if (c === ";") {
      while (at < text.length && text[at] !== "\n") at++;
    } else if (c === "(" || c === ")") {
      depth += c === "(" ? 1 : -1;
      if (depth < 0) throw new DnsError("bad-text", at, "unbalanced parenthesis");
      fresh = false;
      at++;
    } else {
      const token = readToken(text, at);
      tokens.push(token);
      fresh = false;
      at = token.end;
    }
  }
  if (depth > 0) throw new DnsError("bad-text", at, "unbalanced parenthesis");
  if (tokens.length > 0) yield { tokens, indented };
}

function readToken(text: string, start: number): Token & { end: number } {
  const quoted = text[start] === '"';
  let at = quoted ? start + 1 : start;
  const from = at;
  while (at < text.length) {
    const c = text[at]!;
    if (c === "\\") at += 2;
    else if (quoted ? c === '"' : ' \t\r\n;()"'.includes(c)) break;
    else at++;
  }
  if (at > text.length || (quoted && at === text.length)) throw new DnsError("bad-text", start, "unfinished token");
  return { text: text.slice(from, at), quoted, at: start, end: quoted ? at + 1 : at };
}

/** Octets of a character-string's text, `\DDD` and `\c` resolved; characters beyond Latin-1 as UTF-8. */
export function unescapeText(text: string): Uint8Array {
  const octets: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "\\") {
      octets.push(...Buffer.from(text[at]!, "utf8"));
      continue;
    }
    const digits = /^\d{3}/.exec(text.slice(at + 1, at + 4))?.[0];
    if (digits === undefined) octets.push(...Buffer.from(text[++at] ?? "\\", "utf8"));
    else if (Number(digits) > 255) throw new DnsError("bad-text", at, `escape \\${digits}`);
    else {
      octets.push(Number(digits));
      at += 3;
    }
  }
  return Uint8Array.from(octets);
}

/** Text of a character-string in quotes. */
export function quote(octets: Uint8Array): string {
  let out = "";
  for (const octet of octets) {
    if (octet === 0x22 || octet === 0x5c) out += `\\${String.fromCharCode(octet)}`;
    else if (octet >= 0x20 && octet < 0x7f) out += String.fromCharCode(octet);
    else out += `\\${String(octet).padStart(3, "0")}`;
  }
  return `"${out}"`;
}
