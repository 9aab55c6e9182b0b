/**
 * The chain of trust: from the anchor down to the zone that a name lies in, cut by cut (RFC 4035 §5.2, RFC 6840 §5).
 * A step of the machine: asks for DNSKEY and DS where the cache and the referrals do not tell.
 */
import { compareOctets } from "../canonical.ts";
import { type Ds, dsDigest, isAlgorithmSupported, isDigestSupported, parseDnskey, parseDs } from "../dnskey.ts";
import type { ResourceRecord } from "../message.ts";
import { countLabels, lastLabels } from "../name.ts";
import { type Response, type SignedRrset, signedRrsets } from "../resolver/classify.ts";
import { askUntil, type NoResponse } from "../resolver/iterate.ts";
import type { Run, Step } from "../resolver/machine.ts";
import { TYPE } from "../types.ts";
import { type Anchor, anchorFor } from "./anchors.ts";
import { Denials } from "./denial.ts";
import { type Signed, verifySigned } from "./signed.ts";
import type { Reason, Where } from "./verdict.ts";

/** What is known of a zone, or of a name that might have been one. */
export type Trust =
  | {
      readonly state: "secure";
      readonly zone: string;
      readonly keys: readonly ResourceRecord[];
      /** Algorithms of which a signature is asked each; empty: any one will do. */
      readonly needs: readonly number[];
      readonly ttl: number;
    }
  | {
      readonly state: "insecure" | "bogus" | "indeterminate";
      readonly zone: string;
      readonly reason: Reason;
      readonly where: Where;
      readonly ttl: number;
    }
  /** Proven to be no zone of its own: the zone above goes on. */
  | { readonly state: "no-cut"; readonly zone: string; readonly ttl: number };

type Secure = Extract<Trust, { state: "secure" }>;

const BOGUS_TTL = 60;
const MAX_TTL = 86_400;
/** Digests computed for one DNSKEY RRset: key tags may collide on purpose. */
const MAX_DIGESTS = 16;

/** The trust of the zone that `name` lies in, as far down as it is a zone; never `no-cut`. */
export function* trustAt(run: Run, name: string): Step<Exclude<Trust, { state: "no-cut" }>> {
  const governing = anchorFor(run.config.anchors, name);
  if (!governing) return none("indeterminate", ".", "no-anchor", { zone: ".", name, type: TYPE.DNSKEY });
  if ("negative" in governing) {
    const zone = governing.negative;
    return none("insecure", zone, "negative-anchor", { zone, name: zone, type: TYPE.DNSKEY });
  }
  const { anchor } = governing;
  const top = yield* remembered(run, anchor.zone, () => trustAnchorZone(run, anchor));
  if (top.state !== "secure") return top as Exclude<Trust, { state: "no-cut" }>;
  let trust: Secure = top;
  let unproven: Exclude<Trust, { state: "secure" | "no-cut" }> | undefined;
  const labels = countLabels(name);
  for (let keep = countLabels(anchor.zone) + 1; keep <= labels; keep++) {
    const child = lastLabels(name, keep);
    const above = trust;
    const cut = yield* remembered(run, child, () => examineCut(run, above, child));
    if (cut.state === "no-cut") continue;
    if (cut.state === "bogus") {
      // The zone above may still speak, with proof, of a cut further down; then there is none here.
      unproven ??= cut;
      if (keep < labels && unproven.where.type === TYPE.DS) continue;
      return unproven;
    }
    if (unproven && !speaksOfCut(cut)) return unproven;
    unproven = undefined;
    if (cut.state !== "secure") return cut;
    trust = cut;
  }
  return unproven ?? trust;
}

/** Keys by a signed DS, or a signed denial of DS at the very cut: not what an opt-out span leaves open. */
function speaksOfCut(cut: Exclude<Trust, { state: "no-cut" | "bogus" }>): boolean {
  return cut.state === "secure" || cut.reason === "no-ds";
}

function* remembered(run: Run, name: string, find: () => Step<Trust>): Step<Trust> {
  const known = run.cache.trust.get(name, run.nowSeconds);
  if (known) return known.value;
  const found = yield* find();
  run.cache.trust.set(name, found, found.ttl, run.nowSeconds);
  return found;
}

function none(
  state: "insecure" | "bogus" | "indeterminate",
  zone: string,
  reason: Reason,
  where: Where,
  ttl = BOGUS_TTL,
): Exclude<Trust, { state: "secure" | "no-cut" }> {
  return { state, zone, reason, where, ttl };
}

function* trustAnchorZone(run: Run, anchor: Anchor): Step<Trust> {
  const ds = anchor.ds.map(parseDs).filter((one) => one !== undefined);
  const vouches = (key: Uint8Array) => anchor.dnskeys.some((trusted) => compareOctets(trusted, key) === 0);
  const algorithms = [...ds.map((one) => one.algorithm), ...anchor.dnskeys.map((key) => key[3]!)];
  const where = { zone: anchor.zone, name: anchor.zone, type: TYPE.DNSKEY };
  if (!algorithms.some((algorithm) => supports(run, algorithm))) {
    return none("insecure", anchor.zone, "unsupported-algorithm", where, MAX_TTL);
  }
  const algorithmsKept = algorithms.filter((algorithm) => supports(run, algorithm));
  return yield* secureByKeys(run, anchor.zone, { ds: usableDs(run, ds), vouches, algorithms: algorithmsKept }, MAX_TTL);
}

function supports(run: Run, algorithm: number): boolean {
  return isAlgorithmSupported(algorithm) || (run.config.supportsOther?.(algorithm) ?? false);
}

/** DS records that can be used; those by SHA-1 only where no other digest can be. */
function usableDs(run: Run, all: readonly Ds[]): Ds[] {
  const usable = all.filter((ds) => supports(run, ds.algorithm) && isDigestSupported(ds.digestType));
  const better = run.config.acceptWeakDigests ? [] : usable.filter((ds) => ds.digestType !== 1);
  return better.length > 0 ? better : usable;
}

/** What vouches for a zone's keys: DS of the parent, DS or DNSKEY of an anchor. */
interface Vouching {
  readonly ds: readonly Ds[];
  readonly vouches: (rdata: Uint8Array) => boolean;
  readonly algorithms: readonly number[];
}

/** Asks for the zone's DNSKEY RRset and accepts it when a key that DS or anchor vouch for signs it. */
function* secureByKeys(run: Run, zone: string, vouching: Vouching, maxTtl: number): Step<Trust> {
  const question = { name: zone, type: TYPE.DNSKEY };
  const judge = (response: Response | NoResponse) => judgeKeys(run, zone, response, vouching, maxTtl);
  return yield* askUntil(run, question, judge, (trust) => trust.state !== "bogus");
}

function judgeKeys(run: Run, zone: string, response: Response | NoResponse, vouching: Vouching, maxTtl: number): Trust {
  const where = { zone, name: zone, type: TYPE.DNSKEY };
  const set = response.kind === "answer" ? response.answer.find((one) => one.type === TYPE.DNSKEY) : undefined;
  if (!set) return none("bogus", zone, "dnskey-missing", where);
  const trusted = vouchedKeys(set, vouching);
  if (trusted.length === 0) return none("bogus", zone, "ds-mismatch", where);
  const needs = run.config.requireAllAlgorithms ? [...new Set(vouching.algorithms)] : [];
  const signed = verifySigned(run, set, { zone, keys: trusted, needs });
  if (signed.ok) return { state: "secure", zone, keys: set.records, needs, ttl: Math.min(signed.ttl, maxTtl) };
  const reason = signed.reason === "key-missing" ? "dnskey-unsigned-by-ds" : signed.reason;
  return none("bogus", zone, reason, where);
}

function vouchedKeys(set: SignedRrset, { ds, vouches }: Vouching): ResourceRecord[] {
  let digests = 0;
  return set.records.filter((record) => {
    const key = parseDnskey(record.rdata);
    if (!key?.zoneKey || key.protocol !== 3 || key.revoked) return false;
    if (vouches(record.rdata)) return true;
    return ds.some((one) => {
      if (one.keyTag !== key.keyTag || one.algorithm !== key.algorithm || ++digests > MAX_DIGESTS) return false;
      const digest = dsDigest(record.owner, record.rdata, one.digestType);
      return digest !== undefined && compareOctets(digest, one.digest) === 0;
    });
  });
}

/** Is there a zone cut at `child`, and is the child signed? By the referral that led there, else by asking for DS. */
function* examineCut(run: Run, above: Secure, child: string): Step<Trust> {
  const referral = run.cache.delegations.get(child, run.nowSeconds);
  // The proof may be shorter-lived than the NS beside it.
  const proof = referral?.value.proof.filter((record) => record.ttl > referral.ageSeconds) ?? [];
  if (referral?.value.parent === above.zone && proof.length > 0) {
    const found = judgeSections(run, above, child, signedRrsets(proof));
    if (found.kind !== "bogus") return yield* actOn(run, above, child, found);
  }
  const seen = judgeSections(run, above, child, run.proofs.get(above.zone) ?? []);
  if (seen.kind === "unsigned") return yield* actOn(run, above, child, seen);
  const judge = (response: Response | NoResponse) => judgeResponse(run, above, child, response);
  const found = yield* askUntil(run, { name: child, type: TYPE.DS }, judge, (one) => one.kind !== "bogus");
  return yield* actOn(run, above, child, found);
}

type DsFinding =
  | { readonly kind: "ds"; readonly set: SignedRrset; readonly ttl: number }
  | { readonly kind: "no-cut"; readonly ttl: number }
  | { readonly kind: "unsigned"; readonly reason: Reason; readonly ttl: number }
  | { readonly kind: "bogus"; readonly reason: Reason };

function judgeResponse(run: Run, above: Secure, child: string, response: Response | NoResponse): DsFinding {
  if (response.kind === "no-response") return { kind: "bogus", reason: "ds-unanswered" };
  if (response.kind === "nodata" || response.kind === "nxdomain") {
    return judgeSections(run, above, child, response.authority);
  }
  const [first] = response.answer;
  if (response.kind === "answer" && first?.type === TYPE.DS) return judgeSections(run, above, child, response.answer);
  // An alias stands where a delegation could have been: there is none, if the alias is genuine.
  const alias = first?.synthesizedFrom ?? first;
  const signed = alias && verifySigned(run, alias, above);
  if (signed?.ok) return { kind: "no-cut", ttl: signed.ttl };
  return { kind: "bogus", reason: signed?.reason ?? "signature-missing" };
}

/** DS, or its absence, out of the RRsets of a section. */
function judgeSections(run: Run, above: Secure, child: string, sets: readonly SignedRrset[]): DsFinding {
  const ds = sets.find((set) => set.type === TYPE.DS && set.name === child);
  if (ds) {
    const signed = verifySigned(run, ds, above);
    return signed.ok ? { kind: "ds", set: ds, ttl: signed.ttl } : { kind: "bogus", reason: signed.reason };
  }
  const verified: { set: SignedRrset; signed: Extract<Signed, { ok: true }> }[] = [];
  let ttl = MAX_TTL;
  for (const set of sets) {
    if (set.type !== TYPE.NSEC && set.type !== TYPE.NSEC3) continue;
    const signed = verifySigned(run, set, above);
    if (!signed.ok) return { kind: "bogus", reason: signed.reason };
    verified.push({ set, signed });
    ttl = Math.min(ttl, signed.ttl);
  }
  const cut = new Denials(run, above.zone, verified).cut(child);
  if (cut.kind === "unproven") return { kind: "bogus", reason: cut.reason };
  if (cut.kind === "no-cut") return { kind: "no-cut", ttl };
  return { kind: "unsigned", reason: cut.reason, ttl };
}

function* actOn(run: Run, above: Secure, child: string, found: DsFinding): Step<Trust> {
  const where = { zone: above.zone, name: child, type: TYPE.DS };
  if (found.kind === "bogus") return none("bogus", above.zone, found.reason, where);
  if (found.kind === "no-cut") return { state: "no-cut", zone: above.zone, ttl: found.ttl };
  if (found.kind === "unsigned") return none("insecure", child, found.reason, where, found.ttl);
  const all = found.set.records.map((record) => parseDs(record.rdata)).filter((one) => one !== undefined);
  const usable = usableDs(run, all);
  const algorithms = usable.map((ds) => ds.algorithm);
  if (usable.length > 0)
    return yield* secureByKeys(run, child, { ds: usable, vouches: () => false, algorithms }, found.ttl);
  const known = all.some((ds) => isDigestSupported(ds.digestType));
  return none("insecure", child, known ? "unsupported-algorithm" : "unsupported-digest", where, found.ttl);
}
