// Properties that hold for any history: replay gives the same incidents, the machine never closes, and one that is open has a cause.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { initialState, restore, step } from "../../../console/correlate/index.ts";
import { type Act, type Incident, phaseOf } from "../../../protocol/index.ts";
import { Desk, registry, SETTINGS } from "./world.ts";

const act = fc.oneof(
  fc.record({ k: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  fc.record({ k: fc.constant("report" as const), i: fc.nat(registry.targets.length - 1), bad: fc.boolean() }),
  fc.record({
    k: fc.constant("presence" as const),
    i: fc.nat(registry.agents.length - 1),
    p: fc.constantFrom("live" as const, "silent" as const, "unknown" as const),
  }),
  fc.record({ k: fc.constant("attack" as const), i: fc.nat(3), actor: fc.constantFrom("a", "b") }),
);
const person = fc.record({
  k: fc.constant("person" as const),
  account: fc.constantFrom("an", "binh"),
  incident: fc.nat(5),
  other: fc.nat(5),
  act: fc.constantFrom(
    "acknowledge",
    "investigate",
    "contain",
    "recover",
    "close",
    "reopen",
    "merge",
    "split" as const,
  ),
});
const idOf = (n: number) => `INC-${String(n + 1).padStart(6, "0")}`;
const TAG = {
  link: "LINK_NO_CARRIER",
  certificate: "CERT_SERVICE_UNREACHABLE",
  ipv6: "IPV6_SERVICE_UNREACHABLE",
} as Record<string, string>;

type Of<T> = T extends fc.Arbitrary<infer A> ? A : never;
function live(d: Desk, acts: (Of<typeof act> | Of<typeof person>)[]): void {
  for (const a of acts) {
    if (a.k === "wait") d.wait(a.ms);
    else if (a.k === "person") {
      const said = { kind: a.act, reason: "r", resolution: "r", into: idOf(a.other), agencies: ["dept"] } as unknown;
      d.act(a.account, idOf(a.incident), said as Act);
    } else if (a.k === "presence")
      d.feed({ type: "presence", agent: registry.agents[a.i]!.id, presence: a.p, since: d.now });
    else if (a.k === "report") {
      const t = registry.targets[a.i]!;
      if (t.kind !== "ssh-log") d.report(t.id, a.bad ? [TAG[t.kind]!] : []);
    } else {
      const site = ["dept", "both", "only1", "only2"][a.i]!;
      d.feed({
        type: "detection",
        agent: site,
        detection: {
          type: "detection",
          id: `${d.log.length}`,
          detector: "ssh-brute-force",
          target: `${site}/ssh-log/${site}`,
          at: d.now,
          class: "ssh-brute-force",
          severity: "high",
          actor: a.actor,
          count: 5,
          evidence: {},
        },
        receivedAt: d.now,
      });
    }
  }
}

test("replaying a log gives the same incidents", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const first = new Desk();
      live(first, acts);
      const second = new Desk(false);
      for (const { input, now } of first.log.slice(1)) {
        second.now = now;
        second.feed(structuredClone(input));
      }
      assert.deepEqual([...second.incidents], [...first.incidents]);
    }),
    { numRuns: 200 },
  );
});

test("no sequence of inputs loses or doubles: every detection is in one incident, every cause that stands has one that answers", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ arbitrary: act, weight: 3 }, person), { maxLength: 80 }), (acts) => {
      const d = new Desk();
      live(d, acts);
      d.wait(120_000);
      const attacks = d.log.filter((l) => l.input.type === "detection").length;
      // What was merged away is counted where it went.
      const kept = [...d.incidents.values()].filter((i) => i.mergedInto === undefined);
      assert.equal(
        kept.reduce((n, i) => n + (i.detections ?? 0), 0),
        attacks,
      );
      const keys = [...d.state.tracked.values()].filter((t) => t.incident.state !== "recovered").map((t) => t.key);
      assert.equal(new Set(keys).size, keys.length, "no two incidents for one key");
      for (const t of d.state.tracked.values()) assert.notEqual(t.incident.state, "closed");
      for (const [key, id] of d.state.answering) assert.ok(d.state.tracked.has(id), `${key} is answered for by ${id}`);
    }),
    { numRuns: 300 },
  );
});

test("a restart at any moment opens, reopens, recovers and loses nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ arbitrary: act, weight: 3 }, person), { maxLength: 60 }), (acts) => {
      const d = new Desk();
      live(d, acts);
      const before = new Map([...d.incidents].map(([id, i]) => [id, i.state]));
      const again = initialState(SETTINGS);
      const reports = new Map(
        d.log.flatMap(({ input }) => (input.type === "report" ? [[input.report.target, input] as const] : [])),
      );
      restore(again, registry, structuredClone([...d.incidents.values()]), [...reports.values()]);
      for (const [agent, p] of d.state.presence) step(again, { type: "presence", agent, ...p }, d.now);
      const changes = step(again, { type: "tick" }, d.now + 1);
      for (const { incident } of changes) {
        // An attack whose window ran out meanwhile may turn quiet; nothing moves.
        assert.equal(incident.state, before.get(incident.id), `${incident.id} ${incident.history.at(-1)?.what}`);
      }
      // Left alone for long, the same is open; what had not settled may have another number.
      const after = new Map([...d.incidents].map(([id, i]) => [id, structuredClone(i)]));
      for (let now = d.now + 1; now <= d.now + 700_000; now += 1_000)
        for (const { incident } of step(again, { type: "tick" }, now))
          after.set(incident.id, structuredClone(incident));
      for (const i of after.values())
        assert.ok(i.quietAt === undefined || i.detections !== undefined, `${i.id} is no attack and cannot be quiet`);
      d.wait(700_000);
      const ends = (incidents: Iterable<Incident>) =>
        [...incidents]
          .flatMap((i) => (phaseOf(i) === "open" ? [`${i.class} ${i.cause.asset} ${i.cause.actor}`] : []))
          .sort();
      assert.deepEqual(ends(after.values()), ends(d.incidents.values()));
    }),
    { numRuns: 200 },
  );
});

test("the machine never closes; all good and time passed leaves nothing open but what only a person ends", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const d = new Desk();
      live(d, acts);
      for (const a of registry.agents) d.live(a.id);
      for (const t of registry.targets) d.good(t.id);
      d.wait(600_000);
      for (const i of d.incidents.values()) assert.equal(phaseOf(i), "waiting", i.id);
      const causes = [...d.incidents.values()].map((i) => `${i.class} ${i.cause.asset} ${i.cause.actor}`);
      assert.ok(d.incidents.size >= new Set(causes).size);
    }),
    { numRuns: 200 },
  );
});
