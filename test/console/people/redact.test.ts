// One agency's part of an incident: nothing of the others' in it, whatever the incident; and nothing of its own lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CENTRE, concerns, redact } from "../../../console/people/redact.ts";
import { infrastructureAgencies, sightOf } from "../../../console/people/scope.ts";
import type { Incident } from "../../../protocol/incident.ts";
import { evidenceOf, incidentAmong, type Place, places, provinceOf, tokensOf } from "./world.ts";

const cases = places.chain((all) =>
  fc.record({
    all: fc.constant(all),
    mine: fc.subarray(all, { minLength: 1, maxLength: all.length - 1 }),
    incident: incidentAmong(all),
  }),
);
const sight = (all: Place[], mine: Place[]) => sightOf(provinceOf(all), new Set(mine.map((p) => p.id)));

test("no name, address, attacker or count of another agency is anywhere in it", () => {
  let shown = 0;
  fc.assert(
    fc.property(cases, ({ all, mine, incident }) => {
      const part = redact(incident, sight(all, mine), `it.${mine[0]!.id}`);
      if (concerns(incident, new Set(mine.map((p) => p.id)))) shown++;
      const text = JSON.stringify(part);
      for (const other of all.filter((p) => !mine.includes(p)))
        for (const token of tokensOf(other)) assert.ok(!text.includes(token), `${token} in ${text}`);
    }),
    { numRuns: 500 },
  );
  assert.ok(shown > 100, "incidents were shown");
});

test("what is one's own stays whole; of what one has no part in, nothing is left", () => {
  fc.assert(
    fc.property(cases, ({ all, mine, incident }) => {
      const scope = new Set(mine.map((p) => p.id));
      const part = redact(incident, sight(all, mine));
      assert.deepEqual(
        part.evidence,
        incident.evidence.filter((e) => scope.has(e.agency)),
      );
      for (const group of ["lost", "degraded", "affected"] as const)
        assert.deepEqual(
          part.impact[group],
          incident.impact[group].filter((a) => scope.has(a)),
        );
      assert.equal(part.evidence.length + Object.values(part.impact).flat().length > 0, concerns(incident, scope));
    }),
  );
});

test("another agency's part changes nothing in what one sees: not even that there is another", () => {
  fc.assert(
    fc.property(cases, ({ all, mine, incident }) => {
      const known = sight(all, mine);
      const part = redact(incident, known);
      const other = all.find((p) => !mine.includes(p))!;
      const more: Incident = {
        ...incident,
        impact: { ...incident.impact, affected: [...new Set([...incident.impact.affected, other.id])] },
        evidence: [...incident.evidence, evidenceOf(other, 900)],
        explains: [...incident.explains, other.id],
        history: [...incident.history, { ...incident.history[1]!, at: 5_000 }],
      };
      assert.deepEqual(redact(more, known), part);
    }),
  );
});

test("two agencies in one campaign: each sees an attack on itself, by an attacker of its own", () => {
  const [a, b] = fc.sample(places, { numRuns: 1, seed: 1 })[0]! as [Place, Place];
  const campaign: Incident = {
    id: "INC-000002",
    cause: { asset: a.id, name: { vi: a.name, en: a.name }, actor: a.actor },
    class: "intrusion",
    severity: "high",
    state: "new",
    detectedAt: 1_000,
    openedAt: 2_000,
    impact: { lost: [], degraded: [], affected: [a.id, b.id] },
    explains: [b.id],
    evidence: [evidenceOf(a, 1_000), evidenceOf({ ...b, actor: a.actor }, 1_500)],
    history: [{ at: 2_000, by: "lan", what: "acknowledged", reason: { key: "reason.person", facts: {} } }],
  };
  const seen = redact(campaign, sight([a, b], [b]));
  assert.deepEqual([seen.cause.asset, seen.cause.actor, seen.detectedAt], [b.id, a.actor, 1_500]);
  assert.equal(seen.history[0]!.by, CENTRE);
  assert.equal(redact(campaign, sight([a, b], [a])).cause.asset, a.id);
});

test("who joins later is told of nothing before: neither when it began elsewhere nor what was done about it", () => {
  const [a, b] = fc.sample(places, { numRuns: 1, seed: 3 })[0]! as [Place, Place];
  const event = (at: number, what: Incident["history"][number]["what"]) => {
    return { at, by: "machine", what, reason: { key: "reason.person", facts: {} } };
  };
  const incident: Incident = {
    id: "INC-000003",
    cause: { asset: a.id, name: { vi: a.name, en: a.name } },
    class: "intrusion",
    severity: "high",
    state: "acknowledged",
    detectedAt: 1_000,
    openedAt: 2_000,
    reopenedAt: 40_000,
    impact: { lost: [], degraded: [], affected: [a.id, b.id] },
    explains: [],
    evidence: [evidenceOf(a, 1_000), evidenceOf(b, 60_000)],
    history: [
      event(2_000, "opened"),
      event(30_000, "recovered"),
      event(40_000, "reopened"),
      event(70_000, "acknowledged"),
    ],
  };
  const seen = redact(incident, sight([a, b], [b]), "", 60_500);
  assert.deepEqual([seen.openedAt, seen.reopenedAt], [60_500, undefined]);
  assert.deepEqual(
    seen.history.map(({ at, what }) => [at, what]),
    [
      [60_500, "opened"],
      [70_000, "acknowledged"],
    ],
  );
  const first = redact(incident, sight([a, b], [a]), "", 2_010);
  assert.deepEqual([first.openedAt, first.reopenedAt, first.history.length], [2_000, 40_000, 4]);
});

test("a device that carries everybody's traffic is named to all, a link to another's site is not", () => {
  const [a, b] = fc.sample(places, { numRuns: 1, seed: 2 })[0]! as [Place, Place];
  const s = sight([a, b], [a]);
  assert.deepEqual([...s.shared].sort(), ["hub1", "portal"]);
  assert.deepEqual([...s.own].sort(), [`hub1~${a.id}`, a.id]);
  assert.deepEqual([...infrastructureAgencies(provinceOf([a, b]))], ["dc1"]);
});

test("who joined late is told of no recovery, quiet or detection from before", () => {
  const [a, b] = fc.sample(places, { numRuns: 1, seed: 4 })[0]! as [Place, Place];
  const campaign: Incident = {
    id: "INC-000004",
    cause: { asset: a.id, name: { vi: a.name, en: a.name } },
    class: "intrusion",
    severity: "high",
    state: "new",
    detectedAt: 1_000,
    openedAt: 2_000,
    quietAt: 3_000,
    recoveredAt: 4_000,
    closedAt: 30_000,
    impact: { lost: [], degraded: [], affected: [a.id, b.id] },
    explains: [],
    evidence: [evidenceOf(a, 1_000)],
    history: [],
  };
  const late = redact(campaign, sight([a, b], [b]), "", 9_000);
  assert.deepEqual(
    [late.detectedAt, late.openedAt, late.quietAt, late.recoveredAt, late.closedAt],
    [9_000, 9_000, undefined, undefined, 30_000],
  );
  const first = redact(campaign, sight([a, b], [a]), "", 2_000);
  assert.deepEqual([first.detectedAt, first.quietAt, first.recoveredAt], [1_000, 3_000, 4_000]);
});
