// Provinces for the tests of plan and render: the sample, and arbitrary ones made from it.
import { join } from "node:path";
import fc from "fast-check";
import { readIntent } from "../../../infra/intent.ts";
import { planOf } from "../../../infra/plan/index.ts";
import type { Plan } from "../../../infra/plan/types.ts";
import type { AgencyIntent, Intent } from "../../../infra/province/schema.ts";

export const sampleFile = join(import.meta.dirname, "../../../province.yaml");
export const sample: Intent = readIntent(sampleFile, {
  today: "2026-11-25",
  provisioned: true,
}).intent;
export const ROOTS = "roots";
const ROOT_ANCHOR = `20326 8 2 ${"E0".repeat(32)}`;
export const plan = (intent: Intent): Plan => planOf(intent, { roots: ROOTS, rootAnchor: ROOT_ANCHOR });

const HUBS = sample.datacentres.flatMap((dc) => dc.routers.filter((r) => r.role === "hub").map((r) => r.id));

/** Agencies with arbitrary numbers and uplinks, in an arbitrary order. */
export const agencies: fc.Arbitrary<AgencyIntent[]> = fc
  .uniqueArray(
    fc.record({
      // A /48 holds no more.
      number: fc.integer({ min: 1, max: 3_839 }),
      level: fc.constant("commune"),
      uplinks: fc.uniqueArray(fc.constantFrom(...HUBS), { minLength: 1, maxLength: HUBS.length }),
    }),
    { selector: (a) => a.number, minLength: 1, maxLength: 25 },
  )
  .map((list) =>
    list.map((a) => ({ ...a, id: `xa-so-${a.number}`, name: { vi: `Xã ${a.number}`, en: `Commune ${a.number}` } })),
  );

/** The sample's data centres with other agencies and, nibble by nibble, another prefix. */
export const provinces: fc.Arbitrary<Intent> = fc
  .tuple(
    agencies,
    fc.constantFrom(
      "3fff:100::/32",
      "2001:db8:4000::/36",
      "2001:db8:4000::/40",
      "2001:db8:4100::/44",
      "2001:db8:4abc::/48",
    ),
  )
  .map(([list, ipv6]) => ({ ...sample, province: { ...sample.province, ipv6 }, agencies: list }));
