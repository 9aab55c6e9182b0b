// A zone that its signer has left: signatures made for a few seconds run out and none follow. And one that its parent no longer vouches
// for: the DS record is taken out of the zone above.
import type { Lab } from "../names.ts";
import type { Fault } from "./fault.ts";
import {
  knotc,
  parentOf,
  resign,
  signAsPlanned,
  TTL_SECONDS,
  unsigned,
  type Zone,
  zoneAsset,
  zonesOf,
} from "./knot.ts";

/** Knot wants a little more than what it renews before the end. */
const SHORT_SECONDS = 4;
const SHORT_POLICY = "short";

const zoneNamed = (lab: Lab, name: string): Zone => zonesOf(lab).find((z) => z.name === name)!;
const zoneFault = {
  targets: "zone" as const,
  candidates: (lab: Lab) => zonesOf(lab).map((z) => z.name),
};

export const expireSignatures: Fault = {
  ...zoneFault,
  name: "expire-signatures",
  expects: (lab, name) => ({ incident: `dnssec ${zoneAsset(zoneNamed(lab, name))}`, withinMs: 20_000 }),
  async inject(lab, name) {
    const { primary } = zoneNamed(lab, name);
    await resign(lab, primary, (text) => shortLived(text, name));
    // Broken from here on: a check may warn of the end before it comes.
    const injectedAt = Date.now();
    await knotc(lab, primary, "zone-sign", name);
    await resign(lab, primary, unsigned);
    return { injectedAt, facts: {} };
  },
  async undo(lab, name) {
    const { primary } = zoneNamed(lab, name);
    await signAsPlanned(lab, primary);
    await knotc(lab, primary, "zone-sign", name);
  },
};

/** The zone alone gets a policy of its own: that of before, with signatures that last for seconds. Knot asks that no TTL outlives them. */
function shortLived(text: string, zone: string): string {
  const [, of] =
    new RegExp(`- domain: ${RegExp.escape(zone)}\\.\\n(?:    .*\\n)*?    dnssec-policy: (\\S+)`).exec(text) ?? [];
  const block = new RegExp(`  - id: ${of}\\n(?:    .*\\n)+`).exec(text)?.[0];
  if (of === undefined || block === undefined) return text;
  const short = block
    .replace(`id: ${of}`, `id: ${SHORT_POLICY}\n    zone-max-ttl: 1\n    rrsig-pre-refresh: 0`)
    .replace(/dnskey-ttl: \S+/, "dnskey-ttl: 1")
    .replace(/rrsig-lifetime: \S+/, `rrsig-lifetime: ${SHORT_SECONDS}`)
    .replace(/rrsig-refresh: \S+/, "rrsig-refresh: 1")
    .replace(/propagation-delay: \S+/, "propagation-delay: 0");
  const zoneBlock = new RegExp(`(- domain: ${RegExp.escape(zone)}\\.\\n(?:    .*\\n)*?    dnssec-policy: )${of}`);
  return text.replace(block, block + short).replace(zoneBlock, `$1${SHORT_POLICY}`);
}

/** The province's own resolvers have an anchor of their own for it: only an audit of the whole chain finds it, every four minutes. */
export const missingDs: Fault = {
  ...zoneFault,
  name: "missing-ds",
  // TLSA records that nothing vouches for any more are the certificates' trouble too.
  expects: (lab, name) => {
    const asset = zoneAsset(zoneNamed(lab, name));
    return { incident: `dnssec ${asset}`, also: [`certificate ${asset}`], withinMs: 330_000 };
  },
  async inject(lab, name) {
    const { zone } = parentOf(lab, zoneNamed(lab, name));
    return { injectedAt: await setDs(lab, zone, name, []), facts: {} };
  },
  async undo(lab, name) {
    const { zone, ds } = parentOf(lab, zoneNamed(lab, name));
    await setDs(lab, zone, name, ds);
  },
};

/** The instant just before the parent's servers know. */
async function setDs(lab: Lab, parent: Zone, child: string, ds: readonly string[]): Promise<number> {
  const change = (verb: string, ...args: string[]) =>
    knotc(lab, parent.primary, verb, parent.name === "" ? "." : parent.name, ...args);
  await change("zone-begin");
  // What is not there cannot be unset, and need not be.
  await change("zone-unset", `${child}.`, "DS").catch(() => {});
  for (const record of ds) await change("zone-set", `${child}.`, TTL_SECONDS, "DS", ...record.split(" "));
  const at = Date.now();
  await change("zone-commit");
  return at;
}
