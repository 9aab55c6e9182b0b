// Says how the signatures of one RRset stand, given the keys that its server shows. Pure; RFC 4035 §5.3: one signature that
// holds makes the RRset valid. The chain of trust above the zone's own keys is the validator's business, not this one's.
import { createHash } from "node:crypto";
import {
  type Message,
  parseRrsig,
  type ResourceRecord,
  type Rrsig,
  TYPE,
  type VerifyFailure,
  type VerifyInput,
  validity,
  verifyRrset,
} from "./dns/index.ts";

export type Standing =
  /** Of the signatures that hold, the one that lasts longest. `fractionLeft`: part of its lifetime. */
  | { state: "valid"; expiresMs: number; fractionLeft: number }
  | { state: "missing"; why: "no-answer" | "no-signature"; rcode: number }
  | { state: "expired"; expiresMs: number }
  | { state: "bogus"; why: VerifyFailure; keyTag: number };

/** Records of `name` and `type` in the answer, and the signatures over them. `name` in canonical text. */
export function rrsetOf(message: Message, name: string, type: number) {
  const own = message.answer.filter((record) => record.name === name);
  return {
    records: own.filter((record) => record.type === type),
    signatures: own.filter((r) => r.type === TYPE.RRSIG && parseRrsig(r.rdata)?.typeCovered === type),
  };
}

/** @param nowMs milliseconds since 1970 */
export function standing(
  message: Message,
  name: string,
  type: number,
  keys: readonly ResourceRecord[],
  nowMs: number,
): Standing {
  const { records, signatures } = rrsetOf(message, name, type);
  if (records.length === 0) return { state: "missing", why: "no-answer", rcode: message.rcode };
  if (signatures.length === 0) return { state: "missing", why: "no-signature", rcode: message.rcode };
  const judged = signatures.slice(0, MAX_SIGNATURES).map((rrsig) => judge(records, rrsig, keys, nowMs));
  // A signature by a key that is published and does not verify is wrong, even beside another that does.
  return judged.find(isForged) ?? best(judged) ?? judged[0]!;
}

/** Nobody signs one RRset more often than this; a server that says so would only cost time (CVE-2023-50387). */
const MAX_SIGNATURES = 8;
const MAX_KEYS = 16;

function judge(
  records: ResourceRecord[],
  rrsig: ResourceRecord,
  keys: readonly ResourceRecord[],
  nowMs: number,
): Standing {
  const parsed = parseRrsig(rrsig.rdata);
  if (!parsed) return { state: "bogus", why: "malformed", keyTag: 0 };
  let worst: VerifyFailure = "wrong-key";
  for (const dnskey of keys.slice(0, MAX_KEYS)) {
    const result = verified({ rrset: records, rrsig, dnskey, nowSeconds: Math.floor(nowMs / 1_000) });
    if (result.ok) return { state: "valid", expiresMs: expiry(parsed, nowMs), fractionLeft: fraction(parsed, nowMs) };
    if (result.reason === "expired") return { state: "expired", expiresMs: expiry(parsed, nowMs) };
    if (result.reason !== "wrong-key") worst = result.reason;
  }
  return { state: "bogus", why: worst, keyTag: parsed.keyTag };
}

/**
 * verifyRrset, but the cryptography of the same octets once: a zone that stands still is looked at every few seconds. Time is
 * looked at always. Only what verified is remembered.
 */
function verified(input: VerifyInput): { ok: true } | { ok: false; reason: VerifyFailure } {
  const rrsig = parseRrsig(input.rrsig.rdata);
  const hash = createHash("sha256");
  for (const { owner, rdata } of [...input.rrset, input.rrsig, input.dnskey])
    hash.update(`${owner.length} ${rdata.length} `).update(owner).update(rdata);
  const key = hash.digest("latin1");
  if (known.has(key) && rrsig && validity(rrsig, input.nowSeconds).state === "valid") return { ok: true };
  const result = verifyRrset(input);
  if (!result.ok) return result;
  if (known.size >= MAX_KNOWN) known.clear();
  known.add(key);
  return { ok: true };
}

const known = new Set<string>();
const MAX_KNOWN = 1_024;

const isForged = (s: Standing) => s.state === "bogus" && s.why === "bogus";

function best(all: readonly Standing[]): Standing | undefined {
  const valid = all.filter((s) => s.state === "valid").sort((a, b) => b.expiresMs - a.expiresMs);
  return valid[0] ?? all.find((s) => s.state === "expired");
}

/** Serial arithmetic ends where the readable time begins: milliseconds since 1970. */
const expiry = (rrsig: Rrsig, nowMs: number) => nowMs + validity(rrsig, Math.floor(nowMs / 1_000)).secondsLeft * 1_000;

function fraction(rrsig: Rrsig, nowMs: number): number {
  const lifetime = (rrsig.expiration - rrsig.inception) | 0;
  return lifetime > 0 ? validity(rrsig, Math.floor(nowMs / 1_000)).secondsLeft / lifetime : 0;
}
