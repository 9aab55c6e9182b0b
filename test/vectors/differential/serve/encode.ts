/**
 * A response's octets: owners compressed against every name before them, RDATA as signed. Pure.
 */
import type { ResourceRecord } from "../../../../agent/wire/dns/index.ts";
import type { Draft, Placed } from "./answer.ts";

/** The parts of a query that its response repeats. */
export interface QueryParts {
  readonly id: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** QNAME's octets, case kept. */
  readonly wire: Uint8Array;
  readonly type: number;
  readonly class: number;
  /** Octets that the asker takes over UDP; undefined over TCP. */
  readonly limit: number | undefined;
  readonly edns: boolean;
}

const u16 = (value: number) => [(value >> 8) & 0xff, value & 0xff];
const u32 = (value: number) => [...u16(Math.floor(value / 65536)), ...u16(value & 0xffff)];

export function encode(query: QueryParts, draft: Draft): Uint8Array {
  const whole = write(query, draft, false);
  return query.limit !== undefined && whole.length > query.limit ? write(query, draft, true) : whole;
}

function write(query: QueryParts, draft: Draft, cut: boolean): Uint8Array {
  const sections = [draft.answer, draft.authority, draft.additional].map((section) => (cut ? [] : recordsOf(section)));
  const flags =
    0x8000 |
    (draft.authoritative ? 0x400 : 0) |
    (cut ? 0x200 : 0) |
    (query.recursionDesired ? 0x100 : 0) |
    (query.checkingDisabled ? 0x10 : 0) |
    (draft.rcode & 15);
  const counts = sections.map((records) => records.length) as [number, number, number];
  const out: number[] = [...u16(query.id), ...u16(flags), ...u16(1)];
  out.push(...u16(counts[0]), ...u16(counts[1]), ...u16(counts[2] + (query.edns ? 1 : 0)));
  const seen = new Map<string, number>();
  writeName(out, query.wire, seen);
  out.push(...u16(query.type), ...u16(query.class));
  for (const record of sections.flat()) {
    writeName(out, record.owner, seen);
    out.push(
      ...u16(record.type),
      ...u16(record.class),
      ...u32(record.ttl),
      ...u16(record.rdata.length),
      ...record.rdata,
    );
  }
  if (query.edns) out.push(0, ...u16(41), ...u16(1_232), draft.rcode >> 4, 0, 0x80, 0, ...u16(0));
  return Uint8Array.from(out);
}

/** RRsets, each with its signatures behind it, under the name that was asked where a wildcard stands for it. */
export function recordsOf(section: readonly Placed[]): ResourceRecord[] {
  return section.flatMap(({ set, as }) => {
    const records = [...set.records, ...set.signatures];
    return as ? records.map((record) => ({ ...record, owner: as })) : records;
  });
}

/** Writes a name, ending in a pointer where the rest (octet for octet) stands already. */
function writeName(out: number[], wire: Uint8Array, seen: Map<string, number>): void {
  for (let at = 0; wire[at]! > 0; at += wire[at]! + 1) {
    const rest = Buffer.from(wire.subarray(at)).toString("latin1");
    const pointer = seen.get(rest);
    if (pointer !== undefined) {
      out.push(...u16(0xc000 | pointer));
      return;
    }
    if (out.length < 0x3fff) seen.set(rest, out.length);
    out.push(...wire.subarray(at, at + 1 + wire[at]!));
  }
  out.push(0);
}
