/**
 * Writes a DNS query: header, one question, an OPT record. Our own lines, because bytes in must be the bytes sent
 * (case of the name kept for 0x20, every flag explicit). Pure: the id comes from the caller, who has the randomness.
 */
import type { EdnsOption } from "./edns.ts";
import { nameToWire } from "./name.ts";

/** An EDNS option that nobody knows: unassigned at IANA, and outside of what is kept for local use. */
export const UNKNOWN_OPTION = 137;

export interface QueryOptions {
  /** 0..65535, unpredictable (RFC 5452): the caller's. */
  readonly id: number;
  /** Presentation format, case kept. */
  readonly name: string;
  readonly type: number;
  /** Default 1, IN. */
  readonly class?: number;
  /** RD; default false. */
  readonly recursionDesired?: boolean;
  /** CD; default false. */
  readonly checkingDisabled?: boolean;
  /** AD in a query asks for AD in the answer without DO (RFC 6840 §5.7); default false. */
  readonly adFlag?: boolean;
  /** DO; default false. */
  readonly dnssecOk?: boolean;
  /** UDP payload size, octets; default 1232. */
  readonly udpSize?: number;
  /** EDNS version; default 0. Others are for probes (RFC 6891 §6.1.3). */
  readonly ednsVersion?: number;
  /** EDNS flags besides DO; default 0. None is assigned, so that others too are for probes (RFC 6891 §6.1.4). */
  readonly ednsFlags?: number;
  /** false leaves EDNS out (and with it DO); default true. */
  readonly edns?: boolean;
  /** Options of the OPT record: cookies (10), NSID (3) and the like. */
  readonly options?: readonly EdnsOption[];
}

/** The query's octets, without the length prefix of TCP. Throws DnsError for a name that is none. */
export function writeQuery(query: QueryOptions): Uint8Array {
  const name = nameToWire(query.name);
  const options = query.options ?? [];
  const optionsLength = options.reduce((sum, option) => sum + 4 + option.data.length, 0);
  const withEdns = query.edns ?? true;
  const bytes = new Uint8Array(12 + name.length + 4 + (withEdns ? 11 + optionsLength : 0));
  const view = new DataView(bytes.buffer);
  const flags =
    (query.recursionDesired ? 0x0100 : 0) | (query.adFlag ? 0x0020 : 0) | (query.checkingDisabled ? 0x0010 : 0);
  view.setUint16(0, query.id);
  view.setUint16(2, flags);
  view.setUint16(4, 1);
  view.setUint16(10, withEdns ? 1 : 0);
  bytes.set(name, 12);
  let at = 12 + name.length;
  view.setUint16(at, query.type);
  view.setUint16(at + 2, query.class ?? 1);
  at += 4;
  if (!withEdns) return bytes;
  view.setUint16(at + 1, 41);
  view.setUint16(at + 3, query.udpSize ?? 1232);
  view.setUint32(at + 5, ((query.ednsVersion ?? 0) << 16) | (query.dnssecOk ? 0x8000 : 0) | (query.ednsFlags ?? 0));
  view.setUint16(at + 9, optionsLength);
  at += 11;
  for (const option of options) {
    view.setUint16(at, option.code);
    view.setUint16(at + 2, option.data.length);
    bytes.set(option.data, at + 4);
    at += 4 + option.data.length;
  }
  return bytes;
}
