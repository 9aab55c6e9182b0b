/**
 * What a fault is: a label that is the truth, one thing done wrong (or oddly, and allowed), and what validators must say of it.
 */
import type { Random } from "../random.ts";
import type { SigningPlan } from "../zones/sign.ts";
import type { Effect, Expected, Site } from "../zones/site.ts";

export interface Fault {
  /** Kebab-case; the truth about the zone. */
  readonly label: string;
  /** RFC and section that settle what a validator must say. */
  readonly clause: string;
  /** Can this be done to the site? Default: to any. */
  readonly fits?: (site: Site) => boolean;
  /** Only this project's own server can serve it. */
  readonly ownServer?: boolean;
  /** What the signer itself is told. */
  readonly plan?: (plan: SigningPlan, random: Random) => SigningPlan;
  /** Done to the zone as signed, before its parent is. */
  readonly apply: (site: Site, random: Random) => Effect;
}

export const bogus = (...ede: number[]): Expected => ({ security: "bogus", ...(ede.length > 0 && { ede }) });
export const insecure = (...ede: number[]): Expected => ({ security: "insecure", ...(ede.length > 0 && { ede }) });

/** Extended errors (RFC 8914 §4) by name. */
export const EDE = {
  unsupportedAlgorithm: 1,
  unsupportedDigest: 2,
  bogus: 6,
  expired: 7,
  notYetValid: 8,
  dnskeyMissing: 9,
  rrsigMissing: 10,
  noZoneBit: 11,
  nsecMissing: 12,
  nsec3Iterations: 27,
} as const;

/** Nothing changes: the zone is odd, and whole all the same. */
export const harmless: Effect = () => undefined;
