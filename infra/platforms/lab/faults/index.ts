// The catalogue of faults, and what is done with every one of them: its target is checked, what was injected is remembered.
import { LabError } from "../errors.ts";
import type { Lab } from "../names.ts";
import { corruptSignature } from "./corrupt-signature.ts";
import { daemonKilled } from "./daemon-killed.ts";
import { deviceDown } from "./device-down.ts";
import { diskFull } from "./disk-full.ts";
import { bgpHijack, bgpLeak } from "./false-routes.ts";
import { falseTime } from "./false-time.ts";
import type { Expected, Fault } from "./fault.ts";
import { hubDown, upstreamDown } from "./host-down.ts";
import { internetPath } from "./internet-path.ts";
import { latency } from "./latency.ts";
import { loss, narrow, silentDrop, wrongMtu } from "./line-quality.ts";
import { linkDown } from "./link-down.ts";
import { flood, portScan } from "./network-attacks.ts";
import { pageDefaced } from "./page-defaced.ts";
import { resolverBlind } from "./resolver-blind.ts";
import { rogueRa } from "./rogue-ra.ts";
import { sshBruteforce } from "./ssh-bruteforce.ts";
import { forget, injectedFaults, remember } from "./state.ts";
import { expireCertificate, misnameCertificate, missingIntermediate } from "./wrong-certificates.ts";
import { expireSignatures, missingDs } from "./zone-faults.ts";

export type { Expected } from "./fault.ts";

/** Lines and routers first, then what they carry, then who attacks it. */
export const FAULTS: readonly Fault[] = [
  hubDown,
  upstreamDown,
  linkDown,
  silentDrop,
  loss,
  latency,
  narrow,
  wrongMtu,
  internetPath,
  bgpHijack,
  bgpLeak,
  rogueRa,
  deviceDown,
  daemonKilled,
  corruptSignature,
  expireSignatures,
  missingDs,
  resolverBlind,
  expireCertificate,
  misnameCertificate,
  missingIntermediate,
  pageDefaced,
  falseTime,
  diskFull,
  sshBruteforce,
  portScan,
  flood,
];

/** The catalogue as a list of plain facts: also where no lab is up. */
export const catalogue = (): Pick<Fault, "name" | "targets" | "blind">[] =>
  FAULTS.map(({ name, targets, blind }) => ({ name, targets, ...(blind && { blind }) }));

export const faultNamed = (name: string | undefined): Fault | undefined => FAULTS.find((f) => f.name === name);

export interface FaultDone {
  fault: string;
  target: string;
  injectedAt: number;
  expects: Expected;
}

/** Breaks the target (the fault's default one unless given). Repeated, it breaks it anew. Throws `fault-target-unknown`, `fault-failed`, `fault-impossible`. */
export async function inject(lab: Lab, fault: Fault, target: string | undefined): Promise<FaultDone> {
  const chosen = targetOf(lab, fault, target);
  const known = injectedFaults(lab).find((i) => i.fault === fault.name && i.target === chosen);
  if (known) await fault.undo(lab, chosen, known);
  // Written down first: who is killed in the middle leaves something that can be undone.
  const begun = { fault: fault.name, target: chosen, injectedAt: Date.now(), facts: {} };
  remember(lab, begun);
  let injected: Awaited<ReturnType<Fault["inject"]>>;
  try {
    injected = await fault.inject(lab, chosen);
  } catch (error) {
    await fault.undo(lab, chosen, begun).then(
      () => forget(lab, fault.name, chosen),
      () => {}, // still written down: undoAll tries again
    );
    throw error;
  }
  const { injectedAt, facts } = injected;
  remember(lab, { fault: fault.name, target: chosen, injectedAt, facts });
  return { fault: fault.name, target: chosen, injectedAt, expects: fault.expects(lab, chosen) };
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

/**
 * Mends whatever was injected and not undone, the latest first: an `up` is to end with the lab as the province says. Gives what it mended;
 * when one cannot be mended, all others are, and its error is thrown.
 */
export async function undoAll(lab: Lab): Promise<{ fault: string; target: string }[]> {
  const injected = injectedFaults(lab);
  const failed: unknown[] = [];
  for (const each of injected.toReversed())
    try {
      await faultNamed(each.fault)?.undo(lab, each.target, each);
      forget(lab, each.fault, each.target);
    } catch (error) {
      failed.push(error);
    }
  if (failed.length > 0) throw failed[0];
  return injected.map(({ fault, target }) => ({ fault, target }));
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
