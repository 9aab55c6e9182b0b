/**
 * Where domain names stand inside RDATA, and what follows from it: expansion of compressed names as received and the
 * canonical form in which RDATA is signed (RFC 4034 §6.2 as amended by RFC 6840 §5.1). Pure.
 */
import { DnsError } from "./errors.ts";
import { lowerWire, readName } from "./name.ts";
import { TYPE } from "./types.ts";

/** A field: a number of octets, a name, a character-string, or all that is left. */
type Field = number | "name" | "string" | "rest";

/** The types of RFC 4034 §6.2. A6's name stands after a prefix whose length is data; it is left as unknown (RFC 6563). */
const LAYOUT: ReadonlyMap<number, readonly Field[]> = new Map<number, readonly Field[]>([
  [TYPE.NS, ["name"]],
  [TYPE.MD, ["name"]],
  [TYPE.MF, ["name"]],
  [TYPE.CNAME, ["name"]],
  [TYPE.SOA, ["name", "name", 20]],
  [TYPE.MB, ["name"]],
  [TYPE.MG, ["name"]],
  [TYPE.MR, ["name"]],
  [TYPE.PTR, ["name"]],
  [TYPE.MINFO, ["name", "name"]],
  [TYPE.MX, [2, "name"]],
  [TYPE.RP, ["name", "name"]],
  [TYPE.AFSDB, [2, "name"]],
  [TYPE.RT, [2, "name"]],
  [TYPE.SIG, [18, "name", "rest"]],
  [TYPE.PX, [2, "name", "name"]],
  [TYPE.NXT, ["name", "rest"]],
  [TYPE.SRV, [6, "name"]],
  [TYPE.NAPTR, [4, "string", "string", "string", "name"]],
  [TYPE.KX, [2, "name"]],
  [TYPE.DNAME, ["name"]],
  [TYPE.RRSIG, [18, "name", "rest"]],
  [TYPE.NSEC, ["name", "rest"]],
]);

/** NSEC's next name keeps its case in canonical form (RFC 6840 §5.1). */
const CASE_KEPT: ReadonlySet<number> = new Set([TYPE.NSEC]);

/**
 * Walks the RDATA at [start, end) of `bytes` field by field. Gives the parts, each a name expanded or a slice.
 * Throws DnsError bad-rdata when the fields do not fill it exactly, and what readName throws.
 */
function parts(bytes: Uint8Array, start: number, end: number, layout: readonly Field[]) {
  const out: { isName: boolean; octets: Uint8Array }[] = [];
  let at = start;
  const take = (size: number) => {
    if (at + size > end) throw new DnsError("bad-rdata", at, "shorter than its type needs");
    out.push({ isName: false, octets: bytes.subarray(at, at + size) });
    at += size;
  };
  for (const field of layout) {
    if (field === "name") {
      const name = readName(bytes, at, end);
      out.push({ isName: true, octets: name.wire });
      at = name.end;
    } else if (field === "string") {
      if (at >= end) throw new DnsError("bad-rdata", at, "character-string");
      take(1 + bytes[at]!);
    } else take(field === "rest" ? end - at : field);
  }
  if (at !== end) throw new DnsError("bad-rdata", at, "longer than its type allows");
  return out;
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** RDATA of a record in a message, with every compressed name expanded and case as received. Throws DnsError. */
export function expandRdata(type: number, bytes: Uint8Array, start: number, end: number): Uint8Array {
  const layout = LAYOUT.get(type);
  if (!layout) return bytes.slice(start, end);
  return join(parts(bytes, start, end, layout).map((part) => part.octets));
}

/**
 * Canonical form of expanded RDATA: names of the types of RFC 4034 §6.2 in lower case, NSEC's excepted.
 * RDATA that its type does not allow is returned as it is (it cannot match a signature made by a sane signer).
 */
export function canonicalRdata(type: number, rdata: Uint8Array): Uint8Array {
  const layout = LAYOUT.get(type);
  if (!layout || CASE_KEPT.has(type)) return rdata;
  try {
    return join(
      parts(rdata, 0, rdata.length, layout).map((part) => (part.isName ? lowerWire(part.octets) : part.octets)),
    );
  } catch {
    return rdata;
  }
}
