// What this lab has that can be broken, by the registry that lies beside its console.
import type { Asset } from "../../../../protocol/registry.ts";
import { LabError } from "../errors.ts";
import type { HostInputs } from "../model.ts";
import type { Lab } from "../names.ts";
import { appliedHost } from "../notes.ts";
import { registryOf } from "../registry.ts";

/** Assets of one kind. Throws `lab-not-up` where there is no registry. */
export const assetsOf = <K extends Asset["kind"]>(lab: Lab, kind: K): Extract<Asset, { kind: K }>[] => {
  const registry = registryOf(lab);
  if (!registry) throw new LabError("lab-not-up", lab.stack, "no host holds a registry", "run lab up first");
  return registry.assets.filter((a): a is Extract<Asset, { kind: K }> => a.kind === kind);
};

/** A host's daemon by the program that it runs. */
export function daemonRunning(lab: Lab, host: string, program: string): HostInputs["daemons"][string] | undefined {
  const daemons = Object.values(appliedHost(lab, host)?.daemons ?? {});
  return daemons.find((d) => d.argv[0]?.split("/").at(-1) === program);
}

/** The host's inputs, or `lab-not-up`. */
export function inputsOf(lab: Lab, host: string): HostInputs {
  const inputs = appliedHost(lab, host);
  if (!inputs) throw new LabError("lab-not-up", host, "it is not there", "run lab up first");
  return inputs;
}
