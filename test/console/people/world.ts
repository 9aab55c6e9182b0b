// Random provinces and incidents for tests of what one agency may see. Every name, address and number of every agency is a
// token of its own, so that a leak is a token in the wrong place.
import fc from "fast-check";
import type { Incident, IncidentEvidence } from "../../../protocol/incident.ts";
import type { Registry } from "../../../protocol/registry.ts";

export interface Place {
  id: string;
  name: string;
  address: string;
  actor: string;
  count: number;
}

const both = (text: string) => ({ vi: `${text}-vi`, en: `${text}-en` });
const place = (i: number): Place => ({
  id: `xa-q${i}z`,
  name: `Name${i}z`,
  address: `2001:db8:${i}a::1`,
  actor: `198.51.100.${i}9`,
  count: 770_000 + i,
});

/** A hub of infrastructure, and as many agencies as wanted, each with a host, a link to the hub and a watched log. */
export function provinceOf(places: readonly Place[]): Registry {
  return {
    version: "v",
    province: { id: "p", name: both("Province") },
    consoleHost: "console",
    levels: [{ id: "l", name: both("Level") }],
    agencies: [
      { id: "dc1", level: "l", name: both("Centre") },
      ...places.map((p) => ({ id: p.id, level: "l", name: both(p.name) })),
    ],
    assets: [
      { id: "hub1", kind: "host", role: "hub", agency: "dc1", name: both("Hub") },
      { id: "portal", kind: "service", on: ["hub1"], agency: "dc1", name: both("Portal") },
      ...places.flatMap((p) => [
        { id: p.id, kind: "host" as const, role: "site" as const, agency: p.id, name: both(p.name) },
        {
          id: `hub1~${p.id}`,
          kind: "link" as const,
          ends: ["hub1", p.id] as [string, string],
          medium: "leased" as const,
          agency: "dc1",
          name: both(`Link ${p.name}`),
        },
      ]),
    ],
    agents: [
      { id: "hub1", agency: "dc1", host: "hub1" },
      ...places.map((p) => ({ id: p.id, agency: p.id, host: p.id })),
    ],
    targets: places.map((p) => ({
      id: `${p.id}/ssh-log/auth`,
      agency: p.id,
      agent: p.id,
      asset: p.id,
      everyMs: 1_000,
      kind: "ssh-log" as const,
      expects: { path: "/var/log/auth.log", failures: 5, windowMs: 60_000 },
    })),
  };
}

export const evidenceOf = (p: Place, since = 1_000): IncidentEvidence => ({
  agent: p.id,
  agency: p.id,
  check: "ssh-brute-force",
  target: `${p.id}/ssh-log/auth`,
  subject: p.actor,
  tag: "SSH_BRUTE_FORCE",
  since,
  evidence: { count: p.count, server: p.address, name: p.name },
});

/** What would betray that agency in a text. */
export const tokensOf = (p: Place): string[] => [p.id, p.name, p.address, p.actor, String(p.count)];

export const places: fc.Arbitrary<Place[]> = fc
  .integer({ min: 2, max: 6 })
  .map((n) => Array.from({ length: n }, (_, i) => place(i + 1)));

/** An incident in which any of these agencies may have any part. */
export const incidentAmong = (all: readonly Place[]): fc.Arbitrary<Incident> => {
  const some = fc.subarray([...all]);
  const ids = some.map((ps) => ps.map((p) => p.id));
  const one = fc.constantFrom(...all);
  return fc
    .record({
      class: fc.constantFrom("intrusion" as const, "connectivity" as const),
      cause: fc.oneof(
        one.map((p) => ({ asset: p.id, name: both(p.name), actor: p.actor })),
        one.map((p) => ({ asset: `hub1~${p.id}`, name: both(`Link ${p.name}`) })),
        one.map((p) => ({ asset: "hub1", name: both("Hub"), actor: p.actor })),
      ),
      lost: ids,
      degraded: ids,
      affected: ids,
      explains: some.map((ps) => ps.flatMap((p) => [p.id, `hub1~${p.id}`])),
      witnesses: some,
      owner: fc.option(one),
      who: one,
      state: fc.constantFrom("new" as const, "recovered" as const, "closed" as const),
    })
    .map(({ class: cls, cause, lost, degraded, affected, explains, witnesses, owner, who, state }) => ({
      id: "INC-000001",
      cause,
      class: cls,
      severity: "high" as const,
      state,
      detectedAt: 1_000,
      openedAt: 2_000,
      ...(owner ? { owner: `it.${owner.id}`, resolution: `${owner.name} was told` } : {}),
      impact: { lost, degraded, affected },
      explains,
      evidence: witnesses.map((p, i) => evidenceOf(p, 1_000 + i)),
      history: (["opened", "evidence-added", "cause-refined", "merged", "acknowledged", "closed"] as const).map(
        (what, i) => ({
          at: 2_000 + i,
          by: i < 4 ? "machine" : `it.${who.id}`,
          what,
          reason: {
            key: "reason.detection",
            facts: { actor: who.actor, asset: who.id, count: who.count, agencies: lost },
          },
        }),
      ),
    }));
};
