/**
 * Where a peer says otherwise than the label, and an RFC leaves it free to or the peer is known to fall short: each with its
 * section. Nothing of ours is ever explained here.
 */
import type { Kind } from "../zones/content.ts";
import type { SigningPlan } from "../zones/sign.ts";

export interface Differing {
  readonly tool: string;
  readonly fault: string;
  readonly said: string;
  readonly expected: string;
  readonly kind: Kind;
  /** How the zones that the answer rests on were signed. */
  readonly plans: readonly SigningPlan[];
}

interface Rule {
  readonly tool: string;
  readonly clause: string;
  readonly covers: (differing: Differing) => boolean;
}

/** Zones that hold, in which the first signature or key to be tried does not. */
const SPOILT_TRIES = [
  "harmless-extra-broken-signature",
  "harmless-extra-expired-signature",
  "harmless-colliding-key-tags",
];

/** Zones that hold but for one answer, which denies what is there. */
const FORGED = ["nxdomain-forged", "nodata-forged-by-own-denial", "nodata-forged-without-denial"];

const RULES: readonly Rule[] = [
  {
    tool: "unbound-host",
    clause: "RFC 4035 §5.2: Ed448 is an algorithm it does not know, which makes the zone insecure",
    covers: ({ plans, said }) => plans.some(({ algorithm }) => algorithm === 16) && said === "insecure",
  },
  {
    tool: "delv",
    clause: "RFC 5155 §9.2: AD is not for an opt-out span, which delv, having no AD to set, does not tell",
    covers: ({ plans, said, expected, kind }) =>
      plans.some(({ denial }) => denial.kind === "opt-out") &&
      kind !== "unsigned-child" &&
      expected === "insecure" &&
      said === "secure",
  },
  {
    tool: "delv",
    clause: "RFC 4034 §5.2: takes a DS to a key without the Zone Key flag, which MUST NOT be used",
    covers: ({ fault, expected }) => fault === "ksk-without-zone-bit" && expected === "bogus",
  },
  {
    tool: "unbound-host",
    clause: "RFC 5011 §2.1: goes on using a revoked key for data, which a resolver MUST NOT",
    covers: ({ fault, expected }) => fault === "zsk-revoked" && expected === "bogus",
  },
  {
    tool: "unbound-host",
    clause: "RFC 4509 §3: takes the SHA-1 digest although SHA-256 is there, which a validator SHOULD NOT",
    covers: ({ fault, expected }) => fault === "ds-sha1-right-sha256-wrong" && expected === "bogus",
  },
  {
    tool: "delv",
    clause: "RFC 4035 §3.2.3: leaves a denial beside a bad SOA unvalidated, and says so instead of failing",
    covers: ({ fault, said }) => fault === "soa-signature-flipped-in-denials" && said === "no-verdict",
  },
  {
    tool: "delv",
    clause: "RFC 4035 §5.5: leaves a denial whose signature does not hold pending, which SHOULD be taken for bad",
    covers: ({ fault, said }) => fault === "denial-signature-flipped" && said === "no-verdict",
  },
  {
    tool: "delv",
    clause: "RFC 5155 §6: in an opt-out span a name may lie below an unsigned cut, which delv believes of a wildcard's",
    covers: ({ fault, said, kind, plans }) =>
      fault === "signature-by-stranger-key" &&
      said === "insecure" &&
      kind === "wildcard" &&
      plans.some(({ denial }) => denial.kind === "opt-out"),
  },
  {
    tool: "unbound-host",
    clause: "RFC 9156 §2.1: asks for A on the way to every type, and is met by the answer that was forged for A",
    covers: ({ fault, said, expected }) => FORGED.includes(fault) && said === "bogus" && expected === "secure",
  },
  {
    tool: "delv",
    clause: "RFC 5155 §8.1: takes NSEC3 of an unknown hash for insecure instead of ignoring them",
    covers: ({ fault, said }) => fault === "nsec3-unknown-hash" && said === "insecure",
  },
  {
    tool: "delv",
    clause: "RFC 5155 §8.2: uses NSEC3 with unknown flags, which a validator MUST ignore",
    covers: ({ fault, said }) => fault === "nsec3-unknown-flag" && (said === "secure" || said === "insecure"),
  },
  {
    tool: "delv",
    clause: "RFC 4035 §5.3.1: takes a Labels field that is more than the owner has, which a validator MUST NOT",
    covers: ({ fault, said }) => fault === "signature-labels-too-many" && said === "secure",
  },
  {
    tool: "delv",
    clause: "RFC 4035 §5.3.3: its own policy gives up after one signature that does not verify (CVE-2023-50387)",
    covers: ({ fault, said }) => SPOILT_TRIES.includes(fault) && said === "bogus",
  },
];

/** The section that settles a peer's disagreement; undefined when none does. */
export function explanationOf(differing: Differing): string | undefined {
  if (differing.tool.startsWith("ours")) return undefined;
  return RULES.find((rule) => rule.tool === differing.tool && rule.covers(differing))?.clause;
}
