// The catalogue of faults, and what is done with every one of them: its target is checked, what was injected is remembered.
import { LabError } from "../errors.ts";
import type { Lab } from "../names.ts";
import { corruptSignature } from "./corrupt-signature.ts";
import { expireCertificate } from "./expire-certificate.ts";
import type { Fault } from "./fault.ts";
import { hubDown } from "./hub-down.ts";
import { linkDown } from "./link-down.ts";
import { sshBruteforce } from "./ssh-bruteforce.ts";
import { forget, injectedFaults, remember } from "./state.ts";

export const FAULTS: readonly Fault[] = [hubDown, linkDown, expireCertificate, corruptSignature, sshBruteforce];

export const faultNamed = (name: string | undefined): Fault | undefined => FAULTS.find((f) => f.name === name);

export interface FaultDone {
  fault: string;
  target: string;
  injectedAt: number;
}

/** Breaks the target (the fault's default one unless given). Repeated, it breaks it anew. Throws `fault-target-unknown`, `fault-failed`. */
export async function inject(lab: Lab, fault: Fault, target: string | undefined): Promise<FaultDone> {
  const chosen = targetOf(lab, fault, target);
  const known = injectedFaults(lab).find((i) => i.fault === fault.name && i.target === chosen);
  if (known) await fault.undo(lab, chosen, known);
  const { injectedAt, facts } = await fault.inject(lab, chosen);
  remember(lab, { fault: fault.name, target: chosen, injectedAt, facts });
  return { fault: fault.name, target: chosen, injectedAt };
}

/** Mends the target; without one, every target that this fault was injected into, or its default. */
export async function undo(
  lab: Lab,
  fault: Fault,
  target: string | undefined,
): Promise<{ fault: string; target: string; undoneAt: number }> {
  const injected = injectedFaults(lab).filter((i) => i.fault === fault.name);
  const targets =
    target === undefined && injected.length > 0 ? injected.map((i) => i.target) : [targetOf(lab, fault, target)];
  for (const each of targets) {
    await fault.undo(
      lab,
      each,
      injected.find((i) => i.target === each),
    );
    forget(lab, fault.name, each);
  }
  return { fault: fault.name, target: targets.join(", "), undoneAt: Date.now() };
}

/** Mends whatever was injected and not undone: an `up` is to end with the lab as the province says. Gives what it mended. */
export async function undoAll(lab: Lab): Promise<string[]> {
  const injected = injectedFaults(lab);
  for (const each of injected) {
    await faultNamed(each.fault)?.undo(lab, each.target, each);
    forget(lab, each.fault, each.target);
  }
  return injected.map((i) => `${i.fault} ${i.target}`);
}

function targetOf(lab: Lab, fault: Fault, target: string | undefined): string {
  const candidates = fault.candidates(lab);
  if (candidates.length === 0)
    throw new LabError("fault-target-unknown", fault.name, "this lab has nothing of the kind", "run lab up again");
  if (target === undefined) return candidates[0]!;
  if (candidates.includes(target)) return target;
  const some = `${candidates.slice(0, 8).join(", ")}${candidates.length > 8 ? ", …" : ""}`;
  throw new LabError("fault-target-unknown", target, `${fault.name} needs a ${fault.targets}`, `there are: ${some}`);
}
