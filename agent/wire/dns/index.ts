/**
 * The door of wire/dns: DNS messages, names and signatures. Everything is pure: bytes, text and the time come in, values go out.
 */
export { canonicalRrset, groupRrsets, type Rrset } from "./canonical.ts";
export {
  type Dnskey,
  dsDigest,
  keyTag,
  parseDnskey,
} from "./dnskey.ts";
export type { Edns, EdnsOption, ExtendedError } from "./edns.ts";
export { DnsError, type DnsErrorCode } from "./errors.ts";
export { type Header, type Message, type Question, type ResourceRecord, readHeader, readMessage } from "./message.ts";
export {
  canonicalName,
  compareNames,
  isBelow,
  isWithin,
  nameFromWire,
  nameToWire,
} from "./name.ts";
export { type QueryOptions, writeQuery } from "./query.ts";
export { canonicalRdata } from "./rdata.ts";
export {
  parseRrsig,
  type Rrsig,
  type VerifyFailure,
  type VerifyInput,
  type VerifyResult,
  validity,
  verifyRrset,
} from "./rrsig.ts";
export { RCODE, rcodeName, TYPE, typeName, typeNumber } from "./types.ts";
