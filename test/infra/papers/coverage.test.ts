// What a province has set itself against what its plan makes of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { coverageOf, isMissed } from "../../../infra/papers/coverage.ts";
import type { Intent } from "../../../infra/province/schema.ts";
import { sample } from "../plan/sample.ts";

const agency = (id: string, level: string, uplinks: Intent["agencies"][number]["uplinks"]) => ({
  ...sample.agencies[0]!,
  id,
  level,
  uplinks,
});
const province: Intent = {
  ...sample,
  agencies: [
    agency("so-mot", "province", ["hub1", "hub3"]),
    agency("xa-hai", "commune", ["hub1"]),
    agency("xa-ba", "commune", [{ hub: "hub1", medium: "leased" }, "hub3"]),
    agency("xa-bon", "commune", [{ hub: "hub2", medium: "leased" }]),
  ],
  targets: [
    { what: "two-paths", level: "commune", percent: 50, by: "2027-06-30" },
    { what: "dedicated", level: "commune", percent: 60, by: "2026-12-31" },
    { what: "two-paths", level: "province", percent: 100, by: "2026-06-30" },
    { what: "dedicated", level: "datacentre", percent: 100, by: "2026-01-01" },
  ],
};

test("each target says how many of its level have it and who has not, the nearest day first", () => {
  assert.deepEqual(
    coverageOf(province).map((c) => [c.by, c.what, c.reached, c.of, c.missing]),
    [
      ["2026-01-01", "dedicated", 0, 0, []],
      ["2026-06-30", "two-paths", 1, 1, []],
      ["2026-12-31", "dedicated", 2, 3, ["xa-bon"]],
      ["2027-06-30", "two-paths", 1, 3, ["xa-hai", "xa-bon"]],
    ],
  );
});

test("a target is missed when its day is over and too few have it", () => {
  const missed = (today: string) =>
    coverageOf(province)
      .filter((c) => isMissed(c, today))
      .map((c) => c.by);
  assert.deepEqual(missed("2027-06-30"), [], "the day itself still counts; 67 % are more than 60");
  assert.deepEqual(missed("2027-07-01"), ["2027-06-30"]);
});

test("a province that has set itself nothing is told nothing", () => {
  const { targets: _, ...without } = sample;
  assert.deepEqual(coverageOf(without), []);
});
