// What this lab has that can be broken, by the registry that lies beside its console.
import type { Asset } from "../../../../protocol/registry.ts";
import type { Target, TargetOf } from "../../../../protocol/target.ts";
import { LabError } from "../errors.ts";
import type { HostInputs } from "../model.ts";
import type { Lab } from "../names.ts";
import { appliedHost } from "../notes.ts";
import { registryOf } from "../registry.ts";

const registry = (lab: Lab) => {
  const found = registryOf(lab);
  if (!found) throw new LabError("lab-not-up", lab.stack, "no host holds a registry", "run lab up first");
  return found;
};

/** Assets of one kind. Throws `lab-not-up` where there is no registry. */
export const assetsOf = <K extends Asset["kind"]>(lab: Lab, kind: K): Extract<Asset, { kind: K }>[] =>
  registry(lab).assets.filter((a): a is Extract<Asset, { kind: K }> => a.kind === kind);

/** Targets of one kind. Throws `lab-not-up`. */
export const targetsOf = <K extends Target["kind"]>(lab: Lab, kind: K): TargetOf<K>[] =>
  registry(lab).targets.filter((t): t is TargetOf<K> => t.kind === kind);

const roles = (lab: Lab) => new Map(assetsOf(lab, "host").map((a) => [a.id, a.role]));

/** Agencies' gateways, those with one way only first: there a fault of that way shows without another taking over. */
export function sitesOf(lab: Lab): string[] {
  const links = assetsOf(lab, "link");
  const ways = (site: string) => links.filter((l) => l.ends.includes(site)).length;
  return assetsOf(lab, "host")
    .filter((a) => a.role === "site")
    .map((a) => a.id)
    .sort((a, b) => ways(a) - ways(b));
}

/** Links of agencies first, then all others. */
export function linkCandidates(lab: Lab): string[] {
  const role = roles(lab);
  const links = assetsOf(lab, "link");
  const ofSites = links.filter((l) => l.ends.some((end) => role.get(end) === "site"));
  return [...ofSites, ...links.filter((l) => !ofSites.includes(l))].map((l) => l.id);
}

/** Links that are the only way of an agency, in the order of the agencies. */
export function onlyWays(lab: Lab): { link: string; site: string }[] {
  const links = assetsOf(lab, "link");
  return sitesOf(lab).flatMap((site) => {
    const [only, other] = links.filter((l) => l.ends.includes(site));
    return only && !other ? [{ link: only.id, site }] : [];
  });
}

/** The link of a host to a neighbour of that role; its own id where there is none. */
export function linkBetween(lab: Lab, host: string, neighbour: string): string {
  const role = roles(lab);
  const other = (ends: readonly string[]) => ends.find((end) => end !== host);
  const found = assetsOf(lab, "link").find((l) => l.ends.includes(host) && role.get(other(l.ends)!) === neighbour);
  return found?.id ?? host;
}

/** Hosts of a role. */
export const hostsWithRole = (lab: Lab, role: string): string[] =>
  assetsOf(lab, "host").flatMap((a) => (a.role === role ? [a.id] : []));

type NamedDaemon = HostInputs["daemons"][string] & { name: string };

/** A host's daemon by the program that it is to run. */
export function daemonOf(lab: Lab, host: string, program: string): NamedDaemon | undefined {
  const daemons = Object.entries(appliedHost(lab, host)?.daemons ?? {});
  const found = daemons.find(([, d]) => d.argv[0]?.split("/").at(-1) === program);
  return found && { name: found[0], ...found[1] };
}

/** The host's inputs, or `lab-not-up`. */
export function inputsOf(lab: Lab, host: string): HostInputs {
  const inputs = appliedHost(lab, host);
  if (!inputs) throw new LabError("lab-not-up", host, "it is not there", "run lab up first");
  return inputs;
}
