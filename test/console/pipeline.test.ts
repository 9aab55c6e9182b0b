// The pipeline's atomicity: what a failed commit leaves behind is nothing, in the record and in memory; and a correlator
// that throws costs nobody an item. The store is real SQLite; the correlator is one that can be told to misbehave.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Input } from "../../console/correlate/index.ts";
import { createLog } from "../../console/log.ts";
import { createMetrics } from "../../console/metrics.ts";
import { type Changes, createPipeline } from "../../console/pipeline.ts";
import { presenceBook } from "../../console/presence.ts";
import { openStore } from "../../console/store/store.ts";
import { createView } from "../../console/view.ts";
import type { Incident, Item, Report } from "../../protocol/index.ts";
import { stateDigest } from "../../protocol/state.ts";
import { bad, good, sampleRegistry } from "./support/province.ts";
import { eventually } from "./support/rig.ts";

const PORTAL = "xa-mot/certificate/portal";
const folders: string[] = [];
after(() => {
  for (const f of folders) rmSync(f, { recursive: true, force: true });
});

interface Counting {
  inputs: Input[];
  incidents: Map<string, Incident>;
}

/** One incident a target with findings; `trap` may throw on an input. */
function setUp(folder = mkdtempSync(join(tmpdir(), "vonggac-pipeline-"))) {
  folders.push(folder);
  const store = openStore(folder);
  const registry = sampleRegistry();
  let now = 1_000;
  const clock = { now: () => now, monotonic: () => now };
  const view = createView(registry, now);
  const published: Changes[] = [];
  let state: Counting = { inputs: [], incidents: new Map() };
  const knobs: {
    trap: (input: Input) => void;
    failCommit: Error | undefined;
    restored: number;
    restoreTrap: (reports: number) => void;
  } = {
    trap: () => {},
    failCommit: undefined,
    restored: 0,
    restoreTrap: () => {},
  };
  const real = store.unsynced;
  store.unsynced = (work) =>
    real(() => {
      const result = work();
      if (knobs.failCommit) throw knobs.failCommit;
      return result;
    });
  const metrics = createMetrics();
  const pipeline = createPipeline<Counting>({
    store,
    view,
    presence: presenceBook({ silentAfterMs: 1_000, graceMs: 0 }),
    correlator: {
      initialState: () => {
        state = { inputs: [], incidents: new Map() };
        return state;
      },
      restore: (s, _registry, incidents, reports) => {
        knobs.restoreTrap(reports.length);
        knobs.restored++;
        for (const i of incidents) s.incidents.set(i.id, i);
      },
      step: (s, input, at) => {
        s.inputs.push(input);
        knobs.trap(input);
        if (input.type !== "report" || input.report.outcome !== "ran" || input.report.findings.length === 0) return [];
        const id = `INC-${String(s.incidents.size + 1).padStart(6, "0")}`;
        const incident = incidentOf(id, input.report.target, at);
        s.incidents.set(id, incident);
        return [{ type: "incident", incident }];
      },
      nextWake: () => undefined,
    },
    settings: { settleMs: 0, recoverMs: 0, graceMs: 0 },
    clock,
    log: createLog("silent"),
    metrics,
    publish: (c) => published.push(c),
    republish() {},
    lost: assert.fail,
  });
  pipeline.setRegistry(registry);
  return {
    folder,
    store,
    view,
    pipeline,
    published,
    knobs,
    metrics,
    state: () => state,
    deliver: (firstSeq: number, items: Item[], digest?: string) =>
      pipeline.deliver({ agent: "xa-mot", epoch: 1, firstSeq, items, digest }),
    tick: (ms: number) => {
      now += ms;
    },
    async end() {
      await pipeline.stop();
      store.close();
    },
  };
}

test("one agent's flood is behind another's detection, and both are kept in their own order", async () => {
  const p = setUp();
  const flood = Array.from({ length: 400 }, (_, k) =>
    p.pipeline.deliver({
      agent: "xa-mot",
      epoch: 1,
      firstSeq: k * 50 + 1,
      items: Array.from({ length: 50 }, (_, i) => good(PORTAL, k * 50 + i + 1)),
      digest: undefined,
    }),
  );
  const sign = p.pipeline.deliver({ agent: "xa-hai", epoch: 1, firstSeq: 1, items: [detection()], digest: undefined });
  assert.deepEqual(
    (await Promise.all([...flood, sign])).map((t) => t.ok),
    Array(401).fill(true),
  );
  const log = p.store.items.after(0, 20_001);
  assert.equal(log.length, 20_001);
  const before = log.findIndex((e) => e.agent === "xa-hai");
  assert.ok(before <= 50, `${before} items of the flood were kept before the detection that came after them`);
  const seqs = log.filter((e) => e.agent === "xa-mot").map((e) => e.seq);
  assert.deepEqual(
    seqs,
    seqs.map((_, i) => i + 1),
  );
  await p.end();
});

const detection = (): Item => ({
  type: "detection",
  id: "1",
  detector: "ssh-brute-force",
  target: "xa-hai/ssh-log/xa-hai",
  at: 1,
  class: "ssh-brute-force",
  severity: "high",
  count: 1,
  evidence: {},
});

const incidentOf = (id: string, target: string, at: number): Incident => ({
  id,
  cause: { asset: target, name: { vi: target, en: target } },
  class: "certificate",
  severity: "high",
  state: "new",
  detectedAt: at,
  openedAt: at,
  impact: { lost: [], degraded: [], affected: [] },
  explains: [],
  evidence: [],
  history: [],
});
const diskFull = () => Object.assign(new Error("database or disk is full"), { errcode: 13 });

test("a commit that fails: refused, not acked, and gone from the record, the view, the correlator and the screen", async () => {
  const p = setUp();
  assert.deepEqual(await p.deliver(1, [good(PORTAL)]), { ok: true, seq: 1, full: false });
  await eventually("the screen saw the first", () => p.published.length > 0);
  p.published.length = 0;
  p.knobs.failCommit = diskFull();
  const taken = await p.deliver(2, [bad(PORTAL, "CERT_EXPIRED")]);
  assert.ok(!taken.ok && taken.code === "store-unavailable" && taken.retryAfterMs! > 0);
  assert.match(p.pipeline.trouble() ?? "", /full/);
  assert.equal(p.store.items.lastSeq("xa-mot", 1), 1);
  assert.deepEqual(p.store.incidents.newest(10), []);
  assert.deepEqual(p.published, [], "the screen saw nothing of it");

  p.knobs.failCommit = undefined;
  const digest = stateDigest([good(PORTAL)]);
  const beat = await p.deliver(2, [], digest);
  assert.deepEqual(beat, { ok: true, seq: 1, full: false }, "memory is what the record is: the digest agrees");
  assert.equal(p.pipeline.trouble(), undefined);
  assert.equal(p.state().incidents.size, 0);
  assert.deepEqual(await p.deliver(2, [bad(PORTAL, "CERT_EXPIRED")]), { ok: true, seq: 2, full: false });
  assert.deepEqual(
    p.store.incidents.newest(10).map((i) => i.id),
    ["INC-000001"],
    "no number was burnt",
  );
  await p.end();
});

test("one item that cannot be kept does not hold up the others of its group", async () => {
  const p = setUp();
  const poison = p.store.items.saveLatest;
  p.store.items.saveLatest = (latest) => {
    if (latest.report.tookMs === 666) throw new Error("constraint failed");
    poison(latest);
  };
  const results = await Promise.all([
    p.deliver(1, [good(PORTAL)]),
    p.pipeline.deliver({
      agent: "xa-hai",
      epoch: 1,
      firstSeq: 1,
      items: [{ ...good("xa-hai/certificate/portal"), tookMs: 666 } as Report],
    }),
    p.pipeline.deliver({ agent: "bast1", epoch: 1, firstSeq: 1, items: [] }),
  ]);
  assert.deepEqual(
    results.map((r) => r.ok),
    [true, false, true],
  );
  assert.equal(p.store.items.lastSeq("xa-mot", 1), 1);
  assert.equal(p.store.items.lastSeq("xa-hai", 1), 0);
  await p.end();
});

test("a correlator that throws: the item is kept and acked, and the state is built again", async () => {
  const p = setUp();
  await p.deliver(1, [good(PORTAL)]);
  const before = p.knobs.restored;
  p.knobs.trap = (input) => {
    if (input.type === "report") throw new Error("a mistake of ours");
  };
  assert.deepEqual(await p.deliver(2, [bad(PORTAL, "CERT_EXPIRED")]), { ok: true, seq: 2, full: false });
  p.knobs.trap = () => {};
  await p.deliver(3, []);
  assert.equal(p.knobs.restored, before + 1);
  await p.end();
});

test("a record that the correlator cannot take up: it starts with less, and the record goes on", async () => {
  const p = setUp();
  await p.deliver(1, [good(PORTAL)]);
  p.knobs.restoreTrap = (reports) => {
    if (reports > 0) throw new Error("a report that no version of ours should have kept");
  };
  p.pipeline.startAnew();
  assert.deepEqual(await p.deliver(2, [bad(PORTAL, "CERT_EXPIRED")]), { ok: true, seq: 2, full: false });
  assert.equal(p.store.incidents.newest(10).length, 1);
  await p.end();
});

test("a resend is recognised by its seq, in whole and in part; a hole is refused and nothing of it kept", async () => {
  const p = setUp();
  const items = [1, 2, 3].map((n) => good(PORTAL, n));
  assert.deepEqual(await p.deliver(1, items.slice(0, 2)), { ok: true, seq: 2, full: false });
  assert.deepEqual(await p.deliver(1, items.slice(0, 2)), { ok: true, seq: 2, full: false });
  assert.deepEqual(await p.deliver(1, items), { ok: true, seq: 3, full: false });
  const hole = await p.deliver(5, items);
  assert.ok(!hole.ok && hole.code === "sequence-hole");
  assert.deepEqual(
    p.store.items.after(0, 10).map((e) => [e.seq, e.item.at]),
    [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
  );
  await p.end();
});

test("a gap moves the sequence on, is kept, and is no item", async () => {
  const p = setUp();
  await p.deliver(1, [good(PORTAL)]);
  const lost = await p.pipeline.lost({ agent: "xa-mot", epoch: 1, from: 2, to: 9, reason: "outbox-overflow" });
  assert.deepEqual(lost, { ok: true, seq: 9, full: false });
  assert.deepEqual(await p.deliver(10, [good(PORTAL)]), { ok: true, seq: 10, full: false });
  assert.deepEqual(p.store.items.counts(), { items: 2, gaps: 1 });
  await p.end();
});

test("an agent speaks of its own targets only: the rest is in the log and nowhere else", async () => {
  const p = setUp();
  await p.deliver(1, [bad("xa-hai/certificate/portal", "CERT_EXPIRED"), bad("nowhere", "CERT_EXPIRED")]);
  assert.equal(p.store.items.counts().items, 2);
  assert.deepEqual(p.store.items.allLatest(), []);
  assert.ok(!p.state().inputs.some((i) => i.type === "report"));
  assert.equal((await p.metrics.strayItems.get()).values[0]?.value, 2);
  await p.end();
});

test("items that arrive together share a commit", async () => {
  const p = setUp();
  await p.deliver(1, []);
  const commits = async () =>
    (await p.metrics.commits.get()).values.find((v) => v.metricName?.endsWith("_count"))!.value;
  const before = await commits();
  await Promise.all(Array.from({ length: 100 }, (_, i) => p.deliver(i + 1, [good(PORTAL, i)])));
  assert.equal((await commits()) - before, 1);
  assert.equal(p.store.items.lastSeq("xa-mot", 1), 100);
  await p.end();
});

test("a person's act is refused by name, and audited with the change when it is done", async () => {
  const p = setUp();
  assert.deepEqual(await p.pipeline.act("an", "INC-9", { kind: "acknowledge" }), {
    ok: false,
    code: "incident-unknown",
  });
  await p.deliver(1, [bad(PORTAL, "CERT_EXPIRED")]);
  const refused = await p.pipeline.act("an", "INC-000001", { kind: "close", resolution: "x" });
  assert.deepEqual(refused, { ok: false, code: "incident-open" });
  assert.deepEqual(p.store.audit.page(undefined, 10), []);
  await p.end();
});
