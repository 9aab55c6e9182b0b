// Stories of a broken network: one thing breaks, one incident opens, and it names the thing.
import assert from "node:assert/strict";
import test from "node:test";
import { initialState, restore, step } from "../../../console/correlate/index.ts";
import { Desk, registry, SETTINGS } from "./world.ts";

const DOWN = "LINK_NO_CARRIER";

function hub1Down(d: Desk): void {
  d.link("core1~hub1", ["core1"], DOWN);
  d.wait(200);
  d.link("hub1~dept", ["dept"], DOWN);
  d.link("hub1~both", ["both"], DOWN);
}

test("a hub that loses all its links is one incident: lost and degraded told apart", () => {
  const d = new Desk();
  hub1Down(d);
  d.wait(1_000);
  assert.deepEqual(
    d.open().map((i) => [i.cause.asset, i.class, i.severity, i.impact.lost, i.impact.degraded]),
    [["hub1", "connectivity", "critical", ["only1"], ["both", "dept"]]],
  );
  assert.deepEqual(d.open()[0]!.history[0]!.reason, {
    key: "reason.host-down",
    facts: { host: "hub1", links: ["core1~hub1", "hub1~both", "hub1~dept"] },
  });
});

test("the silence of the hub's communes is explained by the hub", () => {
  const d = new Desk();
  hub1Down(d);
  d.wait(6_000);
  d.silent("hub1", "only1");
  d.wait(60_000);
  assert.equal(d.incidents.size, 1);
  assert.ok(d.open()[0]!.explains.includes("only1"));
});

test("links that come back one by one leave one incident, which recovers by itself and reopens on return", () => {
  const d = new Desk();
  hub1Down(d);
  d.wait(10_000);
  d.silent("hub1", "only1");
  d.wait(10_000);
  d.link("core1~hub1", ["core1"]);
  d.wait(2_500);
  d.link("hub1~dept", ["dept"]);
  d.wait(2_500);
  assert.equal(d.open().length, 1, "a remnant keeps it open");
  d.link("hub1~both", ["both"]);
  d.wait(2_000);
  assert.equal(d.open().length, 1, "hysteresis");
  d.wait(2_000);
  d.live("hub1", "only1");
  assert.equal(d.open().length, 0);
  assert.equal(d.incidents.size, 1);
  const [incident] = d.incidents.values();
  assert.equal(incident!.state, "recovered");
  assert.deepEqual(incident!.impact.lost, ["only1"], "the history keeps whom it hit");
  d.wait(60_000);
  hub1Down(d);
  d.wait(1_000);
  assert.equal(d.incidents.size, 1);
  assert.equal(d.open()[0]?.history.at(-1)?.what, "reopened");
});

test("one link of a hub is that link", () => {
  const d = new Desk();
  d.link("hub1~dept", ["hub1", "dept"], DOWN);
  d.wait(1_000);
  assert.deepEqual(
    d.open().map((i) => [i.cause.asset, i.severity, i.impact.lost, i.impact.degraded]),
    [["hub1~dept", "high", [], ["dept"]]],
  );
});

test("the only link of a commune cuts it off, and its silence is explained", () => {
  const d = new Desk();
  d.link("hub1~only1", ["hub1"], "LINK_SESSION_LOST");
  d.wait(7_000);
  d.silent("only1");
  d.wait(60_000);
  assert.deepEqual(
    [...d.incidents.values()].map((i) => [i.cause.asset, i.impact.lost]),
    [["hub1~only1", ["only1"]]],
  );
});

test("a hub cut from the core while its agencies still see it is the core link, not the hub", () => {
  const d = new Desk();
  d.link("core1~hub1", ["core1"], DOWN);
  d.wait(2_000);
  assert.deepEqual(
    d.open().map((i) => [i.cause.asset, i.impact.lost, i.impact.degraded]),
    [["core1~hub1", ["only1"], ["both", "dept"]]],
  );
});

test("evidence that comes late refines the open incident instead of opening a second", () => {
  const d = new Desk();
  d.link("core1~hub1", ["core1"], DOWN);
  d.wait(2_000);
  d.link("hub1~dept", ["dept"], DOWN);
  d.link("hub1~both", ["both"], DOWN);
  d.wait(2_000);
  assert.deepEqual(
    [...d.incidents.values()].map((i) => [i.cause.asset, i.state]),
    [["hub1", "new"]],
  );
  assert.ok(d.open()[0]!.history.some((e) => e.what === "cause-refined"));
});

test("what a cut-off commune had stored and sends late opens nothing", () => {
  const d = new Desk();
  d.link("hub1~only1", ["hub1"], DOWN);
  d.wait(20_000);
  d.silent("only1");
  d.link("hub1~only1", ["hub1"]);
  d.wait(500);
  d.live("only1");
  d.report("only1/ipv6/portal", ["IPV6_SERVICE_UNREACHABLE"]);
  d.report("only1/certificate/portal", ["CERT_SERVICE_UNREACHABLE"]);
  d.wait(100);
  d.report("only1/ipv6/portal", []);
  d.report("only1/certificate/portal", []);
  d.wait(60_000);
  assert.equal(d.incidents.size, 1);
  assert.equal([...d.incidents.values()][0]!.state, "recovered");
});

for (const [when, waitMs] of [
  ["just back", 0],
  ["recovered", 5_000],
] as const)
  test(`nor does it when the console starts again meanwhile: the path is ${when}`, () => {
    const d = new Desk();
    d.link("hub1~only1", ["hub1"], DOWN);
    d.wait(20_000);
    d.silent("only1");
    d.link("hub1~only1", ["hub1"]);
    d.wait(500 + waitMs);
    d.live("only1");
    d.report("only1/ipv6/portal", ["IPV6_SERVICE_UNREACHABLE"]);
    d.report("only1/certificate/portal", ["CERT_SERVICE_UNREACHABLE"]);
    assert.equal([...d.incidents.values()][0]!.state, waitMs === 0 ? "new" : "recovered");

    const again = initialState(SETTINGS);
    const latest = new Map(
      d.log.flatMap(({ input: i }) => (i.type === "report" ? [[i.report.target, i] as const] : [])),
    );
    restore(again, registry, structuredClone([...d.incidents.values()]), [...latest.values()]);
    for (const [agent, p] of d.state.presence) step(again, { type: "presence", agent, ...p }, d.now);
    const opened: string[] = [];
    const tick = (now: number) => {
      for (const { incident: i } of step(again, { type: "tick" }, now)) opened.push(`${i.class} ${i.state}`);
    };
    for (let ms = 0; ms < 8_000; ms += 500) tick(d.now + ms);
    assert.deepEqual(
      opened.filter((o) => !o.startsWith("connectivity")),
      [],
      "what it says is old news for a while",
    );
    // What it still says when the grace is over is its own.
    for (let ms = 8_000; ms < 40_000; ms += 500) tick(d.now + ms);
    assert.ok(
      opened.some((o) => o.endsWith(" new") && !o.startsWith("connectivity")),
      `${opened}`,
    );
  });

test("two hubs down at once: a department with both is lost to both", () => {
  const d = new Desk();
  for (const hub of ["hub1", "hub2"]) d.link(`core1~${hub}`, ["core1"], DOWN);
  for (const s of ["dept", "both"]) for (const hub of ["hub1", "hub2"]) d.link(`${hub}~${s}`, [s], DOWN);
  d.wait(1_000);
  const byCause = new Map(d.open().map((i) => [i.cause.asset, i.impact.lost]));
  assert.deepEqual([...byCause.keys()].sort(), ["hub1", "hub2"]);
  assert.deepEqual(byCause.get("hub1"), ["both", "dept", "only1"]);
});

test("a server whose cable is out explains that its service cannot be reached", () => {
  const d = new Desk();
  d.link("core1~web1", ["core1"], DOWN);
  for (const s of ["dept", "both", "only1", "only2"]) {
    d.report(`${s}/certificate/portal`, ["CERT_SERVICE_UNREACHABLE"]);
    d.report(`${s}/ipv6/portal`, ["IPV6_SERVICE_UNREACHABLE"]);
    d.wait(700);
  }
  d.wait(20_000);
  assert.deepEqual(
    [...d.incidents.values()].map((i) => [i.cause.asset, i.impact.affected]),
    [["core1~web1", ["both", "dept", "only1", "only2"]]],
  );
});

test("links seen down one after another within a second and a half open no incident of their own before the hub's", () => {
  const d = new Desk();
  d.link("hub1~both", ["both"], DOWN);
  d.wait(400);
  d.link("core1~hub1", ["core1"], DOWN);
  d.wait(1_000);
  d.link("hub1~dept", ["dept"], DOWN);
  d.wait(2_000);
  assert.deepEqual(
    [...d.incidents.values()].map((i) => i.cause.asset),
    ["hub1"],
  );
});

test("a link's own recovered incident is not reopened by a remnant of its hub's outage", () => {
  const d = new Desk();
  d.link("hub1~both", ["both"], DOWN);
  d.wait(1_000);
  d.link("hub1~both", ["both"]);
  d.wait(10_000);
  hub1Down(d);
  d.wait(5_000);
  d.link("core1~hub1", ["core1"]);
  d.link("hub1~dept", ["dept"]);
  d.wait(5_000);
  assert.deepEqual(
    [...d.incidents.values()].map((i) => [i.cause.asset, i.state]),
    [
      ["hub1~both", "recovered"],
      ["hub1", "new"],
    ],
  );
});

test("a return long after recovery is another incident, and says when it began", () => {
  const d = new Desk();
  d.link("hub1~dept", ["hub1", "dept"], DOWN);
  d.wait(1_000);
  d.link("hub1~dept", ["hub1", "dept"]);
  d.wait(60_000);
  d.link("hub1~dept", ["hub1", "dept"], DOWN);
  d.wait(1_000);
  assert.equal(d.open()[0]?.id, "INC-000001");
  assert.equal(d.open()[0]?.reopenedAt, d.now - 1_000);
  d.link("hub1~dept", ["hub1", "dept"]);
  d.wait(40 * 60_000);
  d.link("hub1~dept", ["hub1", "dept"], DOWN);
  d.wait(1_000);
  assert.equal(d.open()[0]?.id, "INC-000002");
});
