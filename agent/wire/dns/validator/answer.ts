/**
 * Validates one response of an authority: every RRset of the answer by the keys of its zone, wildcards by the proof that
 * nothing closer exists, negative answers by NSEC or NSEC3 (RFC 4035 §5, RFC 5155 §8). A step of the machine.
 */
import { ancestor, isBelow, isWithin, lastLabels } from "../name.ts";
import type { Response, SignedRrset } from "../resolver/classify.ts";
import type { Run, Step } from "../resolver/machine.ts";
import { parseRrsig } from "../rrsig.ts";
import { RCODE, TYPE } from "../types.ts";
import { Denials, type Proof } from "./denial.ts";
import { type Signed, verifySigned } from "./signed.ts";
import { type Trust, trustAt } from "./trust.ts";
import { type Reason, type Security, type Verdict, worse } from "./verdict.ts";

export interface Validated {
  readonly verdict: Verdict;
  /** The response code that the proof supports: an NXDOMAIN whose proof says NODATA becomes NOERROR. */
  readonly rcode: number;
  /** RRsets of the authority section that may be shown: in a secure answer, only verified ones. */
  readonly authority: readonly SignedRrset[];
  readonly additional: readonly SignedRrset[];
}

type Holding = Extract<Signed, { ok: true }>;
type Secure = Extract<Trust, { state: "secure" }>;

interface Verified {
  readonly set: SignedRrset;
  readonly signed: Holding;
}

/** Judges a response as a whole. */
export function* validateResponse(run: Run, response: Response): Step<Validated> {
  const positive = response.kind === "answer" || response.kind === "alias";
  return positive ? yield* validatePositive(run, response) : yield* validateNegative(run, response);
}

function verdictOf(security: Security, reason: Reason, zone: string, name: string, type: number): Verdict {
  return { security, reason, where: { zone, name, type } };
}

function fromTrust(trust: Exclude<Trust, { state: "secure" | "no-cut" }>): Verdict {
  return { security: trust.state, reason: trust.reason, where: trust.where };
}

function* validatePositive(run: Run, response: Response): Step<Validated> {
  let verdict: Verdict | undefined;
  let trust: Secure | undefined;
  for (const set of response.answer) {
    // A CNAME made by a DNAME is as good as the DNAME, which stands in the answer itself.
    if (set.synthesizedFrom) continue;
    const judged = yield* judgeSet(run, set, response.authority);
    verdict = verdict ? worse(verdict, judged.verdict) : judged.verdict;
    trust = judged.trust ?? trust;
    if (verdict.security === "bogus") break;
  }
  const { question, zone } = response;
  const total = verdict ?? verdictOf("bogus", "signature-missing", zone, question.name, question.type);
  if (total.security !== "secure" || !trust) {
    return { verdict: total, rcode: response.rcode, authority: response.authority, additional: response.additional };
  }
  const shown = showable(run, response, trust);
  // The code is signed by nobody: where the data is what it says it is, there is no error.
  return { verdict: shown.bad ?? total, rcode: endsInDname(response) ? RCODE.YXDOMAIN : RCODE.NOERROR, ...shown };
}

/** The chain stops at a DNAME whose target would be too long: that, and only that, is YXDOMAIN (RFC 6672 §2.2). */
function endsInDname({ question, answer }: Response): boolean {
  return answer.at(-1)?.type === TYPE.DNAME && question.type !== TYPE.DNAME && question.type !== TYPE.ANY;
}

/** Of a secure answer's other sections, what is verified; a bad signature in authority spoils the answer (RFC 4035 §3.2.3). */
function showable(run: Run, response: Response, trust: Secure) {
  const authority: SignedRrset[] = [];
  for (const set of response.authority) {
    if (set.signatures.length === 0) continue;
    const signed = verifySigned(run, set, trust);
    if (signed.ok) authority.push(set);
    else if (signed.reason !== "signer-wrong" && set.type !== TYPE.NS) {
      const bad = verdictOf("bogus", signed.reason, trust.zone, set.name, set.type);
      return { bad, authority: [], additional: [] };
    }
  }
  const additional = response.additional.filter((set) => set.signatures.length > 0 && verifySigned(run, set, trust).ok);
  return { authority, additional };
}

/** One RRset of an answer: which zone should have signed it, is that zone signed, does a signature hold? */
function* judgeSet(
  run: Run,
  set: SignedRrset,
  authority: readonly SignedRrset[],
): Step<{ verdict: Verdict; trust?: Secure }> {
  if (set.type === TYPE.RRSIG) return { verdict: verdictOf("insecure", "not-validated", ".", set.name, set.type) };
  const signer = signerOf([set], set.name, set.type);
  const trust = yield* trustAt(run, signer ?? above(set.name, set.type));
  if (trust.state !== "secure") return { verdict: fromTrust(trust) };
  const bogus = (reason: Reason) => ({ verdict: verdictOf("bogus", reason, trust.zone, set.name, set.type) });
  if (signer === undefined) return bogus(set.signatures.length > 0 ? "signer-wrong" : "signature-missing");
  if (trust.zone !== signer) return bogus("signer-wrong");
  const signed = verifySigned(run, set, trust);
  if (!signed.ok) return bogus(signed.reason);
  if (!signed.wildcard && set.type === TYPE.DNAME) {
    run.cache.dnames.set(set.name, { set, zone: trust.zone }, signed.ttl, run.nowSeconds);
  }
  if (signed.wildcard && set.type === TYPE.DNAME) return bogus("wildcard-dname");
  if (!signed.wildcard) return { verdict: verdictOf("secure", "validated", trust.zone, set.name, set.type), trust };
  const denials = verifyDenials(run, authority, trust);
  if ("reason" in denials) return bogus(denials.reason);
  const encloser = lastLabels(set.name, signed.rrsig.labels);
  const proof = new Denials(run, trust.zone, denials.verified).expansion(set.name, encloser);
  return { verdict: verdictOf(proof.security, proof.reason, trust.zone, set.name, set.type), trust };
}

/** A name whose zone holds this type at `name`: DS stands in the parent. */
function above(name: string, type: number): string {
  return type === TYPE.DS && name !== "." ? ancestor(name) : name;
}

/** The first signer over these sets that can be a zone holding `name`. */
function signerOf(sets: readonly SignedRrset[], name: string, type: number): string | undefined {
  for (const set of sets) {
    for (const signature of set.signatures) {
      const signer = parseRrsig(signature.rdata)?.signer;
      if (signer === undefined || !isWithin(set.name, signer)) continue;
      if (type === TYPE.DS && name !== "." ? isBelow(name, signer) : isWithin(name, signer)) return signer;
    }
  }
  return undefined;
}

/** NSEC and NSEC3 sets of a section, all verified; or the reason why one is not. */
function verifyDenials(
  run: Run,
  sets: readonly SignedRrset[],
  trust: Secure,
): { verified: Verified[] } | { reason: Reason } {
  const verified: Verified[] = [];
  for (const set of sets) {
    if (set.type !== TYPE.NSEC && set.type !== TYPE.NSEC3) continue;
    const signed = verifySigned(run, set, trust);
    if (!signed.ok) return { reason: signed.reason };
    verified.push({ set, signed });
  }
  return { verified };
}

function* validateNegative(run: Run, response: Response): Step<Validated> {
  const { question, authority } = response;
  const { name, type } = question;
  const denying = authority.filter((set) => set.type === TYPE.NSEC || set.type === TYPE.NSEC3);
  const soas = authority.filter((set) => set.type === TYPE.SOA);
  const signer = signerOf([...denying, ...soas], name, type);
  const trust = yield* trustAt(run, signer ?? above(name, type));
  const asIs = { rcode: response.rcode, authority, additional: response.additional };
  if (trust.state !== "secure") return { verdict: fromTrust(trust), ...asIs };
  const bogus = (reason: Reason, at: SignedRrset | undefined) => ({
    verdict: verdictOf("bogus", reason, trust.zone, at?.name ?? name, at?.type ?? type),
    ...asIs,
  });
  if (signer === undefined) return bogus(denying.length > 0 ? "signature-missing" : "denial-missing", denying[0]);
  if (trust.zone !== signer) return bogus("signer-wrong", denying[0] ?? soas[0]);
  const verified: Verified[] = [];
  for (const set of [...soas, ...denying]) {
    const signed = verifySigned(run, set, trust);
    if (!signed.ok) return bogus(signed.reason, set);
    verified.push({ set, signed });
  }
  const { proof, rcode } = prove(new Denials(run, trust.zone, verified), response);
  const verdict = verdictOf(proof.security, proof.reason, trust.zone, name, type);
  const others = authority.filter(
    (set) => !soas.includes(set) && !denying.includes(set) && verifySigned(run, set, trust).ok,
  );
  return { verdict, rcode, authority: [...verified.map((one) => one.set), ...others], additional: [] };
}

function prove(denials: Denials, response: Response): { proof: Proof; rcode: number } {
  const { name, type } = response.question;
  if (response.kind !== "nxdomain") {
    const nodata = denials.nodata(name, type);
    return { proof: nodata, rcode: nodata.security === "secure" ? RCODE.NOERROR : response.rcode };
  }
  const proof = denials.nameError(name);
  if (proof.security !== "bogus") return { proof, rcode: response.rcode };
  // Some servers say NXDOMAIN for a name that exists without the type: believe the signed part.
  const nodata = denials.nodata(name, type);
  return nodata.security !== "secure" ? { proof, rcode: response.rcode } : { proof: nodata, rcode: RCODE.NOERROR };
}
