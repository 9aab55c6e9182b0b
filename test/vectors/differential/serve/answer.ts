/**
 * What an authority says: RFC 1034 §4.3.2 with RFC 4035 §3.1, RFC 5155 §7.2 and RFC 6672 §3.2, out of zones in memory. It never
 * mends what a fault has broken: a denial that the chain does not hold is simply not there. Pure.
 */
import { isBelow, isWithin, nameFromWire, nameToWire, RCODE, TYPE } from "../../../../agent/wire/dns/index.ts";
import { countLabels, lastLabels } from "../../../../agent/wire/dns/name.ts";
import { substitute } from "../../../../agent/wire/dns/resolver/classify.ts";
import { type Rrset, Zone } from "../zones/zone.ts";
import { coverOf, encloserProof, matchOf } from "./denial.ts";

export interface Asked {
  /** Canonical text. */
  readonly name: string;
  readonly type: number;
}

/** An RRset in a section; `as` is the owner of a wildcard's expansion. */
export interface Placed {
  readonly set: Rrset;
  readonly as?: Uint8Array;
}

export interface Draft {
  rcode: number;
  authoritative: boolean;
  answer: Placed[];
  authority: Placed[];
  additional: Placed[];
}

/** A zone as served: what a fault does to responses, rather than to records, stands in `tamper`. */
export interface Served {
  readonly zone: Zone;
  readonly tamper?: (draft: Draft, asked: Asked) => Draft;
}

const MAX_CHAIN = 8;

/** The response of an authority for `zones` to a question. `name` is canonical. */
export function answer(zones: readonly Served[], asked: Asked): Draft {
  const served = authorityFor(zones, asked);
  if (!served) return { rcode: RCODE.REFUSED, authoritative: false, answer: [], authority: [], additional: [] };
  const draft: Draft = { rcode: RCODE.NOERROR, authoritative: true, answer: [], authority: [], additional: [] };
  let name: string | undefined = asked.name;
  for (let step = 0; step < MAX_CHAIN && name !== undefined; step++) {
    name = lookUp(served.zone, { name, type: asked.type }, draft);
    // Past an alias only the same zone goes on: what is elsewhere, the resolver asks elsewhere.
    if (name !== undefined && authorityFor(zones, { name, type: asked.type }) !== served) break;
  }
  return served.tamper ? served.tamper(draft, asked) : draft;
}

function authorityFor(zones: readonly Served[], { name, type }: Asked): Served | undefined {
  const holds = (apex: string) => (type === TYPE.DS && name !== "." ? isBelow(name, apex) : isWithin(name, apex));
  const fits = zones.filter(({ zone }) => holds(zone.apex));
  return fits.reduce<Served | undefined>(
    (best, next) => (best && countLabels(best.zone.apex) >= countLabels(next.zone.apex) ? best : next),
    undefined,
  );
}

/** One step; gives the name that an alias points to. */
function lookUp(zone: Zone, asked: Asked, draft: Draft): string | undefined {
  const { name, type } = asked;
  for (let labels = countLabels(zone.apex) + 1; labels <= countLabels(name); labels++) {
    const at = lastLabels(name, labels);
    if (zone.get(at, TYPE.NS) && !(at === name && type === TYPE.DS)) return refer(zone, at, draft);
    const dname = at === name ? undefined : zone.get(at, TYPE.DNAME);
    if (dname) return followDname(dname, name, draft);
  }
  if (zone.exists(name)) return atName(zone, name, type, draft);
  const encloser = zone.closestEncloser(name);
  const wildcard = zone.wildcardAt(encloser);
  if (zone.exists(wildcard)) return atWildcard(zone, { name, type }, encloser, draft);
  draft.rcode = RCODE.NXDOMAIN;
  deny(zone, draft, [...encloserProof(zone, name), coverOf(zone, wildcard)]);
  return undefined;
}

function atName(zone: Zone, name: string, type: number, draft: Draft): string | undefined {
  const set = zone.get(name, type);
  if (set) {
    draft.answer.push({ set });
    return undefined;
  }
  const cname = zone.get(name, TYPE.CNAME);
  if (cname) {
    draft.answer.push({ set: cname });
    return Zone.targetOf(cname);
  }
  // Without a match it is an empty non-terminal (NSEC) or left out of the chain by opt-out (NSEC3).
  const match = matchOf(zone, name);
  deny(zone, draft, match ? [match] : encloserProof(zone, name));
  return undefined;
}

function atWildcard(zone: Zone, { name, type }: Asked, encloser: string, draft: Draft): string | undefined {
  const wildcard = zone.wildcardAt(encloser);
  const [, nextCloser] = encloserProof(zone, name);
  const proof = nextCloser ?? coverOf(zone, name);
  const set = zone.get(wildcard, type) ?? zone.get(wildcard, TYPE.CNAME);
  if (!set) {
    deny(zone, draft, [...encloserProof(zone, name), matchOf(zone, wildcard)]);
    return undefined;
  }
  draft.answer.push({ set, as: nameToWire(name) });
  place(draft.authority, [proof]);
  return set.type === type ? undefined : Zone.targetOf(set);
}

function followDname(dname: Rrset, name: string, draft: Draft): string | undefined {
  const to = Zone.targetOf(dname);
  const target = substitute(name, dname.name, to);
  draft.answer.push({ set: dname });
  if (target === undefined) {
    draft.rcode = RCODE.YXDOMAIN;
    return undefined;
  }
  const { class: klass, ttl } = dname.records[0]!;
  const record = { name, owner: nameToWire(name), type: TYPE.CNAME, class: klass, ttl, rdata: nameToWire(target) };
  draft.answer.push({ set: { name, type: TYPE.CNAME, records: [record], signatures: [] } });
  return target;
}

function refer(zone: Zone, cut: string, draft: Draft): undefined {
  const ns = zone.must(cut, TYPE.NS);
  draft.authoritative = draft.answer.length > 0;
  draft.authority.push({ set: { ...ns, signatures: [] } });
  const ds = zone.get(cut, TYPE.DS);
  place(draft.authority, ds ? [ds] : matchOf(zone, cut) ? [matchOf(zone, cut)] : encloserProof(zone, cut));
  for (const record of ns.records) {
    const server = nameFromWire(record.rdata);
    for (const type of [TYPE.A, TYPE.AAAA]) {
      const glue = zone.get(server, type);
      if (glue) draft.additional.push({ set: { ...glue, signatures: [] } });
    }
  }
  return undefined;
}

/** SOA and proofs into the authority section, as after a negative answer. */
function deny(zone: Zone, draft: Draft, proofs: readonly (Rrset | undefined)[]): void {
  place(draft.authority, [zone.get(zone.apex, TYPE.SOA), ...proofs]);
}

function place(section: Placed[], sets: readonly (Rrset | undefined)[]): void {
  for (const set of sets) if (set && !section.some((placed) => placed.set === set)) section.push({ set });
}
