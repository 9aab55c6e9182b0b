/** NSEC logic, row by row: what proves, and what only looks as if it did. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TYPE } from "../../../../../agent/wire/dns/index.ts";
import { labelsForRrsig } from "../../../../../agent/wire/dns/rrsig.ts";
import { parseRecords } from "../../../../../agent/wire/dns/text/record.ts";
import {
  covers,
  judgeCut,
  type Nsec,
  parseNsec,
  proveExpansion,
  proveNameError,
  proveNodata,
} from "../../../../../agent/wire/dns/validator/nsec.ts";

const nsec = (text: string, labels?: number): Nsec => {
  const [record] = parseRecords(text.replace(" ", " 300 IN NSEC "));
  const owner = labelsForRrsig(record!.name);
  return parseNsec(record!, labels ?? owner, owner)!;
};

const APEX = nsec("e. a.e. SOA NS DNSKEY RRSIG NSEC");
const A = nsec("a.e. sub.e. A RRSIG NSEC");
const SUB = nsec("sub.e. w.x.e. NS RRSIG NSEC");
const W = nsec("w.x.e. e. TXT RRSIG NSEC");

test("covering: strictly between, the last one to the end of the zone only", () => {
  assert.equal(covers(A, "b.e."), true);
  assert.equal(covers(A, "a.e."), false);
  assert.equal(covers(A, "sub.e."), false);
  assert.equal(covers(W, "z.e."), true);
  assert.equal(covers(W, "a.e."), false);
  assert.equal(covers(W, "z.other."), false);
  assert.equal(covers(A, "x.a.e."), true);
});

test("an NSEC at a cut or a DNAME denies nothing below (RFC 6840 §4.1)", () => {
  assert.equal(covers(SUB, "www.sub.e."), false);
  assert.equal(covers(nsec("d.e. z.e. DNAME RRSIG NSEC"), "x.d.e."), false);
  assert.equal(covers(APEX, "0.e."), true);
});

describe("NODATA", () => {
  const rows: readonly (readonly [string, "proven" | "unproven", Nsec[], string, number])[] = [
    ["the name is there, the type is not", "proven", [A], "a.e.", TYPE.AAAA],
    ["the type is there", "unproven", [A], "a.e.", TYPE.A],
    ["a CNAME is there", "unproven", [nsec("a.e. b.e. CNAME RRSIG NSEC")], "a.e.", TYPE.A],
    ["the parent's NSEC at a cut", "unproven", [SUB], "sub.e.", TYPE.A],
    ["the parent's NSEC at a cut, for DS", "proven", [SUB], "sub.e.", TYPE.DS],
    ["the child's NSEC, for DS", "unproven", [APEX], "e.", TYPE.DS],
    ["the root's NSEC, for DS", "proven", [nsec(". a. SOA NS RRSIG NSEC")], ".", TYPE.DS],
    ["an empty non-terminal", "proven", [SUB], "x.e.", TYPE.A],
    ["wildcard without the type", "proven", [nsec("*.e. a.e. TXT RRSIG NSEC"), A], "b.e.", TYPE.A],
    ["wildcard with the type", "unproven", [nsec("*.e. a.e. A RRSIG NSEC"), A], "b.e.", TYPE.A],
    ["wildcard of another encloser", "unproven", [nsec("*.x.e. z.e. TXT RRSIG NSEC"), A], "b.e.", TYPE.A],
    ["a covering NSEC alone", "unproven", [A], "b.e.", TYPE.A],
    ["nothing", "unproven", [], "b.e.", TYPE.A],
  ];
  for (const [row, expected, nsecs, name, type] of rows) {
    test(row, () => assert.equal(proveNodata(nsecs, name, type), expected));
  }
});

describe("NXDOMAIN", () => {
  const rows: readonly (readonly [string, "proven" | "unproven", Nsec[], string])[] = [
    ["name and wildcard covered", "proven", [A, APEX], "b.e."],
    ["one NSEC covers both", "proven", [nsec("e. z.e. SOA NS RRSIG NSEC")], "b.e."],
    ["the wildcard is not covered", "unproven", [A], "b.e."],
    ["the wildcard exists", "unproven", [A, nsec("*.e. a.e. A RRSIG NSEC")], "b.e."],
    ["an empty non-terminal is no NXDOMAIN", "unproven", [SUB, APEX], "x.e."],
    ["the name exists", "unproven", [A, APEX], "a.e."],
  ];
  for (const [row, expected, nsecs, name] of rows) {
    test(row, () => assert.equal(proveNameError(nsecs, name), expected));
  }
});

test("expansion: the covering NSEC must show the very encloser of the wildcard", () => {
  assert.equal(proveExpansion([A], "b.e.", "e."), "proven");
  assert.equal(proveExpansion([A], "b.e.", "."), "unproven");
  assert.equal(proveExpansion([SUB], "q.x.e.", "e."), "unproven");
});

test("an NSEC that was itself expanded speaks as the wildcard (RFC 4035 §5.3.4)", () => {
  const expanded = nsec("b.e. a.e. A RRSIG NSEC", 1);
  assert.equal(expanded.owner, "*.e.");
  assert.equal(proveNodata([expanded], "b.e.", TYPE.AAAA), "unproven");
});

test("cuts", () => {
  assert.equal(judgeCut([SUB], "sub.e."), "unsigned-cut");
  assert.equal(judgeCut([A], "a.e."), "no-cut");
  assert.equal(judgeCut([A], "b.e."), "no-cut");
  assert.equal(judgeCut([SUB], "x.e."), "no-cut");
  assert.equal(judgeCut([nsec("sub.e. z.e. NS DS RRSIG NSEC")], "sub.e."), "unproven");
  assert.equal(judgeCut([nsec("sub.e. a.sub.e. NS SOA RRSIG NSEC")], "sub.e."), "unproven");
  assert.equal(judgeCut([SUB], "y.sub.e."), "unproven");
});
