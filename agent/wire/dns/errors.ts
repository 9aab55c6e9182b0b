/**
 * What can be wrong with bytes or text that claim to be DNS. Pure; imported by every reader of this folder.
 */

/** Closed list of refusals. `bad-text` and `bad-name-text` belong to presentation format, all others to wire format. */
export type DnsErrorCode =
  | "truncated" // the bytes end before the message does
  | "trailing-bytes" // bytes are left after the last record that the header announces
  | "too-long" // more than 65,535 bytes
  | "pointer-loop" // a compression pointer that does not point strictly backward, or too many in one name
  | "name-too-long" // a name of more than 255 octets (RFC 1035 §2.3.4)
  | "label-too-long" // a label of more than 63 octets
  | "label-type" // a label type other than 00 and 11 (RFC 6891 §5 retires 01)
  | "bad-rdata" // RDATA that its own type does not allow
  | "duplicate-opt" // more than one OPT record (RFC 6891 §6.1.1)
  | "bad-opt" // OPT outside the additional section, or with an owner that is not the root
  | "bad-name-text"
  | "bad-text";

/** A refusal with its place: `offset` is the octet (wire) or the character (text) at which reading stopped. */
export class DnsError extends Error {
  override readonly name = "DnsError";
  readonly code: DnsErrorCode;
  readonly offset: number;

  constructor(code: DnsErrorCode, offset: number, detail = "") {
    super(`${code} at ${offset}${detail ? `: ${detail}` : ""}`);
    this.code = code;
    this.offset = offset;
  }
}
