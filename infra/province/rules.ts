// What must hold between the values of a province whose shape is right: identities are unique, references exist, prefixes do
// not overlap, and every agency can reach the data centre. Each rule says which sections it reads, so that a mistake of shape in
// one section hides nothing in the others. Pure.
import type { Broken } from "./broken.ts";
import type { Path } from "./locate.ts";
import { mailProblems, networkProblems, serverProblems, uplinkProblems } from "./network-rules.ts";
import { notifyProblems, shortRetention } from "./notify-rules.ts";
import { prefixProblems } from "./prefix-rules.ts";
import { unknownReferences } from "./reference-rules.ts";
import type { Written } from "./schema.ts";
import { outerProblems, tunnelProblems } from "./tunnel-rules.ts";

export type Section = keyof Written;
interface Rule {
  reads: readonly Section[];
  find(p: Written): Broken[];
}

/** Agencies need not be named: those whose own shape is wrong are left out before, one by one. */
const RULES: readonly Rule[] = [
  { reads: ["datacentres", "upstreams", "internet", "devices"], find: repeatedIds },
  { reads: ["levels", "providers", "services"], find: repeatedWords },
  { reads: ["province", "services"], find: reservedIds },
  { reads: ["signIn"], find: unusableRows },
  { reads: ["notify"], find: notifyProblems },
  { reads: ["retention"], find: shortRetention },
  { reads: ["datacentres", "devices"], find: repeatedNumbers },
  { reads: ["province", "upstreams", "internet"], find: repeatedAsns },
  ...unknownReferences,
  { reads: ["province", "upstreams", "internet"], find: prefixProblems },
  { reads: ["backbone", "datacentres"], find: networkProblems },
  { reads: ["datacentres"], find: serverProblems },
  { reads: ["datacentres", "services"], find: mailProblems },
  { reads: [], find: uplinkProblems },
  { reads: ["datacentres"], find: tunnelProblems },
  { reads: ["province", "datacentres"], find: outerProblems },
];

/** Every rule that the province breaks, of those that read no section of `wrong`. */
export const broken = (p: Written, wrong: ReadonlySet<string> = new Set()): Broken[] =>
  RULES.flatMap((rule) => (rule.reads.some((section) => wrong.has(section)) ? [] : rule.find(p)));

type Sighting<T> = { value: T; at: Path };

function repeated<T extends string | number>(sightings: Sighting<T>[], code: Broken["code"], right: string): Broken[] {
  const first = new Map<T, Sighting<T>>();
  return sightings.flatMap((s): Broken[] => {
    const before = first.get(s.value);
    if (!before) first.set(s.value, s);
    if (!before) return [];
    return [
      { code, at: s.at, wrong: (where) => `${s.value} is already the one of ${where(before.at.slice(0, -1))}`, right },
    ];
  });
}

const idsOf = (entries: readonly { id: string }[] | undefined, ...path: Path): Sighting<string>[] =>
  (entries ?? []).map(({ id }, i) => ({ value: id, at: [...path, i, "id"] }));

/** Hosts, data centres, devices and agencies share one space of names: an agency's gateway bears the agency's id. */
function repeatedIds(p: Written): Broken[] {
  const ids = [
    ...p.datacentres.flatMap((dc, d): Sighting<string>[] => [
      { value: dc.id, at: ["datacentres", d, "id"] },
      ...idsOf(dc.routers, "datacentres", d, "routers"),
      ...idsOf(dc.servers, "datacentres", d, "servers"),
    ]),
    ...idsOf(p.upstreams, "upstreams"),
    { value: p.internet.id, at: ["internet", "id"] },
    ...idsOf(p.devices, "devices"),
    ...idsOf(p.agencies, "agencies"),
  ];
  return repeated(ids, "id-repeated", "an id that no agency, data centre, router, server or device has");
}

/** Levels, providers and services are each known by an id of their own kind; a service's is a name beside the agencies'. */
function repeatedWords(p: Written): Broken[] {
  return [
    ...repeated(idsOf(p.levels, "levels"), "id-repeated", "an id that no level has"),
    ...repeated(idsOf(p.providers, "providers"), "id-repeated", "an id that no provider has"),
    ...repeated(
      [...idsOf(p.agencies, "agencies"), ...idsOf(p.services, "services")],
      "id-repeated",
      "an id that no service and no agency has: both are names below the domain",
    ).filter(({ at }) => at[0] === "services"),
  ];
}

/** Agency IT is limited to its agencies, and beside another role its limit would be none: the console would let nobody in by such a row. */
function unusableRows(p: Written): Broken[] {
  return (p.signIn?.provider.rows ?? []).flatMap((row, r): Broken[] => {
    if (!row.roles.includes("agency-it") || (row.roles.length === 1 && row.agencies !== undefined)) return [];
    const wrong = "agency-it beside another role, or without agencies, lets nobody in";
    const right = "agency-it alone, with its agencies";
    return [{ code: "role-unusable", at: ["signIn", "provider", "rows", r, "roles"], wrong, right }];
  });
}

/** Below the province's domain an id is a name, and some names are the province's own. */
function reservedIds(p: Written): Broken[] {
  const sightings = [...idsOf(p.agencies, "agencies"), ...idsOf(p.services, "services")];
  return sightings.flatMap(({ value, at }): Broken[] => {
    if (!/^(portal|console|bogus|v6only|resolver-id|ns[0-9]+|ca|hostmaster)$/.test(value)) return [];
    const wrong = `${value}.${p.province.domain} is a name of the province itself`;
    return [{ code: "id-reserved", at, wrong, right: "an id that is no service's name" }];
  });
}

const numbersOf = (entries: readonly { number?: number }[], ...path: Path): Sighting<number>[] =>
  entries.flatMap(({ number }, i) => (number === undefined ? [] : [{ value: number, at: [...path, i, "number"] }]));

/** Addresses follow from numbers, so a repeated number is a repeated address. */
function repeatedNumbers(p: Written): Broken[] {
  const right = "a number that no other has, and that none had before";
  const routers = p.datacentres.flatMap((dc, d) => numbersOf(dc.routers, "datacentres", d, "routers"));
  const places = new Map<string, Sighting<number>[]>();
  p.datacentres.forEach((dc, d) => {
    places.set(dc.id, numbersOf(dc.servers, "datacentres", d, "servers"));
  });
  (p.devices ?? []).forEach(({ at, number }, i) => {
    if (number !== undefined)
      places.set(at, [...(places.get(at) ?? []), { value: number, at: ["devices", i, "number"] }]);
  });
  return [
    ...repeated(routers, "number-repeated", right),
    ...repeated(numbersOf(p.datacentres, "datacentres"), "number-repeated", right),
    ...[...places.values()].flatMap((numbers) => repeated(numbers, "number-repeated", right)),
    ...repeated(numbersOf(p.agencies, "agencies"), "number-repeated", right),
  ];
}

/** Reserved for routers within, which number themselves from there (plan/hosts.ts). */
const INNER = { from: 4_200_000_001, to: 4_200_116_383 };

function repeatedAsns(p: Written): Broken[] {
  const asns: Sighting<number>[] = [
    { value: p.province.asn, at: ["province", "asn"] },
    ...p.upstreams.map((u, i) => ({ value: u.asn, at: ["upstreams", i, "asn"] })),
    { value: p.internet.asn, at: ["internet", "asn"] },
  ];
  return [
    ...repeated(asns, "number-repeated", "an AS number of its own"),
    ...asns.flatMap(({ value, at }): Broken[] => {
      if (value < INNER.from || value > INNER.to) return [];
      const right = `an AS number outside ${INNER.from} to ${INNER.to}`;
      return [{ code: "number-repeated", at, wrong: `${value} is one that routers within are given`, right }];
    }),
  ];
}
