// The zones of this lab's name servers, for faults: which host signs a zone, what was rendered for it, and Knot's own control.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../errors.ts";
import { run } from "../exec.ts";
import { hostRoot, type Lab } from "../names.ts";
import { appliedHost, hostsOf } from "../notes.ts";
import { assetsOf, daemonOf, inputsOf } from "./assets.ts";
import { editOnHost, restoreOnHost } from "./host-files.ts";

export interface Zone {
  name: string;
  primary: string;
}

const CONFIG = "/etc/knot/knot.conf";
/** As rendered (render/zone-file.ts). */
export const TTL_SECONDS = "60";

/** Signed zones of the registry; the first host of `on` is the primary. */
export const zonesOf = (lab: Lab): Zone[] =>
  assetsOf(lab, "zone")
    .map((z) => ({ name: z.id.replace(/^zone:/, ""), primary: z.on[0]! }))
    .filter((z) => daemonOf(lab, z.primary, "knotd"));

export const zoneAsset = ({ name }: Zone): string => `zone:${name}`;

/** One command to a host's Knot, waited for. */
export const knotc = (lab: Lab, host: string, ...args: string[]): Promise<string> =>
  run(["knotc", "-b", "-s", join(hostRoot(lab, host), "run/knot/knot.sock"), ...args], {
    where: `${host}: knotc ${args[0]}`,
  });

/** The zone's rendered file as lines of words: `owner. type data…`. What is right stands there, whatever is served. */
export function zoneLines(lab: Lab, zone: Zone): string[][] {
  const file = Object.keys(inputsOf(lab, zone.primary).files).find((p) => p.endsWith(`/${zone.name}.zone`));
  if (file === undefined)
    throw new LabError("fault-failed", zone.name, "its primary has no file of it", "run lab up again");
  return linesOf(lab, zone.primary, file);
}

const linesOf = (lab: Lab, host: string, file: string): string[][] =>
  readFileSync(join(hostRoot(lab, host), file), "utf8")
    .split("\n")
    .map((line) => line.split(/\s+/));

/** The zone above, with the DS records that stand in it for this one. Throws `fault-failed` where no host of the lab has it. */
export function parentOf(lab: Lab, zone: Zone): { zone: Zone; ds: string[] } {
  for (const host of hostsOf(lab))
    for (const file of Object.keys(appliedHost(lab, host)?.files ?? {}).filter((p) => p.endsWith(".zone"))) {
      const ds = linesOf(lab, host, file).filter(([owner, type]) => owner === `${zone.name}.` && type === "DS");
      if (ds.length === 0) continue;
      const name = file
        .split("/")
        .at(-1)!
        .replace(/\.zone$/, "");
      return { zone: { name: name === "root" ? "" : name, primary: host }, ds: ds.map((l) => l.slice(2).join(" ")) };
    }
  throw new LabError("fault-failed", zone.name, "no host of this lab has the zone above", "choose a delegated zone");
}

/** Changes how the primary signs, by its configuration. */
export async function resign(lab: Lab, host: string, edit: (text: string) => string): Promise<void> {
  editOnHost(lab, host, CONFIG, edit);
  await knotc(lab, host, "reload");
}

/** Signing as it was planned. */
export async function signAsPlanned(lab: Lab, host: string): Promise<void> {
  restoreOnHost(lab, host, CONFIG);
  await knotc(lab, host, "reload");
}

export const unsigned = (text: string): string => text.replaceAll(/dnssec-signing: on/g, "dnssec-signing: off");
