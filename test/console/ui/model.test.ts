// What the screen makes of the feed: agencies with their worst, rows that keep their identity when nothing of theirs changed,
// and incidents in the order in which somebody must look at them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { agenciesByNeed, kindOf, viewAgency } from "../../../console/ui/state/agency.ts";
import { causeReason, closeRefusal, endOf, groupIncidents, mainTags } from "../../../console/ui/state/incidents.ts";
import { applyMessage, type Model } from "../../../console/ui/state/model.ts";
import type { FeedMessage, Incident, IncidentEvent, TargetStatus } from "../../../protocol/incident.ts";

type Snapshot = Extract<FeedMessage, { t: "snapshot" }>;
type Changes = Extract<FeedMessage, { t: "changes" }>;
const both = (s: string) => ({ vi: s, en: s });

const target = (id: string, over: Partial<TargetStatus> = {}): TargetStatus => {
  const agency = id.split("/")[0]!;
  return {
    target: id,
    agency,
    agent: agency,
    asset: agency,
    check: kindOf(id),
    status: "good",
    tags: [],
    since: 1,
    at: 1,
    ...over,
  };
};
const finding = (id: string, severity: TargetStatus["severity"], over: Partial<TargetStatus> = {}) =>
  target(id, { status: "finding", severity, tags: ["LINK_NO_CARRIER"], ...over });
const incident = (id: string, over: Partial<Incident> = {}): Incident => ({
  id,
  cause: { asset: "hub1", name: both("hub1") },
  class: "connectivity",
  severity: "high",
  state: "new",
  detectedAt: 1,
  openedAt: 2,
  impact: { lost: [], degraded: [], affected: [] },
  explains: [],
  evidence: [],
  history: [],
  ...over,
});
const live = (agency: string) => ({ agent: agency, agency, host: agency, presence: "live", since: 1 }) as const;
const snapshot = (over: Partial<Snapshot> = {}): Snapshot => ({
  t: "snapshot",
  at: 10,
  province: { id: "p", name: both("P") },
  levels: [{ id: "commune", name: both("Commune") }],
  agencies: ["a", "b", "c"].map((id) => ({ id, level: "commune", name: both(id.toUpperCase()) })),
  assets: [{ id: "portal", kind: "service", name: both("Portal"), agency: "c" }],
  agents: [live("a"), live("b"), live("c")],
  targets: ["a/link/x", "a/ipv6/site", "b/link/y", "c/link/z"].map((id) => target(id)),
  incidents: [],
  ...over,
});
const changes = (over: Partial<Changes>): Changes => ({
  t: "changes",
  at: 20,
  agents: [],
  targets: [],
  removedTargets: [],
  incidents: [],
  ...over,
});
const after = (...messages: FeedMessage[]): Model =>
  messages.reduce<Model | undefined>((m, message) => applyMessage(m, message), undefined) ?? assert.fail("no model");

test("changes before a snapshot say nothing", () => {
  assert.equal(applyMessage(undefined, changes({ targets: [target("a/link/x")] })), undefined);
});

test("a snapshot replaces all that was known", () => {
  const m = after(snapshot({ incidents: [incident("1")] }), snapshot({ agencies: [], targets: [] }));
  assert.equal(m.agencies.size, 0);
  assert.equal(m.incidents.size, 0);
});

test("only the agencies that a change touches become new objects", () => {
  const before = after(snapshot());
  const m = applyMessage(before, changes({ targets: [finding("a/link/x", "high")] }))!;
  assert.notEqual(m.agencies.get("a"), before.agencies.get("a"));
  assert.equal(m.agencies.get("b"), before.agencies.get("b"));
  assert.equal(m.agencies.get("a")!.overall, "finding");
  const beat = applyMessage(m, changes({ at: 30 }))!;
  assert.equal(beat.agencies, m.agencies, "a beat touches nothing");
  assert.equal(beat.at, 30);
});

test("a removed target is gone from its agency and from the columns", () => {
  const m = after(snapshot(), changes({ removedTargets: ["a/ipv6/site", "never/was/there"] }));
  assert.deepEqual([...m.agencies.get("a")!.cells.keys()], ["link"]);
  assert.deepEqual(m.kinds, ["link"]);
});

test("a cell shows the worst of its targets: a finding before a broken check, before unknown, before skipped, before good", () => {
  const order = ["finding", "broke", "unknown", "skipped", "good"] as const;
  for (const [i, worse] of order.entries())
    for (const milder of order.slice(i + 1)) {
      const targets = [target("a/link/1", { status: milder }), target("a/link/2", { status: worse })];
      const view = viewAgency({ id: "a", level: "l", name: both("A") }, targets, [live("a")], [], () => "a");
      assert.equal(view.cells.get("link")!.status, worse, `${worse} before ${milder}`);
    }
});

test("nothing vouches for an agency whose agent is silent, whose check broke, or that has no check", () => {
  const silent = { ...live("a"), presence: "silent" } as const;
  assert.equal(after(snapshot(), changes({ agents: [silent] })).agencies.get("a")!.overall, "unknown");
  assert.equal(
    after(snapshot(), changes({ targets: [target("a/link/x", { status: "broke" })] })).agencies.get("a")!.overall,
    "unknown",
  );
  assert.equal(after(snapshot({ targets: [] })).agencies.get("a")!.overall, "unknown");
  assert.equal(
    after(snapshot(), changes({ targets: [target("a/link/x", { status: "skipped" })] })).agencies.get("a")!.overall,
    "good",
  );
});

test("a fault of another agency's asset is shown but is not the agency's own", () => {
  const m = after(
    snapshot({
      targets: [
        finding("a/certificate/p", "critical", { asset: "portal" }),
        finding("c/certificate/p", "critical", { asset: "portal" }),
      ],
    }),
  );
  assert.equal(m.agencies.get("a")!.cells.get("certificate")!.shared, true);
  assert.equal(m.agencies.get("a")!.severity, undefined);
  assert.equal(m.agencies.get("c")!.cells.get("certificate")!.shared, false);
  assert.equal(m.agencies.get("c")!.severity, "critical");
});

test("those cut off stand first, then own findings by severity, then unknown, then the rest in the order of the data", () => {
  const ids = ["good", "shared", "unknown", "medium", "critical", "lost"];
  const m = after(
    snapshot({
      agencies: ids.map((id) => ({ id, level: "commune", name: both(id) })),
      agents: ids.map((id) => ({ ...live(id), presence: id === "lost" || id === "unknown" ? "silent" : "live" })),
      targets: [
        target("good/link/x"),
        finding("shared/certificate/p", "critical", { asset: "portal" }),
        finding("medium/link/x", "medium"),
        finding("critical/link/x", "critical"),
      ],
      incidents: [incident("1", { impact: { lost: ["lost"], degraded: [], affected: ["good"] } })],
    }),
  );
  assert.deepEqual(
    [...m.agencies.values()].sort(agenciesByNeed).map((a) => a.id),
    [...ids].reverse(),
  );
});

test("an agency knows the open incidents that hit it, the worst first, and forgets them when they are over", () => {
  const one = incident("1", { impact: { lost: [], degraded: [], affected: ["a"] } });
  const two = incident("2", { impact: { lost: ["a"], degraded: [], affected: [] } });
  const m = after(snapshot({ incidents: [one, two] }));
  assert.deepEqual(
    m.agencies.get("a")!.incidents.map((i) => i.group),
    ["lost", "affected"],
  );
  const over = applyMessage(m, changes({ incidents: [{ ...two, state: "recovered" }] }))!;
  assert.deepEqual(
    over.agencies.get("a")!.incidents.map((i) => i.incident.id),
    ["1"],
  );
});

test("an agency's name wins over that of its gateway, which bears the same id", () => {
  const m = after(snapshot({ assets: [{ id: "a", kind: "host", name: both("Router of A"), agency: "a" }] }));
  assert.equal(m.names.get("a")!.vi, "A");
});

test("incidents: open ones by severity then newest, those that wait for a person, closed ones", () => {
  const groups = groupIncidents([
    incident("closed", { state: "closed", closedAt: 9 }),
    incident("old", { openedAt: 1 }),
    incident("new", { openedAt: 5 }),
    incident("worst", { severity: "critical", openedAt: 0 }),
    incident("quiet", { quietAt: 5 }),
    incident("recovered", { state: "recovered", recoveredAt: 8 }),
  ]);
  assert.deepEqual(
    groups.open.map((i) => i.id),
    ["worst", "new", "old"],
  );
  assert.deepEqual(
    groups.waiting.map((i) => i.id),
    ["recovered", "quiet"],
  );
  assert.deepEqual(
    groups.closed.map((i) => i.id),
    ["closed"],
  );
});

test("the cause is told by the latest words that speak of a cause, not of a change", () => {
  const event = (what: IncidentEvent["what"], key: string): IncidentEvent => ({
    at: 1,
    by: "machine",
    what,
    reason: { key, facts: {} },
  });
  const history = [
    event("opened", "reason.link-down"),
    event("cause-refined", "reason.refined"),
    event("evidence-added", "reason.host-down"),
    event("acknowledged", "reason.person"),
    event("recovered", "reason.evidence-gone"),
  ];
  assert.equal(causeReason(incident("1", { history }))!.key, "reason.host-down");
  assert.equal(causeReason(incident("1")), undefined);
});

test("what is down speaks for the incident; what only follows from it does not", () => {
  const seen = (tag: string) => ({
    agent: "a",
    agency: "a",
    check: "c",
    target: "t",
    subject: "s",
    tag,
    since: 1,
    evidence: {},
  });
  const evidence = ["DC_UNREACHABLE", "LINK_NO_CARRIER", "RESOLVER_UNREACHABLE", "LINK_NO_CARRIER"].map(seen);
  assert.deepEqual(mainTags(incident("1", { evidence })), ["LINK_NO_CARRIER"]);
  assert.deepEqual(mainTags(incident("1", { class: "certificate", evidence: [seen("CERT_EXPIRED")] })), [
    "CERT_EXPIRED",
  ]);
  assert.deepEqual(mainTags(incident("1", { class: "dnssec", evidence: [seen("DC_UNREACHABLE")] })), [
    "DC_UNREACHABLE",
  ]);
});

test("who may close what, and when it was over", () => {
  assert.equal(closeRefusal(incident("1"), "me"), "open");
  assert.equal(closeRefusal(incident("1", { class: "intrusion" }), "me"), "intrusion");
  assert.equal(closeRefusal(incident("1", { quietAt: 5 }), "me"), undefined);
  assert.equal(closeRefusal(incident("1", { state: "recovered", owner: "me" }), "me"), undefined);
  assert.equal(closeRefusal(incident("1", { state: "recovered", owner: "other" }), "me"), "owner");
  assert.equal(closeRefusal(incident("1", { state: "closed" }), "me"), "closed");
  assert.equal(endOf(incident("1")), undefined);
  assert.equal(endOf(incident("1", { state: "recovered", recoveredAt: 7 })), 7);
});
