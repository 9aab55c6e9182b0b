// What was provisioned against what was planned, by looking at the running lab: packets, routes, rules, names. Nothing is changed.
import type { Plan } from "../plan/types.ts";
import type { Lab } from "../platforms/lab/names.ts";
import { hostsOf } from "../platforms/lab/notes.ts";
import type { Deployment } from "../platforms/platform.ts";
import { proveNames } from "./names.ts";
import { provePackets } from "./packets.ts";
import type { Proof } from "./proof.ts";
import { proveRoutes } from "./routes.ts";
import { proveRules } from "./rules.ts";

export type { Proof } from "./proof.ts";

/** What can be proved, in the order in which it is done: what is cheap first. */
export const PROOFS = ["routes", "rules", "names", "packets"] as const;
export type ProofName = (typeof PROOFS)[number];

export interface Verified {
  proofs: { name: ProofName; proof: Proof }[];
  /** Everything planned was looked at, and nothing differs. A proof that looked at nothing is no proof. */
  clean: boolean;
}

export interface VerifyOptions {
  /** Every agency asks and is asked, and not a few that stand for all. */
  allSites: boolean;
  only?: readonly ProofName[] | undefined;
  onProof?: ((name: ProofName) => void) | undefined;
}

/** Proves one thing after another. Throws nothing for what the lab does: that is a difference. */
export async function verify(
  lab: Lab,
  { plan, deployment }: { plan: Plan; deployment: Deployment },
  options: VerifyOptions,
): Promise<Verified> {
  const run: Record<ProofName, () => Promise<Proof>> = {
    routes: () => proveRoutes(lab, plan),
    rules: () => proveRules(lab, deployment),
    names: () => proveNames(lab, plan),
    packets: () => provePackets(lab, plan, hostsOf(lab), options.allSites),
  };
  const proofs: Verified["proofs"] = [];
  for (const name of PROOFS.filter((p) => options.only === undefined || options.only.includes(p))) {
    options.onProof?.(name);
    proofs.push({ name, proof: await run[name]() });
  }
  const clean = proofs.every(
    ({ proof }) => proof.probed > 0 && proof.probed === proof.planned && proof.differences.length === 0,
  );
  return { proofs, clean };
}
