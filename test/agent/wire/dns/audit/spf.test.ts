/** SPF walked as a receiver walks it: limits, loops, ends, and what cannot be read. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type SpfReply, spfKey, walkSpf } from "../../../../../agent/wire/dns/audit/spf.ts";

/** A DNS of SPF records by name; every other name has an address, but those that begin with `void`. */
function walk(records: Readonly<Record<string, string>>) {
  const known = new Map<string, SpfReply>();
  for (let round = 0; round < 100; round++) {
    const { needs, ...rest } = walkSpf("vn.", known);
    if (needs.length === 0) return rest;
    for (const question of needs) {
      const text = question.type === "TXT" ? records[question.name] : undefined;
      const isThere = question.type === "TXT" ? text !== undefined : !question.name.startsWith("void");
      known.set(spfKey(question), isThere ? { kind: "found", texts: text ? [text] : [] } : { kind: "void" });
    }
  }
  throw new Error("it never ends");
}

const ROWS: readonly [string, Record<string, string>, Partial<ReturnType<typeof walk>>][] = [
  ["nothing", {}, { records: 0, errors: [] }],
  ["plain", { "vn.": "v=spf1 mx -all" }, { records: 1, lookups: 1, end: "-" }],
  ["an end that is missing", { "vn.": "v=spf1 mx" }, { end: "none" }],
  ["everyone, by the qualifier that is understood", { "vn.": "v=spf1 all" }, { end: "+" }],
  [
    "redirect",
    { "vn.": "v=spf1 redirect=_spf.vn", "_spf.vn.": "v=spf1 ip4:192.0.2.0/24 ~all" },
    { lookups: 1, end: "~" },
  ],
  ["all before redirect", { "vn.": "v=spf1 -all redirect=_spf.vn" }, { lookups: 0, end: "-" }],
  [
    "includes count, one within another",
    { "vn.": "v=spf1 include:a.vn -all", "a.vn.": "v=spf1 include:b.vn a:c.vn ?all", "b.vn.": "v=spf1 mx:d.vn -all" },
    { lookups: 4, end: "-", errors: [] },
  ],
  ["lookups that bring nothing", { "vn.": "v=spf1 a:void1.vn a:void2.vn a:void3.vn -all" }, { voids: 3, lookups: 3 }],
  [
    "an include without a record",
    { "vn.": "v=spf1 include:a.vn -all" },
    { errors: ["a.vn.: named, and has no SPF record"] },
  ],
  ["an include of itself", { "vn.": "v=spf1 include:vn -all" }, { errors: ["vn.: includes itself"] }],
  [
    "macros are counted and not followed",
    { "vn.": "v=spf1 exists:%{i}.vn include:%{d}.vn -all" },
    { lookups: 2, errors: [] },
  ],
  ["both prefix lengths", { "vn.": "v=spf1 a/24//64 mx//48 ip6:2001:db8::/32 -all" }, { errors: [], lookups: 2 }],
  ["ptr", { "vn.": "v=spf1 ptr -all" }, { usesPtr: true, lookups: 1 }],
  ["a slip", { "vn.": "v=spf1 ipv4:192.0.2.1 -all" }, { errors: ["vn.: cannot be read: ipv4:192.0.2.1"] }],
  [
    "an address that is none",
    { "vn.": "v=spf1 ip4:192.0.2.300 -all" },
    { errors: ["vn.: cannot be read: ip4:192.0.2.300"] },
  ],
];

describe("a policy", () => {
  for (const [what, records, expected] of ROWS)
    test(what, () => {
      const found = walk(records) as Record<string, unknown>;
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(found[key], value, key);
    });
});

test("any text: an end, and within bounds", () => {
  const term = fc.oneof(
    fc.constantFrom("include:a.vn", "include:b.vn", "redirect=a.vn", "a", "mx:b.vn", "-all", "exp=x", "%", ""),
    fc.string(),
  );
  const policy = fc.array(term, { maxLength: 20 }).map((terms) => `v=spf1 ${terms.join(" ")}`);
  fc.assert(
    fc.property(policy, policy, policy, (vn, a, b) => {
      const found = walk({ "vn.": vn, "a.vn.": a, "b.vn.": b });
      assert.ok(found.errors.length <= 16);
    }),
    { numRuns: 60 },
  );
});
