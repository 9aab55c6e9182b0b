/**
 * NSEC3 parameters and hashed owners as the zone itself states them, computed apart from the validator's own code so that a
 * wrong hash there cannot hide here. Pure.
 */
import { createHash } from "node:crypto";
import { nameToWire } from "../../../../agent/wire/dns/index.ts";
import { toBase32Hex } from "../../../../agent/wire/dns/text/fields.ts";
import type { Zone } from "./zone.ts";

export interface Nsec3Params {
  readonly iterations: number;
  readonly salt: Uint8Array;
}

/** Parameters of the zone's first NSEC3. */
export function nsec3Params(zone: Zone): Nsec3Params | undefined {
  const rdata = zone.nsec3s()[0]?.records[0]?.rdata;
  if (!rdata) return undefined;
  return { iterations: (rdata[2]! << 8) | rdata[3]!, salt: rdata.subarray(5, 5 + rdata[4]!) };
}

/** Canonical owner of the NSEC3 of a name (RFC 5155 §5). */
export function hashedOwner(name: string, apex: string, { iterations, salt }: Nsec3Params): string {
  let digest = Buffer.from(nameToWire(name));
  for (let i = 0; i <= iterations; i++)
    digest = createHash("sha1")
      .update(Buffer.concat([digest, salt]))
      .digest();
  return `${toBase32Hex(digest)}.${apex === "." ? "" : apex}`;
}
