// The audit's chain: each entry's hash covers the entry and the hash before it, so that nothing in the middle is changed, taken
// out, put in or moved without every later hash being wrong. The end can be cut off unseen only where nobody kept the head:
// exports carry it, and `verify` takes one that was kept elsewhere. What speaks of persons (names, addresses, free text) stands
// beside the chain; the chain holds a salted commitment, so that erasing it, salt and all, leaves the chain whole and says
// nothing. Pure.
import { createHash } from "node:crypto";

export interface ChainEntry {
  /** From 1, without holes. */
  n: number;
  /** Milliseconds since 1970. */
  at: number;
  /** Who: the opaque id of an account, or `machine`. */
  actor: string;
  act: string;
  subject: string;
  detail: Record<string, string>;
  /** Commitment to what stands beside the chain; empty for nothing. */
  personal: string;
  previous: string;
  hash: string;
}

/** What stands beside an entry. `null`: it was erased, lawfully or not: the audit itself says who erased it. */
export interface Personal {
  salt: string;
  data: Record<string, string>;
}

export const GENESIS = "0".repeat(64);

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
/** One text for one meaning: keys in order, no spaces. */
const canonical = (facts: Record<string, string>): [string, string][] =>
  Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1));

/** The commitment of an entry to its personal data; empty for none. */
export const commitmentOf = (personal: Personal | undefined): string =>
  personal === undefined ? "" : sha256(JSON.stringify([personal.salt, canonical(personal.data)]));

/** The hash of an entry. */
export const hashOf = (e: Omit<ChainEntry, "hash">): string =>
  sha256(JSON.stringify([e.previous, e.n, e.at, e.actor, e.act, e.subject, canonical(e.detail), e.personal]));

export type ChainFault =
  | "number-wrong" // an entry is missing, doubled or out of order
  | "previous-wrong" // what stood before it was other
  | "hash-wrong" // the entry itself was changed
  | "personal-wrong" // what stands beside it was changed
  | "head-wrong"; // the chain ends elsewhere than where it should: cut off, or another chain

export type Verdict =
  | { ok: true; entries: number; head: string; erased: number }
  | { ok: false; code: ChainFault; at: number };

/**
 * Verifies a whole chain from its beginning. Give each entry with what stands beside it (`null`: erased; undefined: not looked
 * at). `head`: the hash that some entry must have, kept where whoever could rewrite the chain cannot reach.
 */
export function verifyChain(entries: Iterable<[ChainEntry, Personal | null | undefined]>, head?: string): Verdict {
  let [n, previous, erased, met] = [0, GENESIS, 0, head === undefined || head === GENESIS];
  for (const [entry, personal] of entries) {
    n++;
    if (entry.n !== n) return { ok: false, code: "number-wrong", at: n };
    if (entry.previous !== previous) return { ok: false, code: "previous-wrong", at: n };
    if (hashOf(entry) !== entry.hash) return { ok: false, code: "hash-wrong", at: n };
    if (personal === null && entry.personal !== "") erased++;
    if (personal && commitmentOf(personal) !== entry.personal) return { ok: false, code: "personal-wrong", at: n };
    previous = entry.hash;
    met ||= entry.hash === head;
  }
  return met ? { ok: true, entries: n, head: previous, erased } : { ok: false, code: "head-wrong", at: n };
}
