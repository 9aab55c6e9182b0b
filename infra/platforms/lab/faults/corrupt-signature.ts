// A name's address is changed on the zone's primary without signing it anew: what is served no longer fits its RRSIG. Knot signs
// whatever it changes, so signing is switched off for as long as the fault lasts.
import type { Lab } from "../names.ts";
import type { Fault } from "./fault.ts";
import {
  knotc,
  resign,
  signAsPlanned,
  TTL_SECONDS,
  unsigned,
  type Zone,
  zoneAsset,
  zoneLines,
  zonesOf,
} from "./knot.ts";

/** Of the documentation prefixes, and nobody's (RFC 3849, RFC 5737). */
const WRONG = { AAAA: "2001:db8:dead::bad", A: "203.0.113.66" } as const;

const zoneOf = (lab: Lab, name: string): Zone =>
  zonesOf(lab)
    .filter((z) => name === z.name || name.endsWith(`.${z.name}`))
    .sort((a, b) => b.name.length - a.name.length)[0]!;

export const corruptSignature: Fault = {
  name: "corrupt-signature",
  targets: "name",
  candidates: (lab) => zonesOf(lab).flatMap((zone) => signedNames(lab, zone)),
  expects: (lab, name) => ({ incident: `dnssec ${zoneAsset(zoneOf(lab, name))}`, withinMs: 15_000 }),
  async inject(lab, name) {
    const zone = zoneOf(lab, name);
    const wrong = addresses(lab, zone, name).map(({ type }) => ({ type, data: WRONG[type] }));
    await resign(lab, zone.primary, unsigned);
    return { injectedAt: await replace(lab, zone, name, wrong), facts: {} };
  },
  async undo(lab, name) {
    const zone = zoneOf(lab, name);
    await signAsPlanned(lab, zone.primary);
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
