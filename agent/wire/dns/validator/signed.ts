/**
 * One RRset against the keys of one zone: does any signature hold? Tries signatures in order, bounded per RRset and by the
 * run's budget (KeyTrap, CVE-2023-50387). Pure.
 */
import { keyTag } from "../dnskey.ts";
import type { ResourceRecord } from "../message.ts";
import { MAX_TRIES_PER_RRSET } from "../resolver/budget.ts";
import type { SignedRrset } from "../resolver/classify.ts";
import { type Run, validationTime } from "../resolver/machine.ts";
import { parseRrsig, type Rrsig, type VerifyFailure, validity, verifyRrset } from "../rrsig.ts";
import type { Reason } from "./verdict.ts";

export type Signed =
  | {
      readonly ok: true;
      readonly rrsig: Rrsig;
      /** The owner was expanded from a wildcard: `rrsig.labels` says of which. */
      readonly wildcard: boolean;
      /** Seconds that the RRset may be kept (RFC 4035 §5.3.3). */
      readonly ttl: number;
    }
  | { readonly ok: false; readonly reason: Reason };

const REASONS: Readonly<Record<VerifyFailure, Reason>> = {
  malformed: "signature-malformed",
  mismatch: "signature-malformed",
  "signer-mismatch": "signer-wrong",
  "bad-labels": "signature-malformed",
  "wrong-key": "key-missing",
  "not-zone-key": "key-not-zone",
  "bad-protocol": "key-missing",
  "revoked-key": "key-missing",
  "unsupported-algorithm": "key-missing",
  expired: "signature-expired",
  "not-yet-valid": "signature-not-yet-valid",
  "bad-key": "signature-invalid",
  bogus: "signature-invalid",
};

/** From the least telling to the most: what is reported when several signatures fail differently. */
const TELLING: readonly Reason[] = [
  "signature-malformed",
  "signer-wrong",
  "key-missing",
  "key-not-zone",
  "signature-invalid",
  "signature-not-yet-valid",
  "signature-expired",
];

/** Whose signatures count: a zone, its keys, and the algorithms of which one each is needed (none: any one will do). */
export interface Signer {
  readonly zone: string;
  readonly keys: readonly ResourceRecord[];
  readonly needs: readonly number[];
}

/** Verifies an RRset by the keys of a zone. */
export function verifySigned(run: Run, set: SignedRrset, signer: Signer): Signed {
  if (set.signatures.length === 0) return { ok: false, reason: "signature-missing" };
  let reason: Reason = TELLING[0]!;
  let tries = 0;
  const lacking = new Set(signer.needs);
  for (const { signature, rrsig, key } of pairs(set, signer)) {
    if (!key) {
      reason = moreTelling(reason, rrsig && rrsig.signer !== signer.zone ? "signer-wrong" : "key-missing");
      continue;
    }
    // Only what the clock does not already refuse costs cryptography.
    if (rrsig && validity(rrsig, validationTime(run)).state === "valid") {
      if (++tries > MAX_TRIES_PER_RRSET || !run.budget.take("verifications"))
        return { ok: false, reason: "work-limit" };
    }
    const { verifyOther } = run.config;
    const input = { rrset: set.records, rrsig: signature, dnskey: key, nowSeconds: validationTime(run) };
    const result = verifyRrset(verifyOther ? { ...input, verifyOther } : input);
    if (!result.ok) {
      reason = moreTelling(reason, REASONS[result.reason]);
      continue;
    }
    lacking.delete(result.rrsig.algorithm);
    if (lacking.size > 0) {
      reason = moreTelling(reason, "key-missing");
      continue;
    }
    const wildcard = result.wildcard ?? false;
    return { ok: true, rrsig: result.rrsig, wildcard, ttl: keepFor(run, set, result.rrsig) };
  }
  return { ok: false, reason };
}

/** Each signature with each key that it could be by; with none where there is no such key. */
function* pairs(set: SignedRrset, signer: Signer) {
  for (const signature of set.signatures) {
    const rrsig = parseRrsig(signature.rdata);
    const keys = rrsig && rrsig.signer !== signer.zone ? [] : candidates(rrsig, signer.keys);
    if (keys.length === 0) yield { signature, rrsig, key: undefined };
    for (const key of keys) yield { signature, rrsig, key };
  }
}

/** Keys whose algorithm and tag are the signature's; all others cost nothing. */
function candidates(rrsig: Rrsig | undefined, keys: readonly ResourceRecord[]): readonly ResourceRecord[] {
  if (!rrsig) return keys.slice(0, 1);
  return keys.filter((key) => key.rdata[3] === rrsig.algorithm && tagOf(key) === rrsig.keyTag);
}

const tags = new WeakMap<ResourceRecord, number>();

function tagOf(key: ResourceRecord): number {
  const known = tags.get(key);
  if (known !== undefined) return known;
  const tag = keyTag(key.rdata);
  tags.set(key, tag);
  return tag;
}

function moreTelling(a: Reason, b: Reason): Reason {
  return TELLING.indexOf(b) > TELLING.indexOf(a) ? b : a;
}

function keepFor(run: Run, set: SignedRrset, rrsig: Rrsig): number {
  return Math.max(0, Math.min(set.ttl, rrsig.originalTtl, validity(rrsig, validationTime(run)).secondsLeft));
}
