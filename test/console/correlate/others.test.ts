// Stories of services, agents, attacks and people.
import assert from "node:assert/strict";
import test from "node:test";
import { initialState, restore, step } from "../../../console/correlate/index.ts";
import { type Asset, type Detection, phaseOf, type Report, type Target } from "../../../protocol/index.ts";
import { Desk, registry, SETTINGS } from "./world.ts";

const attack = (d: Desk, site: string, actor: string, count = 5): Detection => ({
  type: "detection",
  id: `${site}-${d.now}`,
  detector: "ssh-brute-force",
  target: `${site}/ssh-log/${site}`,
  at: d.now,
  class: "ssh-brute-force",
  severity: "high",
  actor,
  count,
  evidence: {},
});

test("an expired certificate seen by many is one incident of the service", () => {
  const d = new Desk();
  for (const s of ["dept", "both", "only1"]) {
    d.report(`${s}/certificate/portal`, ["CERT_EXPIRED"]);
    d.wait(900);
  }
  assert.deepEqual(
    [...d.incidents.values()].map((i) => [i.cause.asset, i.class, i.evidence.length, i.impact.affected.length]),
    [["portal", "certificate", 3, 4]],
  );
});

test("a dead portal explains that it is not reached over IPv6 either", () => {
  const d = new Desk();
  d.report("dept/ipv6/portal", ["IPV6_SERVICE_UNREACHABLE"]);
  d.wait(300);
  d.report("both/certificate/portal", ["CERT_SERVICE_UNREACHABLE"]);
  d.wait(300);
  d.report("dept/certificate/portal", ["CERT_SERVICE_UNREACHABLE"]);
  d.wait(5_000);
  assert.deepEqual(
    d.open().map((i) => [i.cause.asset, i.class, i.explains]),
    [["portal", "service", ["dept"]]],
  );
});

test("an agent that is silent though its path stands is an incident of its own; after a restart it stays one", () => {
  const d = new Desk();
  d.silent("only2");
  d.wait(2_000);
  assert.deepEqual(
    d.open().map((i) => [i.cause.asset, i.class]),
    [["only2", "agent"]],
  );
  const again = initialState(SETTINGS);
  restore(again, registry, [structuredClone(d.open()[0]!)], []);
  assert.deepEqual(step(again, { type: "tick" }, d.now + 1_000), [], "not recovered by a restart");
  assert.deepEqual(step(again, { type: "tick" }, d.now + 10_000), []);
  step(again, { type: "presence", agent: "only2", presence: "live", since: d.now }, d.now + 11_000);
  const changes = step(again, { type: "tick" }, d.now + 15_000);
  assert.equal(changes[0]?.incident.state, "recovered");
});

test("all agents silent at once: the console is cut off, one incident", () => {
  const d = new Desk();
  d.silent(...registry.agents.map((a) => a.id));
  d.wait(2_000);
  assert.deepEqual(
    d.open().map((i) => i.cause.asset),
    ["console"],
  );
});

test("skipped and broken runs open and close nothing", () => {
  const d = new Desk();
  d.report("dept/certificate/portal", ["CERT_EXPIRED"]);
  d.wait(2_000);
  const head = {
    type: "report",
    check: "certificate",
    target: "dept/certificate/portal",
    at: d.now,
    tookMs: 1,
  } as const;
  const reports: Report[] = [
    { ...head, outcome: "skipped", reason: "x" },
    { ...head, outcome: "broke", error: "x" },
  ];
  for (const report of reports) d.feed({ type: "report", agent: "dept", report, receivedAt: d.now });
  d.wait(30_000);
  assert.equal(d.open().length, 1);
});

test("one actor at two agencies is one incident; it turns quiet by itself and only a person closes it", () => {
  const d = new Desk();
  for (const s of ["dept", "both"])
    d.feed({ type: "detection", agent: s, detection: attack(d, s, "203.0.113.9"), receivedAt: d.now });
  d.feed({ type: "detection", agent: "dept", detection: attack(d, "dept", "203.0.113.10"), receivedAt: d.now });
  assert.equal(d.incidents.size, 2);
  const first = d.incidents.get("INC-000001")!;
  assert.deepEqual(first.impact.affected, ["both", "dept"]);
  const close = (account: string) =>
    d.feed({ type: "person", account, incident: first.id, act: { kind: "close", resolution: "blocked" } });
  assert.equal(close("an").length, 0, "not while it goes on");
  d.wait(119_000);
  assert.equal(phaseOf(d.incidents.get(first.id)!), "open");
  d.wait(2_000);
  assert.equal(phaseOf(d.incidents.get(first.id)!), "waiting");
  d.wait(3_600_000);
  assert.equal(phaseOf(d.incidents.get(first.id)!), "waiting", "nothing closes it but a person");
  d.feed({ type: "person", account: "binh", incident: first.id, act: { kind: "acknowledge" } });
  assert.equal(close("an").length, 0, "not over its owner");
  assert.equal(close("binh")[0]?.incident.state, "closed");
  d.feed({ type: "detection", agent: "dept", detection: attack(d, "dept", "203.0.113.9"), receivedAt: d.now });
  assert.equal(d.open().length, 1);
  assert.notEqual(d.open()[0]!.id, first.id, "a closed incident stays closed");
});

test("a flood of one actor is a line a minute and place, with its counts; people's acts and the first evidence stay", () => {
  const d = new Desk();
  const sites = ["dept", "both"] as const;
  const hit = (site: string) =>
    d.feed({ type: "detection", agent: site, detection: attack(d, site, "203.0.113.9"), receivedAt: d.now });
  const SECONDS = 150;
  for (let s = 0; s < SECONDS; s++) {
    for (const site of sites) hit(site);
    if (s === 75) d.feed({ type: "person", account: "an", incident: "INC-000001", act: { kind: "acknowledge" } });
    d.wait(1_000);
  }
  const one = d.incidents.get("INC-000001")!;
  assert.deepEqual([d.incidents.size, one.detections], [1, SECONDS * sites.length]);
  assert.deepEqual(
    one.history.map((e) => [e.what, e.reason.facts["asset"] ?? e.by, e.reason.facts["count"] ?? 0]),
    [
      ["opened", "dept", 5],
      ["campaign", "machine", 0],
      ["evidence-added", "both", 300],
      ["evidence-added", "dept", 300],
      ["acknowledged", "an", 0],
      ["evidence-added", "both", 300],
      ["evidence-added", "dept", 300],
      ["evidence-added", "dept", 145],
      ["evidence-added", "both", 150],
    ],
  );
  const times = one.history.map((e) => e.at);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
    "in the order of time",
  );
  assert.equal(one.evidence.length, 30, "five pieces a minute and place");
  assert.equal(
    one.evidence.reduce((n, e) => n + Number(e.evidence["detections"] ?? 1), 0),
    SECONDS * sites.length,
  );
  const { id } = one;
  d.feed({ type: "person", account: "an", incident: id, act: { kind: "split", agencies: ["both"], reason: "x" } });
  const part = [...d.incidents.values()].find((i) => i.splitFrom === id)!;
  assert.deepEqual([part.detections, d.incidents.get(id)!.detections], [SECONDS, SECONDS]);
});

test("what a few detections of a minute say beside their counts all stays", () => {
  const d = new Desk();
  const prefixes = ["2001:db8:1::/48", "2001:db8:2::/48", "2001:db8:3::/48"];
  for (const prefix of prefixes) {
    const detection = { ...attack(d, "dept", "AS64500"), evidence: { prefixes: [prefix] } };
    d.feed({ type: "detection", agent: "dept", detection, receivedAt: d.now });
    d.wait(10_000);
  }
  const [one] = [...d.incidents.values()];
  assert.deepEqual(
    one!.evidence.flatMap((e) => e.evidence["prefixes"]),
    prefixes,
  );
  assert.deepEqual(
    one!.history.map((e) => [e.what, e.reason.facts["count"]]),
    [
      ["opened", 5],
      ["evidence-added", 10],
    ],
  );
});

test("a full history loses what came again and again, then what the machine noted, and last what people did", () => {
  const d = new Desk();
  const hit = (k: number) => {
    const detection = { ...attack(d, "dept", "203.0.113.9"), detector: `d${k}` };
    d.feed({ type: "detection", agent: "dept", detection, receivedAt: d.now });
  };
  hit(0);
  const { id } = [...d.incidents.values()][0]!;
  d.feed({ type: "person", account: "an", incident: id, act: { kind: "acknowledge" } });
  for (let k = 1; k < 700; k++) hit(k);
  const { history } = d.incidents.get(id)!;
  assert.equal(history.length, 500);
  assert.deepEqual([history[0]!.what, history.some((e) => e.what === "acknowledged")], ["opened", true]);
  assert.equal(history.at(-1)!.reason.facts["detector"], "d699");
});

test("advice opens no incident; beside something worse it is evidence", () => {
  const d = new Desk();
  d.report("dept/certificate/portal", ["ZONE_SOA_TIMERS", "ZONE_NSEC3_SALT"]);
  d.wait(30_000);
  assert.equal(d.incidents.size, 0);
  d.report("dept/certificate/portal", ["ZONE_SOA_TIMERS", "ZONE_SERVER_NO_TCP"]);
  d.wait(30_000);
  assert.deepEqual(
    d.open().map((i) => [i.cause.asset, i.class, i.severity, i.evidence.length]),
    [["portal", "service", "high", 2]],
  );
});

test("an audit speaks of the zone, and of a server where it names one: one incident a class", () => {
  const d = new Desk();
  const at = ["2001:db8::53", "2001:db8:1::53"];
  const servers = at.map((address, i) => ({ name: `ns${i + 1}.p.example`, address, asset: `ns${i + 1}` }));
  const named = (id: string) => ({ vi: id, en: id });
  const audit: Target = {
    id: "core1/zone-audit/p.example",
    kind: "zone-audit",
    agency: "dc1",
    agent: "core1",
    asset: "zone:p.example",
    everyMs: 180_000,
    expects: {
      zone: "p.example",
      servers,
      names: [],
      warnFraction: 0.25,
      hints: [{ name: "a.root.", addresses: ["2001:db8::1"] }],
      anchors: ". IN DS 1 13 2 00",
    },
  };
  const assets: Asset[] = [
    { id: "zone:p.example", kind: "zone", on: ["web1"], agency: "dc1", name: named("p.example") },
    ...servers.map(
      ({ asset }): Asset => ({ id: asset, kind: "service", on: ["web1"], agency: "dc1", name: named(asset) }),
    ),
  ];
  const registry2 = {
    ...registry,
    version: "2",
    assets: [...registry.assets, ...assets],
    targets: [...registry.targets, audit],
  };
  d.feed({ type: "registry", registry: registry2 });
  const finding = (tag: string, subject: string) => ({ tag, subject, evidence: {} });
  const report: Report = {
    type: "report",
    check: "zone-audit",
    target: audit.id,
    at: d.now,
    tookMs: 1,
    outcome: "ran",
    findings: [
      finding("ZONE_CHAIN_BROKEN", "p.example."),
      finding("ZONE_DENIAL_BROKEN", "ns1.p.example. 2001:db8::53"),
      finding("ZONE_SECONDARY_STALE", "ns2.p.example. 2001:db8:1::53"),
      finding("ZONE_SERVER_NO_TCP", "ns2.p.example. 2001:db8:1::53"),
      finding("ZONE_SERVERS_DIFFER", "p.example."),
    ],
  };
  d.feed({ type: "report", agent: "core1", report, receivedAt: d.now });
  d.wait(5_000);
  assert.deepEqual(
    d
      .open()
      .map((i) => `${i.cause.asset} ${i.class} ${i.evidence.length}`)
      .sort(),
    ["ns2 service 1", "zone:p.example dnssec 3", "zone:p.example service 1"],
  );
});

test("a target that is no longer watched takes its clues along", () => {
  const d = new Desk();
  d.report("dept/certificate/portal", ["CERT_EXPIRED"]);
  d.wait(2_000);
  const without = registry.targets.filter((t) => t.id !== "dept/certificate/portal");
  d.feed({ type: "registry", registry: { ...registry, version: "2", targets: without } });
  d.wait(5_000);
  assert.equal(d.open().length, 0);
});

test("a stranger's report of another's target is not heard", () => {
  const d = new Desk();
  const report: Report = {
    type: "report",
    check: "certificate",
    target: "dept/certificate/portal",
    at: d.now,
    tookMs: 1,
    outcome: "ran",
    findings: [{ subject: "s", tag: "CERT_EXPIRED", evidence: {} }],
  };
  d.feed({ type: "report", agent: "both", report, receivedAt: d.now });
  d.wait(5_000);
  assert.equal(d.incidents.size, 0);
});
