/**
 * Names below the apex of an own zone: out of a transfer (zone-transfer.ts makes it), else along the NSEC chain (RFC 4034 §4).
 * NSEC3 hides them from a walk, and they stay unseen. Bounded. The walk is a step of the machine.
 */

import { DnsError } from "../errors.ts";
import type { ResourceRecord } from "../message.ts";
import { compareNames, isBelow, isWithin, readName } from "../name.ts";
import { ask, type Run, type Step } from "../resolver/machine.ts";
import { readBitmap } from "../text/fields.ts";
import { TYPE } from "../types.ts";
import { answerOf, type RrsetName } from "./seen.ts";

const MAX_NAMES = 500;
const MAX_RRSETS = 1_000;
/** Proofs and signatures are not asked for by themselves. */
const UNASKED: readonly number[] = [TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3, TYPE.NSEC3PARAM, TYPE.DNSKEY, TYPE.SOA];

export interface Discovered {
  readonly names: readonly RrsetName[];
  /** `none`: neither way leads to them. `partial`: there are more than the bound. */
  readonly extent: "all" | "partial" | "none";
}

/** RRsets of a zone that was transferred: its own, and the DS of its children; not what lies below a cut. */
export function fromTransfer(zone: string, records: readonly ResourceRecord[]): Discovered {
  const cuts = records.filter((r) => r.type === TYPE.NS && r.name !== zone).map((r) => r.name);
  const own = records.filter(
    (r) =>
      isWithin(r.name, zone) && !cuts.some((cut) => isBelow(r.name, cut) || (r.name === cut && r.type !== TYPE.DS)),
  );
  const found = new Map<string, RrsetName>();
  for (const { name, type } of own) if (!UNASKED.includes(type)) found.set(`${type}/${name}`, { name, type });
  return bounded([...found.values()], true);
}

const bounded = (names: readonly RrsetName[], all: boolean): Discovered => ({
  names: names.slice(0, MAX_RRSETS),
  extent: all && names.length <= MAX_RRSETS ? "all" : "partial",
});

/** RRsets of the zone as one of its servers tells them, from one name to the next. */
export function* walk(run: Run, zone: string, server: string): Step<Discovered> {
  const base = { server, zone, recursionDesired: false, checkingDisabled: false };
  const names: RrsetName[] = [];
  let at = zone;
  for (let steps = 0; steps < MAX_NAMES; steps++) {
    const reply = yield* ask(run, { ...base, name: at, type: TYPE.NSEC });
    const record = "message" in reply ? answerOf(reply, at, TYPE.NSEC)[0] : undefined;
    if (!record) return steps === 0 ? { names: [], extent: "none" } : bounded(names, false);
    const { next, types } = readNsec(record.rdata);
    if (next === undefined) return bounded(names, false);
    const isCut = at !== zone && types.includes(TYPE.NS);
    const asked = isCut ? types.filter((type) => type === TYPE.DS) : types.filter((type) => !UNASKED.includes(type));
    names.push(...asked.map((type) => ({ name: at, type })));
    if (next === zone) return bounded(names, true);
    // Answers made on the spot lead to names that nobody made (RFC 4470), and a chain goes forward or is none.
    if (next.startsWith("\\000") || !isBelow(next, zone) || compareNames(next, at) <= 0) return bounded(names, false);
    at = next;
  }
  return bounded(names, false);
}

function readNsec(rdata: Uint8Array): { next: string | undefined; types: readonly number[] } {
  try {
    const { text, end } = readName(rdata, 0);
    return { next: text, types: readBitmap(rdata, end) };
  } catch (error) {
    if (error instanceof DnsError) return { next: undefined, types: [] };
    throw error;
  }
}
