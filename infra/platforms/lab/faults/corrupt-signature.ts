// A name's address is changed on the zone's primary without signing it anew: what is served no longer fits its RRSIG. Knot signs
// whatever it changes, so signing is switched off for as long as the fault lasts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../errors.ts";
import { run } from "../exec.ts";
import { place, writeFiles } from "../files.ts";
import { parseFileLine } from "../model.ts";
import { hostRoot, type Lab } from "../names.ts";
import { assetsOf, daemonRunning, inputsOf } from "./assets.ts";
import type { Fault } from "./fault.ts";

const CONFIG = "/etc/knot/knot.conf";
/** Of the documentation prefixes, and nobody's (RFC 3849, RFC 5737). */
const WRONG = { AAAA: "2001:db8:dead::bad", A: "203.0.113.66" } as const;

/** As rendered (render/zone-file.ts). */
const TTL_SECONDS = "60";

interface Zone {
  name: string;
  primary: string;
}

/** Signed zones of the registry; the first host of `on` is the primary. */
const zonesOf = (lab: Lab): Zone[] =>
  assetsOf(lab, "zone")
    .map((z) => ({ name: z.id.replace(/^zone:/, ""), primary: z.on[0]! }))
    .filter((z) => daemonRunning(lab, z.primary, "knotd"));

const zoneOf = (lab: Lab, name: string): Zone =>
  zonesOf(lab)
    .filter((z) => name === z.name || name.endsWith(`.${z.name}`))
    .sort((a, b) => b.name.length - a.name.length)[0]!;

export const corruptSignature: Fault = {
  name: "corrupt-signature",
  targets: "name",
  candidates: (lab) => zonesOf(lab).flatMap((zone) => signedNames(lab, zone)),
  async inject(lab, name) {
    const zone = zoneOf(lab, name);
    const wrong = addresses(lab, zone, name).map(({ type }) => ({ type, data: WRONG[type] }));
    setSigning(lab, zone.primary, false);
    await knotc(lab, zone.primary, "reload");
    return { injectedAt: await replace(lab, zone, name, wrong), facts: {} };
  },
  async undo(lab, name) {
    const zone = zoneOf(lab, name);
    setSigning(lab, zone.primary, true);
    await knotc(lab, zone.primary, "reload");
    await replace(lab, zone, name, addresses(lab, zone, name));
    await knotc(lab, zone.primary, "zone-sign", zone.name);
  },
};

interface Address {
  type: keyof typeof WRONG;
  data: string;
}

/** Gives a name these addresses instead of its own; the instant just before the servers know. */
async function replace(lab: Lab, zone: Zone, name: string, records: Address[]): Promise<number> {
  const change = (verb: string, ...args: string[]) => knotc(lab, zone.primary, verb, zone.name, ...args);
  await change("zone-begin");
  for (const type of new Set(records.map((r) => r.type))) await change("zone-unset", `${name}.`, type);
  for (const { type, data } of records) await change("zone-set", `${name}.`, TTL_SECONDS, type, data);
  const at = Date.now();
  await change("zone-commit");
  return at;
}

const knotc = (lab: Lab, host: string, ...args: string[]): Promise<string> =>
  run(["knotc", "-b", "-s", join(hostRoot(lab, host), "run/knot/knot.sock"), ...args], {
    where: `${host}: knotc ${args[0]}`,
  });

/** The zone's rendered file as lines of words: `owner. type data`. What is right stands there, whatever is served. */
function zoneLines(lab: Lab, zone: Zone): string[][] {
  const file = Object.keys(inputsOf(lab, zone.primary).files).find((p) => p.endsWith(`/${zone.name}.zone`));
  if (file === undefined)
    throw new LabError("fault-failed", zone.name, "its primary has no file of it", "run lab up again");
  const text = readFileSync(join(hostRoot(lab, zone.primary), file), "utf8");
  return text.split("\n").map((line) => line.split(/\s+/));
}

const addresses = (lab: Lab, zone: Zone, name: string): Address[] =>
  zoneLines(lab, zone).flatMap(([owner, type, data]) =>
    owner === `${name}.` && data && (type === "AAAA" || type === "A") ? [{ type, data }] : [],
  );

/** Names with an address that the zone itself answers for, the portal's first; glue below a delegation bears no signature. */
function signedNames(lab: Lab, zone: Zone): string[] {
  const lines = zoneLines(lab, zone);
  const cuts = lines.flatMap(([owner, type]) => (type === "NS" && owner !== `${zone.name}.` ? [`${owner}`] : []));
  const below = (owner: string) => cuts.some((cut) => owner === cut || owner.endsWith(`.${cut}`));
  const names = lines.flatMap(([owner, type]) =>
    owner && type === "AAAA" && !below(owner) ? [owner.slice(0, -1)] : [],
  );
  return [...new Set([...names.filter((n) => n.startsWith("portal.")), ...names])];
}

/** Switches automatic signing in the primary's configuration off, or puts the file back as it was rendered. */
function setSigning(lab: Lab, host: string, on: boolean): void {
  const inputs = inputsOf(lab, host);
  if (on) return void writeFiles(lab, inputs);
  const { mode, owner } = parseFileLine(inputs.files[CONFIG]!);
  const path = join(hostRoot(lab, host), CONFIG);
  place(path, readFileSync(path, "utf8").replaceAll(/dnssec-signing: on/g, "dnssec-signing: off"), mode, owner);
}
