/**
 * Trust anchors: several, for the root or for private zones of a split horizon, as DS or DNSKEY; and names below which
 * validation is switched off (negative anchors, RFC 7646). Pure.
 */
import { parseDnskey, parseDs } from "../dnskey.ts";
import type { ResourceRecord } from "../message.ts";
import { canonicalName, isWithin } from "../name.ts";
import { parseRecords } from "../text/record.ts";
import { TYPE } from "../types.ts";

export interface Anchor {
  readonly zone: string;
  /** DS RDATAs and DNSKEY RDATAs, any of which may vouch for the zone's keys. */
  readonly ds: readonly Uint8Array[];
  readonly dnskeys: readonly Uint8Array[];
}

export interface TrustAnchors {
  readonly anchors: readonly Anchor[];
  readonly negative: readonly string[];
}

/** The root's keys KSK-2017 (20326) and KSK-2024 (38696), as IANA publishes them (root-anchors.xml). */
export const ROOT_ANCHORS = `. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16`;

/**
 * Anchors from zone-file text with DS and DNSKEY records (other types are refused), and names of negative anchors.
 * Throws DnsError bad-text and the errors of names; Error when a record is neither DS nor DNSKEY.
 */
export function readAnchors(text: string, negative: readonly string[] = []): TrustAnchors {
  return { anchors: anchorsFrom(parseRecords(text)), negative: negative.map(canonicalName) };
}

export function anchorsFrom(records: readonly ResourceRecord[]): Anchor[] {
  const zones = new Map<string, { ds: Uint8Array[]; dnskeys: Uint8Array[] }>();
  for (const record of records) {
    const zone = zones.get(record.name) ?? { ds: [], dnskeys: [] };
    if (record.type === TYPE.DS && parseDs(record.rdata)) zone.ds.push(record.rdata);
    else if (record.type === TYPE.DNSKEY && parseDnskey(record.rdata)) zone.dnskeys.push(record.rdata);
    else throw new Error(`a trust anchor is a DS or DNSKEY record, not type ${record.type} at ${record.name}`);
    zones.set(record.name, zone);
  }
  return [...zones].map(([zone, keys]) => ({ zone, ...keys }));
}

/** What governs a name: the closest anchor at or above it, or a negative anchor that is closer, or neither. */
export function anchorFor(
  anchors: TrustAnchors,
  name: string,
): { readonly anchor: Anchor } | { readonly negative: string } | undefined {
  const closest = anchors.anchors
    .filter((anchor) => isWithin(name, anchor.zone))
    .reduce<Anchor | undefined>(
      (best, next) => (best && best.zone.length >= next.zone.length ? best : next),
      undefined,
    );
  const off = anchors.negative
    .filter((zone) => isWithin(name, zone))
    .reduce<string | undefined>((best, next) => (best && best.length >= next.length ? best : next), undefined);
  if (off !== undefined && (!closest || isWithin(off, closest.zone))) return { negative: off };
  return closest && { anchor: closest };
}
