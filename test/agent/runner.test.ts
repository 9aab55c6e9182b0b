import assert from "node:assert/strict";
import { test } from "node:test";
import type { Check, Outcome, Tail } from "../../agent/check.ts";
import { AgentError } from "../../agent/errors.ts";
import { type Checks, type Detectors, Runner } from "../../agent/runner.ts";
import type { Detection, Finding, Report } from "../../protocol/finding.ts";
import type { Target } from "../../protocol/target.ts";
import { worldOf } from "./support/world.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const finding = (subject: string): Finding => ({ subject, tag: "LINK_NO_CARRIER", evidence: {} });
const linkTarget = (id: string, everyMs = 100): Target => ({
  id,
  agency: "a",
  agent: "hub1",
  asset: "x",
  everyMs,
  kind: "link",
  expects: { device: "d", sessions: [] },
});
/** A check that says what the script says, run after run; the last line stays. */
function scripted(sees: Check<"link">["sees"], script: (Outcome | Error | Promise<Outcome>)[]) {
  const runs: number[] = [];
  let isRunning = 0;
  const check: Check<"link"> = {
    id: "link",
    kind: "link",
    sees,
    clauses: [],
    async run() {
      runs.push(performance.now());
      assert.equal(++isRunning, 1, "never two runs of one target at once");
      const line = script[Math.min(runs.length - 1, script.length - 1)]!;
      await pause(2);
      isRunning--;
      if (line instanceof Error) throw line;
      return line;
    },
  };
  return { check, runs };
}
function runnerOf(checks: Checks, more: { detectors?: Detectors; tail?: () => Tail; deadlineMs?: number } = {}) {
  const reports: Report[] = [];
  const detections: Detection[] = [];
  const runner = new Runner({
    agent: "hub1",
    world: worldOf({ now: () => 777, ...(more.tail && { tail: more.tail }) }),
    checks,
    detectors: more.detectors ?? {},
    onReport: (r) => reports.push(r),
    onDetections: (d) => detections.push(...d),
    cursorOf: () => undefined,
    ...(more.deadlineMs !== undefined && { deadlineMs: more.deadlineMs }),
  });
  return { runner, reports, detections };
}
const said = (r: Report) => (r.outcome === "ran" ? r.findings.map((f) => f.subject).join() : r.outcome);

test("a target that runs every few minutes is seen within seconds the first time", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { check, runs } = scripted("kernel", [{ findings: [] }]);
  const { runner } = runnerOf({ link: check });
  runner.apply([linkTarget("a", 180_000), linkTarget("b", 86_400_000)]);
  t.mock.timers.tick(10_000);
  assert.equal(runs.length, 2);
  runner.stop();
});

test("a kernel finding is reported by the run that sees it, sorted", async () => {
  const { check } = scripted("kernel", [{ findings: [finding("b"), finding("a")] }, { findings: [] }]);
  const { runner, reports } = runnerOf({ link: check });
  runner.apply([linkTarget("t")]);
  for (const end = Date.now() + 10_000; reports.length < 2 && Date.now() < end; ) await pause(20);
  runner.stop();
  assert.deepEqual(reports.slice(0, 2).map(said), ["a,b", ""]);
  assert.equal(reports[0]!.at, 777);
  assert.equal(reports[0]!.check, "link");
});

test("a new network finding is believed when a second run, at once, sees it too", async () => {
  const { check, runs } = scripted("network", [
    { findings: [finding("flap")] },
    { findings: [] },
    { findings: [finding("real"), finding("flap")] },
    { findings: [finding("real"), finding("only second")] },
    { findings: [finding("real")] },
  ]);
  const { runner, reports } = runnerOf({ link: check });
  runner.apply([linkTarget("t")]);
  await pause(1_300);
  runner.stop();
  assert.deepEqual(reports.slice(0, 3).map(said), ["", "real", "real"]);
  const second = runs[1]! - runs[0]!;
  assert.ok(second >= 300 && second < 600, `${second} ms until the second look`);
  assert.ok(runs[4]! - runs[3]! < 300, "what is known needs no second look");
});

test("a check that throws, or is never over, breaks; the next run goes on", async () => {
  const thrown = scripted("kernel", [new Error("cannot look"), { findings: [] }]);
  const never = scripted("kernel", [new Promise<Outcome>(() => {})]);
  const a = runnerOf({ link: thrown.check });
  const b = runnerOf({ link: never.check }, { deadlineMs: 50 });
  a.runner.apply([linkTarget("t")]);
  b.runner.apply([linkTarget("t", 10_000)]);
  await pause(350);
  a.runner.stop();
  b.runner.stop();
  assert.deepEqual(a.reports.slice(0, 2).map(said), ["broke", ""]);
  assert.match(JSON.stringify(a.reports[0]), /cannot look/);
});

test("a run that hangs is reported as broken within its deadline", async () => {
  const check: Check<"link"> = {
    id: "link",
    kind: "link",
    sees: "kernel",
    clauses: [],
    run: () => new Promise<never>(() => {}),
  };
  const { runner, reports } = runnerOf({ link: check }, { deadlineMs: 40 });
  runner.apply([linkTarget("t")]);
  await pause(300);
  runner.stop();
  assert.equal(said(reports[0]!), "broke");
  assert.match(JSON.stringify(reports[0]), /not over after 40 ms/);
});

test("a skip says nothing and looks like no pass; a kind without a check is skipped", async () => {
  const { check } = scripted("kernel", [{ skipped: "no such thing here" }]);
  const { runner, reports } = runnerOf({ link: check });
  const zone = { ...linkTarget("z"), kind: "zone" } as unknown as Target;
  runner.apply([linkTarget("t"), zone]);
  await pause(150);
  runner.stop();
  assert.deepEqual([...new Set(reports.map((r) => `${r.target} ${said(r)}`))].sort(), ["t skipped", "z skipped"]);
});

test("a changed list: what is unchanged goes on, what is gone stops, what is new starts", async () => {
  const { check } = scripted("kernel", [{ findings: [] }]);
  const each = (): Check<"link"> => ({ ...check, run: async () => ({ findings: [] }) });
  const { runner, reports } = runnerOf({ link: each() });
  runner.apply([linkTarget("stays", 150), linkTarget("goes", 150)]);
  await pause(200);
  runner.apply([linkTarget("stays", 150), linkTarget("comes", 150)]);
  assert.deepEqual([...runner.targets].sort(), ["comes", "stays"]);
  const before = reports.length;
  await pause(400);
  runner.stop();
  const later = reports.slice(before).map((r) => r.target);
  assert.ok(later.includes("stays") && later.includes("comes"));
  assert.ok(!later.includes("goes"));
});

test("all kernel targets of one kind run in one tick", async () => {
  const times: number[] = [];
  const check: Check<"link"> = {
    id: "link",
    kind: "link",
    sees: "kernel",
    clauses: [],
    async run() {
      times.push(performance.now());
      return { findings: [] };
    },
  };
  const { runner } = runnerOf({ link: check });
  runner.apply(Array.from({ length: 30 }, (_, i) => linkTarget(`t${i}`, 400)));
  await pause(500);
  runner.stop();
  assert.ok(times.length >= 30);
  assert.ok(times[29]! - times[0]! < 40, `${times[29]! - times[0]!} ms between the first and the last`);
});

test("a log: lines to the detector, detections with an id of their own, a missing log is a broken run", async () => {
  const target: Target = {
    ...linkTarget("log"),
    kind: "ssh-log",
    expects: { path: "/x", failures: 2, windowMs: 1_000 },
  };
  const reads: (string[] | Error)[] = [["a", "b"], new AgentError("log-unreadable", "/x"), []];
  const tail = (): Tail => ({
    read() {
      const next = reads.shift() ?? [];
      if (next instanceof Error) throw next;
      return { lines: next, cursor: { inode: "1:1", offset: 5 } };
    },
    close() {},
  });
  const detectors: Detectors = {
    "ssh-log": {
      id: "d",
      kind: "ssh-log",
      clauses: [],
      start: () => ({
        step: (lines) =>
          lines.map((actor) => ({ detector: "d", class: "c", severity: "high", actor, count: 1, evidence: {} })),
        memory: () => "",
      }),
    },
  };
  const { runner, reports, detections } = runnerOf({}, { detectors, tail });
  runner.apply([target]);
  await pause(400);
  runner.stop();
  assert.deepEqual(
    detections.map((d) => [d.target, d.actor, d.at]),
    [
      ["log", "a", 777],
      ["log", "b", 777],
    ],
  );
  assert.equal(new Set(detections.map((d) => d.id)).size, 2);
  assert.deepEqual(reports.slice(0, 3).map(said), ["", "broke", ""]);
});

test("where a log's reading began is kept by the first run, and again only when it moved", async () => {
  const kept: unknown[] = [];
  const tail = (): Tail => ({ read: () => ({ lines: [], cursor: { inode: "1:1", offset: 5 } }), close() {} });
  const quiet = { step: () => [], memory: () => "" };
  const runner = new Runner({
    agent: "hub1",
    world: worldOf({ now: () => 777, tail }),
    checks: {},
    detectors: { "ssh-log": { id: "d", kind: "ssh-log", clauses: [], start: () => quiet } },
    onReport: () => {},
    onDetections: (detections, target, cursor) => kept.push([detections.length, target, cursor?.offset]),
    cursorOf: () => undefined,
  });
  runner.apply([
    { ...linkTarget("log"), kind: "ssh-log", expects: { path: "/x", failures: 2, windowMs: 1_000 } } as Target,
  ]);
  await pause(400);
  runner.stop();
  assert.deepEqual(kept, [[0, "log", 5]]);
});

test("what a check wants to remember comes back to its next run, and is kept when it changes, not before", async () => {
  const seen: (string | undefined)[] = [];
  const kept: (string | undefined)[] = [];
  const memories = ["a", "a", "b"];
  const check: Check<"link"> = {
    id: "link",
    kind: "link",
    sees: "kernel",
    clauses: [],
    async run(_target, _world, before) {
      seen.push(before);
      return { findings: [], memory: memories[Math.min(seen.length - 1, 2)]! };
    },
  };
  const runner = new Runner({
    agent: "hub1",
    world: worldOf({ now: () => 777 }),
    checks: { link: check },
    detectors: {},
    onReport: () => {},
    onDetections: (_detections, _target, cursor) => kept.push(cursor?.memory),
    cursorOf: () => ({ inode: "", offset: 0, memory: "of an earlier life" }),
  });
  runner.apply([linkTarget("t")]);
  for (let tries = 0; seen.length < 4 && tries < 200; tries++) await pause(50);
  runner.stop();
  assert.deepEqual(seen.slice(0, 4), ["of an earlier life", "a", "a", "b"]);
  assert.deepEqual(kept, ["a", "b"]);
});
