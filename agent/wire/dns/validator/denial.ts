/**
 * Proofs of absence over the verified NSEC and NSEC3 records of a response: one door to both kinds. Pure.
 */
import { isWithin } from "../name.ts";
import type { SignedRrset } from "../resolver/classify.ts";
import type { Run } from "../resolver/machine.ts";
import { labelsForRrsig } from "../rrsig.ts";
import { TYPE } from "../types.ts";
import { judgeCut, type Nsec, parseNsec, proveExpansion, proveNameError, proveNodata } from "./nsec.ts";
import { Nsec3Chain, type Nsec3Proof, parseNsec3 } from "./nsec3.ts";
import type { Signed } from "./signed.ts";
import type { Reason, Security } from "./verdict.ts";

/** The outcome of a proof: its security and, when it is not secure, the reason. */
export interface Proof {
  readonly security: Extract<Security, "secure" | "insecure" | "bogus">;
  readonly reason: Reason;
}

export type Cut =
  | { readonly kind: "no-cut" }
  | { readonly kind: "unsigned-cut"; readonly reason: Reason }
  | { readonly kind: "unproven"; readonly reason: Reason };

const PROVEN: Proof = { security: "secure", reason: "validated" };

/** The denials of one response in one zone. */
export class Denials {
  private readonly nsecs: readonly Nsec[];
  private readonly chain: Nsec3Chain;
  /** Said at once, whatever is to be proven: none there, or none that may be used. */
  private readonly blanket: Proof | undefined;

  /** `verified`: RRsets of type NSEC and NSEC3 with the signatures that hold over them. */
  constructor(
    run: Run,
    zone: string,
    verified: readonly { set: SignedRrset; signed: Extract<Signed, { ok: true }> }[],
  ) {
    this.nsecs = verified
      .filter(({ set }) => set.type === TYPE.NSEC)
      .flatMap(({ set, signed }) => set.records.map((r) => parseNsec(r, signed.rrsig.labels, labelsForRrsig(r.name))))
      .filter((nsec) => nsec !== undefined)
      // A next name of another zone would deny names that this one has no say over (RFC 4034 §4.1.1).
      .filter((nsec) => isWithin(nsec.next, zone));
    const nsec3s = verified
      .filter(({ set, signed }) => set.type === TYPE.NSEC3 && !signed.wildcard)
      .flatMap(({ set }) => set.records.map(parseNsec3))
      .filter((nsec3) => nsec3 !== undefined);
    this.chain = new Nsec3Chain(nsec3s, zone, run.budget);
    const present = verified.some(({ set }) => set.type === TYPE.NSEC || set.type === TYPE.NSEC3);
    if (!present) this.blanket = { security: "bogus", reason: "denial-missing" };
    else if (this.nsecs.length > 0 || nsec3s.length === 0) return;
    else if (nsec3s.every((nsec3) => nsec3.algorithm !== 1)) {
      this.blanket = { security: "bogus", reason: "unsupported-nsec3" };
    } else if (nsec3s.some((nsec3) => nsec3.iterations > run.config.maxNsec3Iterations)) {
      this.blanket = { security: "insecure", reason: "nsec3-iterations" };
    }
  }

  nameError(name: string): Proof {
    return this.prove(proveNameError(this.nsecs, name), () => this.chain.proveNameError(name));
  }

  nodata(name: string, type: number): Proof {
    return this.prove(proveNodata(this.nsecs, name, type), () => this.chain.proveNodata(name, type));
  }

  expansion(name: string, encloser: string): Proof {
    const proof = this.prove(proveExpansion(this.nsecs, name, encloser), () =>
      this.chain.proveExpansion(name, encloser),
    );
    return proof.security === "bogus" && proof.reason !== "work-limit"
      ? { ...proof, reason: "wildcard-unproven" }
      : proof;
  }

  cut(name: string): Cut {
    if (this.blanket) {
      const { security, reason } = this.blanket;
      return { kind: security === "insecure" ? "unsigned-cut" : "unproven", reason };
    }
    const byNsec = judgeCut(this.nsecs, name);
    const found = byNsec === "unproven" ? this.chain.judgeCut(name) : byNsec;
    if (found === "no-cut") return { kind: "no-cut" };
    if (found === "unsigned-cut") return { kind: "unsigned-cut", reason: "no-ds" };
    if (found === "opt-out") return { kind: "unsigned-cut", reason: "opt-out" };
    return { kind: "unproven", reason: found === "work-limit" ? "work-limit" : "denial-insufficient" };
  }

  private prove(byNsec: "proven" | "unproven", byNsec3: () => Nsec3Proof): Proof {
    if (this.blanket) return this.blanket;
    if (byNsec === "proven") return PROVEN;
    const found = byNsec3();
    if (found === "proven") return PROVEN;
    if (found === "proven-opt-out") return { security: "insecure", reason: "opt-out" };
    return { security: "bogus", reason: found === "work-limit" ? "work-limit" : "denial-insufficient" };
  }
}
