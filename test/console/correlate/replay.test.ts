// Properties that hold for any history: replay gives the same incidents, the machine never closes, and one that is open has a cause.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { Desk, registry } from "./world.ts";

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
const TAG = {
  link: "LINK_NO_CARRIER",
  certificate: "CERT_SERVICE_UNREACHABLE",
  ipv6: "IPV6_SERVICE_UNREACHABLE",
} as Record<string, string>;

function live(d: Desk, acts: (typeof act extends fc.Arbitrary<infer A> ? A : never)[]): void {
  for (const a of acts) {
    if (a.k === "wait") d.wait(a.ms);
    else if (a.k === "presence")
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

test("the machine never closes; all good and time passed leaves nothing open but what only a person ends", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const d = new Desk();
      live(d, acts);
      for (const a of registry.agents) d.live(a.id);
      for (const t of registry.targets) d.good(t.id);
      d.wait(600_000);
      for (const i of d.incidents.values()) assert.ok(["recovered", "quiet"].includes(i.state), `${i.id} ${i.state}`);
      const causes = [...d.incidents.values()].map((i) => `${i.class} ${i.cause.asset} ${i.cause.actor}`);
      assert.ok(d.incidents.size >= new Set(causes).size);
    }),
    { numRuns: 200 },
  );
});
