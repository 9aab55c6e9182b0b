/**
 * Names below the apex of an own zone: out of a transfer (zone-transfer.ts makes it), else along the NSEC chain (RFC 4034 §4).
 * NSEC3 hides them from a walk, and they stay unseen. Bounded.
 */

import { DnsError } from "../errors.ts";
import type { ResourceRecord } from "../message.ts";
import { ancestor, compareNames, isBelow, isName, isWithin, prepend, readName } from "../name.ts";
import { ask, type Run, type Step } from "../resolver/machine.ts";
import { readBitmap } from "../text/fields.ts";
import { TYPE } from "../types.ts";
import { replyOf } from "./collect.ts";
import { messageOf, type Reply, type RrsetName } from "./seen.ts";

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

/** What a server says of the NSEC record at a name: the record, or the one that shows that there is no such name. */
export function* nsecAt(run: Run, zone: string, server: string, name: string): Step<Reply> {
  const query = { server, zone, name, type: TYPE.NSEC, recursionDesired: false, checkingDisabled: false };
  return replyOf(yield* ask(run, query));
}

interface Piece {
  readonly next: string;
  readonly types: readonly number[];
}

/** Names asked for at once: few at first, for a small zone is soon gone through. */
const WIDTHS = [8, 24, 48] as const;
/** Names asked for between two that are known: many in one place bring the same piece again. */
const MAX_BETWEEN = 7;

/**
 * The way along the NSEC chain (RFC 4034 §4), from several places at once: besides the name that a piece ends at, names between are
 * asked for, whose denial is another piece of the chain. On a distant server a zone of a hundred names takes five to ten rounds instead of a
 * hundred. Pure: says what to ask for, hears the replies.
 */
export class NsecWalk {
  private readonly zone: string;
  private readonly pieces = new Map<string, Piece>();
  private readonly asked = new Set<string>();
  /** Zones of their own on the same server: asked for its name, it speaks of the child. */
  private readonly children = new Set<string>();
  private rounds = 0;
  /** The chain does not lead on: answers made on the spot (RFC 4470), a way back, a server that says no more. */
  private broken = false;

  constructor(zone: string) {
    this.zone = zone;
  }

  /** The names to ask for next; none when all is known, or no more can be. */
  next(): string[] {
    // An end that was asked for and has no piece may be the name of a zone of its own: its parent's piece shows behind it.
    const ends = this.ends().map((end) => (this.asked.has(end) && end !== this.zone ? justAfter(end) : end));
    // And one without a piece there too has none.
    if (ends.some((name) => this.asked.has(name))) this.broken = true;
    if (this.broken || this.isFull()) return [];
    const width = WIDTHS[Math.min(this.rounds++, WIDTHS.length - 1)]!;
    const certain = ends.slice(0, width);
    const each = Math.min(MAX_BETWEEN, Math.floor((width - certain.length) / Math.max(1, certain.length)));
    const owners = [...this.pieces.keys()].sort(compareNames);
    const between = certain.flatMap((name) =>
      namesBetween(
        name,
        owners.find((one) => compareNames(one, name) > 0),
        this.zone,
        each,
      ),
    );
    const names = [...new Set([...certain, ...between])].filter((name) => !this.asked.has(name));
    for (const name of names) this.asked.add(name);
    return names;
  }

  hear(reply: Reply): void {
    const { answer, authority } = messageOf(reply) ?? { answer: [], authority: [] };
    for (const { name, type, rdata } of [...answer, ...authority])
      if (type === TYPE.NSEC && isWithin(name, this.zone)) this.add(name, readNsec(rdata));
  }

  private isFull(): boolean {
    return this.pieces.size + this.children.size >= MAX_NAMES;
  }

  private add(owner: string, { next, types }: ReturnType<typeof readNsec>): void {
    // One message may hold thousands of them.
    if (this.pieces.has(owner) || this.isFull()) return;
    // Another zone's apex (RFC 4034 §4.1.2 has SOA there and nowhere else); what else it tells is below it, and not of this chain.
    if (owner !== this.zone && types.includes(TYPE.SOA)) return void this.children.add(owner);
    if ([...this.children].some((child) => isBelow(owner, child))) return;
    // Answers made on the spot lead to names that nobody made (RFC 4470), and a chain goes forward or is none.
    const leads =
      next === this.zone || (next !== undefined && isBelow(next, this.zone) && compareNames(next, owner) > 0);
    if (!leads || next.startsWith("\\000")) this.broken = true;
    if (next !== undefined) this.pieces.set(owner, { next, types });
  }

  /** Where the known pieces end and the next one is not known; the apex at first. */
  private ends(): string[] {
    if (!this.pieces.has(this.zone)) return [this.zone];
    return [...this.pieces.values()].map(({ next }) => next).filter((next) => !this.pieces.has(next));
  }

  discovered(): Discovered {
    if (!this.pieces.has(this.zone)) return { names: [], extent: "none" };
    const owners = [...this.pieces].sort(([a], [b]) => compareNames(a, b));
    const names = owners.flatMap(([name, { types }]) => {
      const isCut = name !== this.zone && types.includes(TYPE.NS);
      const asked = isCut ? types.filter((type) => type === TYPE.DS) : types.filter((type) => !UNASKED.includes(type));
      return asked.map((type) => ({ name, type }));
    });
    return bounded(names, !this.broken && this.ends().length === 0);
  }
}

/** A name behind all that is below another, before whatever follows: its denial is the parent's NSEC record at the other. */
function justAfter(name: string): string {
  const above = ancestor(name);
  const first = name.slice(0, name.length - (above === "." ? 1 : above.length + 1));
  const after = prepend(`${first}\\000`, above);
  return isName(after) ? after : name;
}

/** The octets of host names in canonical order: names that people made lie among these. */
const LETTERS = "-0123456789_abcdefghijklmnopqrstuvwxyz";
/** As many of them as a fraction of 2^53 tells apart. */
const DIGITS = 8;

/** Some names between two names of a zone, evenly; `high` undefined: the zone's end. Few or none where there is no room. */
export function namesBetween(low: string, high: string | undefined, zone: string, count: number): string[] {
  const [from, to] = [low, high ?? zone].map((name) => labelsBelow(name, zone));
  let depth = 0;
  while (depth < from!.length && depth < to!.length && from![depth] === to![depth]) depth++;
  const parent = from!.slice(0, depth).reduce((name, one) => prepend(one, name), zone);
  const start = fractionOf(from![depth] ?? "");
  const end = to![depth] === undefined ? 1 : fractionOf(to![depth]!);
  const made = Array.from({ length: count }, (_, i) => labelOf(start + ((end - start) * (i + 1)) / (count + 1)));
  const names = [...new Set(made)].filter((one) => one !== "").map((one) => prepend(one, parent));
  const isBetween = (name: string) =>
    compareNames(low, name) < 0 && (high === undefined || compareNames(name, high) < 0);
  return names.filter((name) => isName(name) && isBetween(name));
}

/** Labels of a name below the zone, the highest first. */
function labelsBelow(name: string, zone: string): string[] {
  const labels: string[] = [];
  for (let at = name; at !== zone && at !== "."; at = ancestor(at))
    labels.unshift(at.slice(0, at.length - (ancestor(at) === "." ? 0 : ancestor(at).length) - 1));
  return labels;
}

/** A label's place between 0 and 1. Octets that host names do not have count as the nearest below. */
function fractionOf(one: string): number {
  let value = 0;
  for (let i = 0; i < DIGITS; i++) {
    const octet = one[i];
    const digit =
      octet === undefined
        ? 0
        : 1 +
          Math.max(
            0,
            [...LETTERS].findLastIndex((letter) => letter <= octet),
          );
    value = value * (LETTERS.length + 1) + digit;
  }
  return value / (LETTERS.length + 1) ** DIGITS;
}

/** The label at a place; `0` of a digit is its end. */
function labelOf(place: number): string {
  let value = place;
  let out = "";
  for (let i = 0; i < DIGITS; i++) {
    value *= LETTERS.length + 1;
    const digit = Math.floor(value);
    if (digit === 0) break;
    out += LETTERS[digit - 1];
    value -= digit;
  }
  return out;
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
