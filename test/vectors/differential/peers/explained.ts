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
  readonly plan: SigningPlan;
}

interface Rule {
  readonly tool: string;
  readonly clause: string;
  readonly covers: (differing: Differing) => boolean;
}

const RULES: readonly Rule[] = [
  {
    tool: "unbound-host",
    clause: "RFC 4035 §5.2: Ed448 is an algorithm it does not know, which makes the zone insecure",
    covers: ({ plan, said }) => plan.algorithm === 16 && said === "insecure",
  },
  {
    tool: "delv",
    clause: "RFC 5155 §9.2: AD is not for an opt-out span, which delv, having no AD to set, does not tell",
    covers: ({ plan, said, expected }) => plan.denial.kind === "opt-out" && expected === "insecure" && said === "secure",
  },
];

/** The section that settles a peer's disagreement; undefined when none does. */
export function explanationOf(differing: Differing): string | undefined {
  if (differing.tool.startsWith("ours")) return undefined;
  return RULES.find((rule) => rule.tool === differing.tool && rule.covers(differing))?.clause;
}
