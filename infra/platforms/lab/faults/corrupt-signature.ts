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
  candidates: (lab) => zonesOf(lab).flatMap((zone) => addressedNames(lab, zone)),
  async inject(lab, name) {
    const zone = zoneOf(lab, name);
    const [first] = (await records(lab, zone, name)).filter((r) => r.type === "AAAA" || r.type === "A");
    if (!first)
      throw new LabError("fault-failed", name, `zone ${zone.name} has no address of it`, "choose another name");
    const type = first.type as keyof typeof WRONG;
    const owner = `${name}.`;
    setSigning(lab, zone.primary, false);
    await knotc(lab, zone.primary, "reload");
    await knotc(lab, zone.primary, "zone-begin", zone.name);
    await knotc(lab, zone.primary, "zone-unset", zone.name, owner, type);
    await knotc(lab, zone.primary, "zone-set", zone.name, owner, first.ttl, type, WRONG[type]);
    const injectedAt = Date.now();
    await knotc(lab, zone.primary, "zone-commit", zone.name);
    return { injectedAt, facts: { zone: zone.name, primary: zone.primary, type, ttl: first.ttl, data: first.data } };
  },
  async undo(lab, name, injected) {
    const zone = zoneOf(lab, name);
    const { type, ttl, data } = injected?.facts ?? {};
    setSigning(lab, zone.primary, true);
    await knotc(lab, zone.primary, "reload");
    if (typeof type !== "string" || typeof ttl !== "string" || typeof data !== "string") return;
    await knotc(lab, zone.primary, "zone-begin", zone.name);
    await knotc(lab, zone.primary, "zone-unset", zone.name, `${name}.`, type);
    await knotc(lab, zone.primary, "zone-set", zone.name, `${name}.`, ttl, type, data);
    await knotc(lab, zone.primary, "zone-commit", zone.name);
    await knotc(lab, zone.primary, "zone-sign", zone.name);
  },
};

const knotc = (lab: Lab, host: string, ...args: string[]): Promise<string> =>
  run(["knotc", "-b", "-s", join(hostRoot(lab, host), "run/knot/knot.sock"), ...args], {
    where: `${host}: knotc ${args[0]}`,
  });

/** Records of a name as Knot serves them now: lines `[zone] owner ttl type data`. */
async function records(lab: Lab, zone: Zone, name: string): Promise<{ ttl: string; type: string; data: string }[]> {
  const text = await knotc(lab, zone.primary, "zone-read", zone.name, `${name}.`).catch(() => "");
  return text.split("\n").flatMap((line) => {
    const [, , ttl, type, ...data] = line.split(/\s+/);
    return ttl && type && data.length > 0 ? [{ ttl, type, data: data.join(" ") }] : [];
  });
}

/** Names with an address in the zone's own file. */
function addressedNames(lab: Lab, zone: Zone): string[] {
  const file = Object.keys(inputsOf(lab, zone.primary).files).find((p) => p.endsWith(`/${zone.name}.zone`));
  if (file === undefined) return [];
  const lines = readFileSync(join(hostRoot(lab, zone.primary), file), "utf8").split("\n");
  const names = lines.flatMap((line) => /^(\S+)\.\s.*\bAAAA\s/.exec(line)?.[1] ?? []);
  const portal = names.filter((n) => n.startsWith("portal."));
  return [...new Set([...portal, ...names])];
}

/** Switches automatic signing in the primary's configuration off, or puts the file back as it was rendered. */
function setSigning(lab: Lab, host: string, on: boolean): void {
  const inputs = inputsOf(lab, host);
  if (on) return void writeFiles(lab, inputs);
  const { mode, owner } = parseFileLine(inputs.files[CONFIG]!);
  const path = join(hostRoot(lab, host), CONFIG);
  place(path, readFileSync(path, "utf8").replaceAll(/dnssec-signing: on/g, "dnssec-signing: off"), mode, owner);
}
