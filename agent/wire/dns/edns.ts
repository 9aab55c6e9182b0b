/**
 * EDNS (RFC 6891) and extended DNS errors (RFC 8914), read from the OPT record of a message. Pure.
 */
import { DnsError } from "./errors.ts";
import type { ResourceRecord } from "./message.ts";

export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/** An extended error: its INFO-CODE and EXTRA-TEXT (empty when none was sent). */
export interface ExtendedError {
  readonly code: number;
  readonly text: string;
}

export interface Edns {
  readonly version: number;
  /** The sender's UDP payload size, octets. */
  readonly udpSize: number;
  /** DO (RFC 3225). */
  readonly dnssecOk: boolean;
  /** All sixteen flags, DO the first. */
  readonly flags: number;
  /** The upper eight bits of the response code. */
  readonly extendedRcode: number;
  readonly options: readonly EdnsOption[];
  readonly extendedErrors: readonly ExtendedError[];
}

const EDE = 15;

/** Reads the one OPT record of a message, if any. Throws DnsError duplicate-opt, bad-opt. */
export function readEdns(opts: readonly ResourceRecord[]): Edns | undefined {
  const [opt, second] = opts;
  if (!opt) return undefined;
  if (second) throw new DnsError("duplicate-opt", 0);
  if (opt.name !== ".") throw new DnsError("bad-opt", 0, `owner ${opt.name}`);
  const options = readOptions(opt.rdata);
  return {
    version: Math.floor(opt.ttl / 0x10000) & 0xff,
    udpSize: opt.class,
    dnssecOk: (opt.ttl & 0x8000) !== 0,
    flags: opt.ttl & 0xffff,
    extendedRcode: Math.floor(opt.ttl / 0x1000000) & 0xff,
    options,
    extendedErrors: options.filter((option) => option.code === EDE && option.data.length >= 2).map(readExtendedError),
  };
}

function readOptions(rdata: Uint8Array): EdnsOption[] {
  const options: EdnsOption[] = [];
  for (let at = 0; at < rdata.length; ) {
    if (at + 4 > rdata.length) throw new DnsError("bad-opt", at, "option header");
    const length = (rdata[at + 2]! << 8) | rdata[at + 3]!;
    if (at + 4 + length > rdata.length) throw new DnsError("bad-opt", at, "option length");
    options.push({ code: (rdata[at]! << 8) | rdata[at + 1]!, data: rdata.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return options;
}

function readExtendedError({ data }: EdnsOption): ExtendedError {
  // The text may or may not end with a null (RFC 8914 §2); bytes that are no UTF-8 become U+FFFD.
  const text = new TextDecoder().decode(data.subarray(2)).replace(/\0+$/, "");
  return { code: (data[0]! << 8) | data[1]!, text };
}
