// What must hold between the values of a province whose shape is right: identities are unique, references exist, prefixes do
// not overlap, and every agency can reach the data centre. Pure.

import type { Broken } from "./broken.ts";
import { networkProblems } from "./network-rules.ts";
import { prefixProblems } from "./prefix-rules.ts";
import { pathText } from "./problem.ts";
import type { Intent } from "./schema.ts";

/** Every rule that the province breaks. */
export const broken = (p: Intent): Broken[] => [
  ...repeatedIds(p),
  ...reservedIds(p),
  ...repeatedNumbers(p),
  ...unknownReferences(p),
  ...prefixProblems(p),
  ...networkProblems(p),
];

type Sighting<T> = { value: T; at: (string | number)[] };

function repeated<T extends string | number>(sightings: Sighting<T>[], code: Broken["code"], right: string): Broken[] {
  const first = new Map<T, Sighting<T>>();
  return sightings.flatMap((s) => {
    const before = first.get(s.value);
    if (!before) first.set(s.value, s);
    return before
      ? [{ code, at: s.at, wrong: `${s.value} is already the one of ${pathText(before.at.slice(0, -1))}`, right }]
      : [];
  });
}

/** Hosts, data centres and agencies share one space of names: an agency's gateway bears the agency's id. */
function repeatedIds(p: Intent): Broken[] {
  const ids: Sighting<string>[] = [
    ...p.datacentres.flatMap((dc, d) => [
      { value: dc.id, at: ["datacentres", d, "id"] },
      ...dc.routers.map((r, i) => ({ value: r.id, at: ["datacentres", d, "routers", i, "id"] })),
      ...dc.servers.map((s, i) => ({ value: s.id, at: ["datacentres", d, "servers", i, "id"] })),
    ]),
    ...p.upstreams.map((u, i) => ({ value: u.id, at: ["upstreams", i, "id"] })),
    { value: p.internet.id, at: ["internet", "id"] },
    ...p.agencies.map((a, i) => ({ value: a.id, at: ["agencies", i, "id"] })),
  ];
  const right = "an id that no agency, data centre, router or server has";
  const levels = p.levels.map((l, i) => ({ value: l.id, at: ["levels", i, "id"] }));
  return [...repeated(ids, "id-repeated", right), ...repeated(levels, "id-repeated", "an id that no level has")];
}

/** Below the province's domain an agency's id is a name, and some names are the province's own. */
function reservedIds(p: Intent): Broken[] {
  return p.agencies.flatMap((agency, i): Broken[] => {
    if (!/^(portal|console|bogus|ns[0-9]+|ca|hostmaster)$/.test(agency.id)) return [];
    const wrong = `${agency.id}.${p.province.domain} is a name of the province itself`;
    return [{ code: "id-reserved", at: ["agencies", i, "id"], wrong, right: "an id that is no service's name" }];
  });
}

/** Addresses follow from numbers, so a repeated number is a repeated address. */
function repeatedNumbers(p: Intent): Broken[] {
  const routers: Sighting<number>[] = [
    ...p.datacentres.flatMap((dc, d) =>
      dc.routers.map((r, i) => ({ value: r.number, at: ["datacentres", d, "routers", i, "number"] })),
    ),
    ...p.upstreams.map((u, i) => ({ value: u.number, at: ["upstreams", i, "number"] })),
    { value: p.internet.number, at: ["internet", "number"] },
  ];
  const of = (entries: { number: number }[], path: (string | number)[]) =>
    entries.map((e, i) => ({ value: e.number, at: [...path, i, "number"] }));
  const right = "a number that no other has, and that none had before";
  const asns: Sighting<number>[] = [
    { value: p.province.asn, at: ["province", "asn"] },
    ...p.upstreams.map((u, i) => ({ value: u.asn, at: ["upstreams", i, "asn"] })),
    { value: p.internet.asn, at: ["internet", "asn"] },
  ];
  return [
    ...repeated(routers, "number-repeated", right),
    ...repeated(of(p.datacentres, ["datacentres"]), "number-repeated", right),
    ...p.datacentres.flatMap((dc, d) =>
      repeated(of(dc.servers, ["datacentres", d, "servers"]), "number-repeated", right),
    ),
    ...repeated(of(p.agencies, ["agencies"]), "number-repeated", right),
    ...repeated(asns, "number-repeated", "an AS number of its own"),
  ];
}

function unknownReferences(p: Intent): Broken[] {
  const routers = p.datacentres.flatMap((dc) => dc.routers);
  const known = {
    level: new Set(p.levels.map((l) => l.id)),
    hub: new Set(routers.filter((r) => r.role === "hub").map((r) => r.id)),
    border: new Set(routers.filter((r) => r.role === "border").map((r) => r.id)),
    router: new Set(routers.map((r) => r.id)),
    agency: new Set(p.agencies.map((a) => a.id)),
  };
  const check = (kind: keyof typeof known, id: string, at: (string | number)[]): Broken[] =>
    known[kind].has(id)
      ? []
      : [{ code: "reference-unknown", at, wrong: `there is no ${kind} ${id}`, right: oneOf(kind, [...known[kind]]) }];
  return [
    ...p.datacentres.flatMap((dc, i) => check("level", dc.level, ["datacentres", i, "level"])),
    ...p.agencies.flatMap((a, i) => [
      ...check("level", a.level, ["agencies", i, "level"]),
      ...a.uplinks.flatMap((hub, u) => check("hub", hub, ["agencies", i, "uplinks", u])),
    ]),
    ...p.backbone.flatMap((pair, i) => pair.flatMap((end, e) => check("router", end, ["backbone", i, e]))),
    ...p.upstreams.flatMap((u, i) => check("border", u.border, ["upstreams", i, "border"])),
    ...p.lab.agencies.flatMap((id, i) => check("agency", id, ["lab", "agencies", i])),
  ];
}

const oneOf = (kind: string, ids: string[]) =>
  kind === "agency" ? "the id of an agency of this file" : `one of ${ids.slice(0, 12).join(", ")}`;
