/**
 * Work limits of one run, so that no answer makes us work without end: KeyTrap (CVE-2023-50387) spends verifications,
 * NSEC3 exhaustion (CVE-2023-50868) spends hashes, delegation loops spend queries. Pure counters.
 */

export interface Limits {
  /** Queries sent. */
  readonly queries: number;
  /** Signatures verified by cryptography. */
  readonly verifications: number;
  /** Iterated NSEC3 hashes. */
  readonly hashes: number;
  /** CNAME and DNAME steps followed. */
  readonly aliases: number;
}

export const DEFAULT_LIMITS: Limits = { queries: 200, verifications: 200, hashes: 200, aliases: 12 };

/** Signatures tried over one RRset before it is given up: honest RRsets need one or two (RFC 4035 §5.3.1). */
export const MAX_TRIES_PER_RRSET = 8;

export type Work = keyof Limits;

export class Budget {
  private readonly left: Record<Work, number>;
  /** The kind of work that ran out first, if any did. */
  exhausted: Work | undefined;

  constructor(limits: Limits = DEFAULT_LIMITS) {
    this.left = { ...limits };
  }

  /** One unit of work: may it be done? */
  take(work: Work): boolean {
    if (this.left[work] <= 0) {
      this.exhausted ??= work;
      return false;
    }
    this.left[work]--;
    return true;
  }
}
