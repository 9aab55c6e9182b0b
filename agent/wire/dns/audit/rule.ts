/** What a rule of the audit is: pure, from a collection to findings; each names its clauses and the tags that it may give. */
import type { Finding } from "../../../../protocol/finding.ts";
import type { Tag } from "../../../../protocol/tags.ts";
import type { LookMemory } from "./memory.ts";
import type { ZoneSeen } from "./seen.ts";
import type { JudgedRrset } from "./table.ts";

/** What the caller wants to be warned of. */
export interface AuditPolicy {
  /** Warn when less than this part of a signature's lifetime is left. */
  readonly warnFraction: number;
  /** The same for the zones above, whose operators look after themselves: later. */
  readonly warnParentFraction: number;
  /** Shortest RSA modulus, bits. */
  readonly minRsaBits: number;
  /** Name servers that a zone should have at least. */
  readonly minServers: number;
}

export const DEFAULT_POLICY: AuditPolicy = {
  warnFraction: 0.25,
  warnParentFraction: 0.1,
  minRsaBits: 2048,
  minServers: 2,
};

export interface RuleInput {
  readonly seen: ZoneSeen;
  readonly rrsets: readonly JudgedRrset[];
  readonly policy: AuditPolicy;
  /** What the look before this one left. */
  readonly before: LookMemory;
}

export type AuditFinding = Finding & { readonly tag: Tag };

export interface Rule {
  readonly id: string;
  readonly clauses: readonly string[];
  /** It gives no others: a test holds it to them. */
  readonly tags: readonly Tag[];
  run(input: RuleInput): AuditFinding[];
}
