/**
 * What validation says: one of four states (RFC 4033 §5), the reason as a stable code, where in the chain, and the extended
 * error (RFC 8914) that a resolver would send. Pure tables.
 */

import { TYPE } from "../types.ts";

export type Security = "secure" | "insecure" | "bogus" | "indeterminate";

/** Closed list of reasons. Secure needs none: it is `validated`. */
export type Reason =
  | "validated"
  // insecure
  | "no-ds" // the parent proves that there is no DS
  | "opt-out" // an opt-out NSEC3 span covers the delegation (RFC 5155 §6)
  | "unsupported-algorithm" // every DS names an algorithm that is not supported (RFC 4035 §5.2)
  | "unsupported-digest" // every DS has a digest type that is not supported (RFC 4509 §3)
  | "nsec3-iterations" // more iterations than the limit (RFC 9276 §3.2)
  | "negative-anchor" // validation is switched off below this name (RFC 7646)
  | "not-validated" // a type that is not signed as such (RRSIG)
  // indeterminate
  | "no-anchor" // no trust anchor covers the name
  // bogus
  | "signature-missing" // a signed zone, an RRset without RRSIG
  | "signature-expired"
  | "signature-not-yet-valid"
  | "signature-invalid" // the cryptography says no
  | "signature-malformed"
  | "signer-wrong" // signed in the name of a zone that is not this one
  | "key-missing" // no DNSKEY fits the RRSIG
  | "key-not-zone" // the DNSKEY has no Zone Key flag
  | "dnskey-missing" // no DNSKEY RRset came
  | "ds-mismatch" // no DNSKEY fits any DS (or trust anchor)
  | "dnskey-unsigned-by-ds" // a key fits the DS, but the DNSKEY RRset is not validly signed by it
  | "ds-unanswered" // no server answered for DS
  | "denial-missing" // a negative answer of a signed zone without NSEC or NSEC3
  | "denial-insufficient" // NSEC or NSEC3 came and do not prove it
  | "unsupported-nsec3" // only NSEC3 of unknown hash algorithms, which prove nothing (RFC 5155 §8.1)
  | "wildcard-dname" // a DNAME out of a wildcard, of which no two resolvers make the same (RFC 4592 §4.4)
  | "wildcard-unproven" // no proof that the exact name does not exist (RFC 4035 §5.3.4)
  | "alias-loop"
  | "work-limit" // a budget ran out: an attack, or a zone made beyond reason
  | "no-response"; // nothing could be asked

/** Extended error for each reason that has one: RFC 8914 §4 and RFC 9276 §3.2. */
const EDE: Readonly<Partial<Record<Reason, number>>> = {
  "unsupported-algorithm": 1,
  "unsupported-digest": 2,
  "no-anchor": 5,
  "signature-invalid": 6,
  "signature-malformed": 6,
  "signer-wrong": 6,
  "wildcard-dname": 6,
  "signature-expired": 7,
  "signature-not-yet-valid": 8,
  "key-missing": 9,
  "dnskey-missing": 9,
  "ds-mismatch": 9,
  "dnskey-unsigned-by-ds": 9,
  "signature-missing": 10,
  "key-not-zone": 11,
  "denial-missing": 12,
  "denial-insufficient": 12,
  "unsupported-nsec3": 12,
  "wildcard-unproven": 12,
  "ds-unanswered": 9,
  "work-limit": 6,
  "alias-loop": 6,
  "no-response": 22,
  "nsec3-iterations": 27,
};

/** The place of a verdict: the zone in which it was decided, and the RRset. */
export interface Where {
  readonly zone: string;
  readonly name: string;
  readonly type: number;
}

export interface Verdict {
  readonly security: Security;
  readonly reason: Reason;
  readonly where: Where;
}

export function edeOf(reason: Reason): number | undefined {
  return EDE[reason];
}

const DNSSEC_BOGUS = 6;
const DNSKEY_MISSING = 9;
const RRSIGS_MISSING = 10;
const UNPROVEN: readonly Reason[] = ["denial-insufficient", "unsupported-nsec3", "wildcard-unproven"];

/**
 * All extended errors that are true of a verdict, the most precise first (RFC 8914 §2: a response may carry several):
 * keys that nothing validly signs are no usable DNSKEY; a denial that was sent and does not prove is bogus, one that was
 * not sent has no RRSIG either.
 */
export function edesOf({ reason, where }: Verdict): readonly number[] {
  const first = EDE[reason];
  if (first === undefined) return [];
  const codes = [first];
  if (where.type === TYPE.DNSKEY && first !== DNSKEY_MISSING) codes.push(DNSKEY_MISSING);
  if (UNPROVEN.includes(reason)) codes.push(DNSSEC_BOGUS);
  if (reason === "denial-missing") codes.push(RRSIGS_MISSING);
  return codes;
}

const WORSE: readonly Security[] = ["secure", "insecure", "indeterminate", "bogus"];

/** The worse of two verdicts; the first on a tie. Bogus is worst: one broken link breaks an answer. */
export function worse(a: Verdict, b: Verdict): Verdict {
  return WORSE.indexOf(b.security) > WORSE.indexOf(a.security) ? b : a;
}
