// A step looks only at what changed; this holds it against one that forgets everything derived and looks at everything. Both live
// through the same random history in lockstep and must say the same at every moment.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { nextWake } from "../../../console/correlate/index.ts";
import { DEFAULT_POLICY } from "../../../console/correlate/state.ts";
import type { Detection, Act as ProtocolAct, Report, Silence } from "../../../protocol/index.ts";
import { Desk, registry, SETTINGS } from "./world.ts";

class Forgetful extends Desk {
  override feed(input: Parameters<Desk["feed"]>[0]) {
    this.state.derived.stale = true;
    return super.feed(input);
  }
}

const TAGS: Record<string, string[]> = {
  link: ["LINK_NO_CARRIER", "LINK_SESSION_LOST"],
  certificate: ["CERT_SERVICE_UNREACHABLE", "CERT_EXPIRED", "CERT_EXPIRES_SOON"],
  ipv6: ["IPV6_SERVICE_UNREACHABLE", "IPV6_ADDRESS_MISSING"],
};
const reportable = registry.targets.filter((t) => t.kind in TAGS);
const sites = registry.agents
  .map((a) => a.id)
  .filter((id) => registry.targets.some((t) => t.id === `${id}/ssh-log/${id}`));
const links = registry.assets.filter((a) => a.kind === "link");

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ k: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 8_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ k: fc.constant("wait" as const), ms: fc.integer({ min: 8_000, max: 2_400_000 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      k: fc.constant("report" as const),
      i: fc.nat(reportable.length - 1),
      tags: fc.nat(7),
      seen: fc.nat(2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ k: fc.constant("cable" as const), i: fc.nat(links.length - 1), cut: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ k: fc.constant("power" as const), i: fc.nat(2), cut: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      k: fc.constant("presence" as const),
      i: fc.nat(registry.agents.length - 1),
      p: fc.constantFrom("live" as const, "silent" as const, "unknown" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      k: fc.constant("silence" as const),
      p: fc.constantFrom("live" as const, "silent" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      k: fc.constant("attack" as const),
      i: fc.nat(sites.length - 1),
      actor: fc.constantFrom("a", "b"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ k: fc.constant("person" as const), i: fc.nat(20), deed: fc.nat(7) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      k: fc.constant("window" as const),
      i: fc.nat(sites.length - 1),
      ms: fc.integer({ min: 1, max: 60_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ k: fc.constant("registry" as const), without: fc.nat(registry.targets.length - 1) }),
  },
);
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

function deedOf(deed: number, d: Desk, incident: string): ProtocolAct {
  const reason = "because";
  const others = [...d.incidents.keys()].filter((id) => id !== incident);
  const agencies = d.incidents
    .get(incident)!
    .evidence.slice(0, 1)
    .map((e) => e.agency);
  const deeds: ProtocolAct[] = [
    { kind: "acknowledge" },
    { kind: "close", resolution: "done" },
    { kind: "recover", reason },
    { kind: "reopen", reason },
    { kind: "merge", into: others[0] ?? incident, reason },
    { kind: "split", agencies, reason },
    { kind: "set-severity", severity: "low", reason },
    { kind: "investigate" },
  ];
  return deeds[deed]!;
}

/** What that act gives both desks, at the time that the first has. */
function inputsOf(a: Act, d: Desk): Parameters<Desk["feed"]>[0][] {
  const report = (target: string, tags: string[], seen = 0) => {
    const t = registry.targets.find((x) => x.id === target)!;
    const findings = tags.map((tag) => ({ subject: "s", tag, evidence: { seen } }));
    const said: Report = { type: "report", check: t.kind, target, at: d.now, tookMs: 1, outcome: "ran", findings };
    return { type: "report" as const, agent: t.agent, report: said, receivedAt: d.now };
  };
  const cable = (id: string, cut: boolean) =>
    registry.targets
      .filter((t) => t.kind === "link" && t.asset === id)
      .map((t) => report(t.id, cut ? ["LINK_NO_CARRIER"] : []));
  switch (a.k) {
    case "report": {
      const t = reportable[a.i]!;
      return [
        report(
          t.id,
          TAGS[t.kind]!.filter((_, bit) => a.tags & (1 << bit)),
          a.seen,
        ),
      ];
    }
    case "cable":
      return cable(links[a.i]!.id, a.cut);
    case "power": {
      const host = ["hub1", "hub2", "both"][a.i]!;
      return links.filter((l) => l.kind === "link" && l.ends.includes(host)).flatMap((l) => cable(l.id, a.cut));
    }
    case "presence":
      return [{ type: "presence", agent: registry.agents[a.i]!.id, presence: a.p, since: d.now }];
    case "silence":
      return registry.agents.map(({ id }) => ({ type: "presence", agent: id, presence: a.p, since: d.now }));
    case "attack": {
      const site = sites[a.i]!;
      const of = { detector: "ssh-brute-force", target: `${site}/ssh-log/${site}`, class: "ssh-brute-force" };
      const detection: Detection = {
        ...of,
        type: "detection",
        id: `${d.log.length}`,
        at: d.now,
        severity: "high",
        actor: a.actor,
        count: 5,
        evidence: {},
      };
      return [{ type: "detection", agent: site, detection, receivedAt: d.now }];
    }
    case "person": {
      const incident = [...d.incidents.keys()].sort()[a.i];
      if (incident === undefined) return [];
      const kept = d.incidents.get(incident)!;
      const closed = kept.state === "closed" ? { kept } : {};
      return [{ type: "person", account: "p", incident, act: deedOf(a.deed, d, incident), ...closed }];
    }
    case "window": {
      const window: Silence = {
        id: `w${d.log.length}`,
        kind: "maintenance",
        matchers: [{ field: "agency", op: "is", values: [sites[a.i]!] }],
        from: d.now,
        until: d.now + a.ms,
        reason: "works",
        by: "p",
        createdAt: d.now,
      };
      return [{ type: "silences", silences: [...d.state.silences, window] }];
    }
    case "registry":
      return [
        { type: "registry", registry: { ...registry, targets: registry.targets.filter((_, i) => i !== a.without) } },
      ];
    case "wait":
      return [];
  }
}

/** Moves both on, and wakes both whenever either asks for it. */
function wait(a: Desk, b: Desk, ms: number): void {
  const end = a.now + ms;
  for (;;) {
    const at = Math.min(nextWake(a.state) ?? Number.POSITIVE_INFINITY, nextWake(b.state) ?? Number.POSITIVE_INFINITY);
    if (at > end) break;
    for (const d of [a, b]) {
      d.now = Math.max(d.now, at);
      d.feed({ type: "tick" });
    }
  }
  a.now = b.now = end;
}

test("looking at what changed gives the same incidents at every moment as looking at everything", () => {
  let opened = 0;
  fc.assert(
    fc.property(fc.array(act, { minLength: 10, maxLength: 50 }), fc.boolean(), (acts, stormy) => {
      // Every other history is one in which storms come early.
      const policy = { ...DEFAULT_POLICY, closes: ["ipv6" as const], storm: { at: stormy ? 2 : 20, windowMs: 60_000 } };
      const settings = { ...SETTINGS, policy };
      const [quick, whole] = [new Desk(true, settings), new Forgetful(true, settings)];
      for (const a of acts) {
        if (a.k === "wait") wait(quick, whole, a.ms);
        for (const input of inputsOf(a, quick)) for (const d of [quick, whole]) d.feed(structuredClone(input));
        assert.deepEqual([...quick.incidents], [...whole.incidents]);
      }
      opened += quick.incidents.size;
    }),
    { numRuns: Number(process.env["VONGGAC_CORRELATE_RUNS"] ?? 150) },
  );
  assert.ok(opened > 50, `${opened} incidents in all histories: too few to have said anything`);
});
