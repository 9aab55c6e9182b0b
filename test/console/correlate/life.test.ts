// The life of an incident: each move of the table, who may make it, and what the machine does of itself.
import assert from "node:assert/strict";
import test from "node:test";
import { initialState, restore, step } from "../../../console/correlate/index.ts";
import { DEFAULT_POLICY } from "../../../console/correlate/state.ts";
import { type Incident, phaseOf, type Silence } from "../../../protocol/index.ts";
import { Desk, registry, SETTINGS } from "./world.ts";

const expired = (d: Desk) => d.report("dept/certificate/portal", ["CERT_EXPIRED"]);
const only = (d: Desk): Incident => {
  assert.equal(d.incidents.size, 1);
  return [...d.incidents.values()][0]!;
};
const told = (i: Incident) => i.history.map((e) => e.what).join(" ");

test("new → acknowledged → investigating → contained → recovered → closed, each by whom it may", () => {
  const d = new Desk();
  expired(d);
  d.wait(3_000);
  const { id } = only(d);
  assert.equal(only(d).state, "new");
  d.act("an", id, { kind: "acknowledge" });
  assert.deepEqual([only(d).state, only(d).owner], ["acknowledged", "an"]);
  assert.deepEqual(d.act("binh", id, { kind: "acknowledge" }), [], "not over another's head without a reason");
  d.act("binh", id, { kind: "acknowledge", reason: "shift change" });
  assert.deepEqual(only(d).history.at(-1)!.reason.facts, { from: "an", reason: "shift change" });
  assert.deepEqual(d.act("an", id, { kind: "investigate" }), [], "its owner investigates");
  d.act("binh", id, { kind: "investigate" });
  d.act("binh", id, { kind: "contain", reason: "old certificate withdrawn" });
  assert.equal(only(d).state, "contained");
  assert.deepEqual(d.act("binh", id, { kind: "recover", reason: "looks good" }), [], "the machine sees for itself");
  assert.deepEqual(d.act("binh", id, { kind: "close", resolution: "x" }), [], "the trouble stands");
  d.good("dept/certificate/portal");
  d.wait(5_000);
  assert.equal(only(d).state, "recovered");
  assert.deepEqual(d.act("binh", id, { kind: "close", resolution: "  " }), []);
  d.act("binh", id, { kind: "close", resolution: "renewed" });
  assert.deepEqual([only(d).state, only(d).resolution], ["closed", "renewed"]);
  assert.equal(told(only(d)), "opened acknowledged acknowledged investigating contained recovered closed");
});

test("a return within the window reopens the same incident with its owner; after it, another opens", () => {
  const d = new Desk();
  expired(d);
  d.wait(3_000);
  const { id } = only(d);
  d.act("an", id, { kind: "acknowledge" });
  d.good("dept/certificate/portal");
  d.wait(DEFAULT_POLICY.reopenMs - 10_000);
  expired(d);
  d.wait(3_000);
  assert.deepEqual([only(d).state, only(d).owner, only(d).history.at(-1)!.what], ["acknowledged", "an", "reopened"]);
  d.good("dept/certificate/portal");
  d.wait(DEFAULT_POLICY.reopenMs + 60_000);
  expired(d);
  d.wait(3_000);
  assert.deepEqual(
    [...d.incidents.values()].map((i) => i.state),
    ["recovered", "new"],
  );
});

test("a person reopens what was closed; then only a person says that it is over", () => {
  const d = new Desk();
  expired(d);
  d.wait(3_000);
  const { id } = only(d);
  d.good("dept/certificate/portal");
  d.wait(5_000);
  d.act("an", id, { kind: "close", resolution: "renewed" });
  d.act("an", id, { kind: "reopen", reason: "users still complain" });
  d.wait(60_000);
  assert.deepEqual([only(d).state, only(d).resolution], ["investigating", undefined]);
  d.act("an", id, { kind: "recover", reason: "asked them" });
  d.act("an", id, { kind: "close", resolution: "cache flushed" });
  assert.equal(only(d).state, "closed");
});

test("the machine closes the classes that policy lists, and no other", () => {
  const policy = { ...DEFAULT_POLICY, closes: ["certificate" as const], closeAfterMs: 3_600_000 };
  const d = new Desk(true, { ...SETTINGS, policy });
  expired(d);
  d.report("both/ipv6/portal", ["IPV6_ADDRESS_MISSING"]);
  d.wait(3_000);
  d.good("dept/certificate/portal");
  d.good("both/ipv6/portal");
  d.wait(3_500_000);
  assert.deepEqual([...d.incidents.values()].map((i) => i.state).sort(), ["recovered", "recovered"]);
  d.wait(200_000);
  const states = Object.fromEntries([...d.incidents.values()].map((i) => [i.class, i.state]));
  assert.deepEqual(states, { certificate: "closed", ipv6: "recovered" });
});

test("merged: one answers for both, recovers when both are over, and keeps every detection", () => {
  const d = new Desk();
  expired(d);
  d.report("both/ipv6/portal", ["IPV6_ADDRESS_MISSING"]);
  d.wait(3_000);
  const [a, b] = [...d.incidents.keys()] as [string, string];
  d.act("an", b, { kind: "merge", into: a, reason: "one change broke both" });
  assert.deepEqual([d.incidents.get(b)!.state, d.incidents.get(b)!.mergedInto], ["closed", a]);
  d.wait(60_000);
  assert.equal(d.incidents.size, 2, "what was merged opens nothing again");
  d.good("dept/certificate/portal");
  d.good("both/ipv6/portal");
  d.wait(10_000);
  assert.equal(d.incidents.get(a)!.state, "recovered");
  const c = new Desk();
  c.attack("dept", "203.0.113.1");
  c.attack("both", "203.0.113.2");
  const [x, y] = [...c.incidents.keys()] as [string, string];
  c.act("an", y, { kind: "merge", into: x, reason: "one botnet" });
  c.attack("both", "203.0.113.2");
  assert.deepEqual([c.incidents.size, c.incidents.get(x)!.detections], [2, 3]);
});

test("split: an agency's part is an incident of its own, and what follows there goes to it", () => {
  const d = new Desk();
  for (const site of ["dept", "both", "only1"]) d.attack(site, "203.0.113.9");
  const { id } = only(d);
  assert.deepEqual(
    d.act("an", id, { kind: "split", agencies: ["dept", "both", "only1"], reason: "x" }),
    [],
    "not all of it",
  );
  d.act("an", id, { kind: "split", agencies: ["only1"], reason: "another team's case" });
  const part = [...d.incidents.values()].find((i) => i.splitFrom === id)!;
  assert.deepEqual([part.impact.affected, part.detections, part.cause.actor], [["only1"], 1, "203.0.113.9"]);
  d.attack("only1", "203.0.113.9");
  d.attack("dept", "203.0.113.9");
  assert.deepEqual([d.incidents.get(part.id)!.detections, d.incidents.get(id)!.detections], [2, 3]);
  assert.equal(d.incidents.get(part.id)!.campaign, d.incidents.get(id)!.campaign, "still one campaign");
});

test("the same actor or tool at several agencies is one campaign; two that turn out to be one keep the older name", () => {
  const d = new Desk();
  d.attack("dept", "203.0.113.1");
  assert.equal(only(d).campaign, undefined, "one agency alone is no campaign");
  d.attack("both", "203.0.113.1");
  assert.equal(only(d).campaign, "CAM-000001");
  d.attack("only1", "203.0.113.2");
  d.attack("only2", "203.0.113.2");
  const names = () => [...d.incidents.values()].map((i) => i.campaign);
  assert.deepEqual(names(), ["CAM-000001", "CAM-000002"]);
  d.attack("only2", "203.0.113.2", { evidence: { sha256: "ab".repeat(32) } });
  d.attack("dept", "203.0.113.1", { evidence: { sha256: "ab".repeat(32) } });
  assert.deepEqual(names(), ["CAM-000001", "CAM-000001"]);
});

test("a storm is one incident with counts, and nothing of it is lost", () => {
  const policy = { ...DEFAULT_POLICY, storm: { at: 3, windowMs: 60_000 } };
  const d = new Desk(true, { ...SETTINGS, policy });
  for (let i = 1; i <= 50; i++) d.attack("dept", `203.0.113.${i}`);
  assert.equal(d.incidents.size, 4);
  const storm = [...d.incidents.values()].find((i) => i.storm)!;
  assert.deepEqual([storm.storm!.count, storm.detections, storm.impact.affected], [47, 47, ["dept"]]);
  d.attack("dept", "203.0.113.30");
  assert.deepEqual(
    [d.incidents.size, d.incidents.get(storm.id)!.storm!.count],
    [4, 47],
    "a known actor is not counted twice",
  );
  assert.equal(d.incidents.get(storm.id)!.detections, 48);
  const again = initialState({ ...SETTINGS, policy });
  restore(again, registry, structuredClone([...d.incidents.values()]), []);
  const d2 = step(again, d.log.at(-1)!.input, d.now + 1_000);
  assert.equal(d2[0]!.incident.id, storm.id, "nor after a restart");
});

test("a maintenance window: nothing opens, nothing is lost, recovery goes on, and what outlasts it opens at once", () => {
  const window = (d: Desk, ms: number): Silence => ({
    id: "SIL-1",
    kind: "maintenance",
    matchers: [{ field: "asset", op: "is", values: ["hub1"] }],
    from: d.now,
    until: d.now + ms,
    reason: "new firmware",
    by: "an",
    createdAt: d.now,
  });
  const down = (d: Desk, tag?: string) => {
    d.link("core1~hub1", ["core1"], tag);
    for (const s of ["dept", "both"]) d.link(`hub1~${s}`, [s], tag);
  };
  const good = new Desk();
  good.feed({ type: "silences", silences: [window(good, 600_000)] });
  down(good, "LINK_NO_CARRIER");
  good.wait(6_000);
  good.silent("hub1", "only1");
  good.attack("dept", "203.0.113.9");
  good.wait(300_000);
  assert.deepEqual(
    [...good.incidents.values()].map((i) => i.class),
    ["intrusion"],
    "attacks are opened always",
  );
  down(good);
  good.live("hub1", "only1");
  good.wait(600_000);
  assert.equal(good.incidents.size, 1);

  const ended = new Desk();
  ended.feed({ type: "silences", silences: [window(ended, 600_000)] });
  down(ended, "LINK_NO_CARRIER");
  ended.wait(30_000);
  assert.equal(ended.incidents.size, 0);
  ended.feed({ type: "silences", silences: [] });
  ended.wait(1_000);
  assert.equal(only(ended).cause.asset, "hub1", "a window that a person ended early holds nothing back any more");

  const late = new Desk();
  late.feed({ type: "silences", silences: [window(late, 60_000)] });
  down(late, "LINK_NO_CARRIER");
  const began = late.now;
  late.wait(59_000);
  assert.equal(late.incidents.size, 0);
  late.wait(2_000);
  assert.deepEqual([only(late).cause.asset, only(late).id, only(late).detectedAt], ["hub1", "INC-000001", began]);
  assert.equal(told(only(late)), "opened evidence-added");
});

test("severity: the table's factors are its reason; a person's judgement stands above it", () => {
  const levels = [
    { id: "province", name: { vi: "", en: "" } },
    { id: "commune", name: { vi: "", en: "" } },
  ];
  const agencies = registry.agencies.map((a) => (a.id === "only1" ? { ...a, level: "commune" } : a));
  const d = new Desk();
  d.feed({ type: "registry", registry: { ...registry, version: "2", levels, agencies } });
  d.report("dept/ipv6/portal", ["IPV6_ADDRESS_MISSING"]);
  d.report("only1/ipv6/portal", ["IPV6_ADDRESS_MISSING"]);
  d.wait(5_000);
  const of = (asset: string) => [...d.incidents.values()].find((i) => i.cause.asset === asset)!;
  assert.deepEqual([of("dept").severity, of("only1").severity], ["high", "medium"]);
  assert.deepEqual(of("only1").severityReason, {
    key: "reason.severity",
    facts: { base: "severity.high", importance: "importance.ordinary", breadth: "breadth.one" },
  });
  d.act("an", of("only1").id, { kind: "set-severity", severity: "critical", reason: "the chairman's office" });
  d.report("only1/ipv6/portal", ["IPV6_ADDRESS_MISSING", "IPV6_NO_DEFAULT_ROUTE"]);
  d.wait(5_000);
  assert.equal(of("only1").severity, "critical");
});

test("the agent's time, the time of receipt and the skew are kept; a correction needs a reason and a possible time", () => {
  const d = new Desk();
  d.attack("dept", "203.0.113.9", { at: d.now - 7_000 });
  assert.deepEqual(only(d).earliest, { agentAt: d.now - 7_000, receivedAt: d.now, skewMs: 7_000 });
  const { id, detectedAt } = only(d);
  assert.deepEqual(d.act("an", id, { kind: "correct-detection", at: d.now + 1, reason: "x" }), []);
  d.act("an", id, {
    kind: "correct-detection",
    at: detectedAt - 60_000,
    reason: "an officer saw it a minute before",
  });
  assert.equal(only(d).detectedAt, detectedAt - 60_000);
  assert.equal(only(d).history.at(-1)!.reason.facts["before"], detectedAt);
});

test("what a person declares has no end that the machine could know", () => {
  const d = new Desk();
  const declared = {
    asset: "portal",
    class: "data" as const,
    severity: "critical" as const,
    detectedAt: d.now - 60_000,
    summary: "a list of citizens was sent to the wrong address",
    agencies: ["dept"],
    indicators: [],
  };
  d.feed({ type: "declare", account: "an", declared });
  d.wait(86_400_000);
  assert.deepEqual([only(d).state, phaseOf(only(d))], ["new", "open"]);
  assert.deepEqual(d.act("an", only(d).id, { kind: "close", resolution: "x" }), []);
  d.act("an", only(d).id, { kind: "recover", reason: "the addressee deleted it" });
  d.act("an", only(d).id, { kind: "close", resolution: "told those concerned" });
  assert.equal(only(d).state, "closed");
});
