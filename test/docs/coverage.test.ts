// The table of what peers look at, against the tags that exist: none is named that does not exist, none of the audit's is left out,
// and every test of the peers' sets has its row.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pathOf } from "../../docs/checks/tables.ts";
import { TAGS } from "../../protocol/tags.ts";

const [, section = ""] = readFileSync(pathOf("zone-audit"), "utf8").split("## What peers look at");
const rows = section.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| Peer's"));

/** Zonemaster's sets (doc.zonemaster.net, version 2025.1) by their numbers, and internet.nl's tests by name. */
const SETS: Readonly<Record<string, readonly number[]>> = {
  ADDRESS: [1, 2, 3],
  CONNECTIVITY: [1, 2, 3, 4],
  CONSISTENCY: [1, 2, 3, 4, 5, 6],
  DELEGATION: [1, 2, 3, 4, 5, 6, 7],
  DNSSEC: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18],
  NAMESERVER: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  ZONE: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
};
const INTERNET_NL = [
  "dnssec_exists",
  "dnssec_valid",
  "dane_exists",
  "dane_valid",
  "dane_rollover",
  "ns_aaaa",
  "ns_reach",
];

/** `DNSSEC06, 08, 09`, `ZONE02-06`, `CONSISTENCY05, DELEGATION07`: the tests that a row speaks of. */
function testsOf(row: string): string[] {
  const first = row.split("|")[1]!;
  let set = "";
  return [...first.matchAll(/(?:([A-Z]{3,}))?(\d\d)(?:-(\d\d))?/g)].flatMap(([, name, from, to]) => {
    set = name ?? set;
    const last = Number(to ?? from);
    return Array.from({ length: last - Number(from) + 1 }, (_, i) => `${set}${Number(from) + i}`);
  });
}

test("every test of the peers' sets has a row", () => {
  const found = new Set(rows.flatMap(testsOf));
  const wanted = Object.entries(SETS).flatMap(([set, numbers]) => numbers.map((number) => `${set}${number}`));
  assert.deepEqual(
    wanted.filter((one) => !found.has(one)),
    [],
  );
  assert.deepEqual(
    INTERNET_NL.filter((one) => !section.includes(`\`${one}\``)),
    [],
  );
});

test("the table names tags that exist, and all of the audit's", () => {
  const named = new Set([...rows.join("\n").matchAll(/`(ZONE_[A-Z0-9_]+)`/g)].map(([, tag]) => tag!));
  assert.ok(rows.length > 40, `${rows.length} rows`);
  assert.deepEqual(
    [...named].filter((tag) => !Object.hasOwn(TAGS, tag)),
    [],
  );
  assert.deepEqual(
    Object.keys(TAGS).filter((tag) => tag.startsWith("ZONE_") && !named.has(tag)),
    [],
  );
});
