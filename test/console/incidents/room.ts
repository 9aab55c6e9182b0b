// A security centre's room with a clock that the test moves: the real record, the real correlator and the real desk, joined as the
// pipeline joins them; only the agents are played.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { runAct, runDeclare } from "../../../console/acts.ts";
import * as correlator from "../../../console/correlate/index.ts";
import { createCorrelation } from "../../../console/correlation.ts";
import { deskOf } from "../../../console/desk.ts";
import type { Desk, Who } from "../../../console/incidents/desk.ts";
import { createLog } from "../../../console/log.ts";
import { createMetrics } from "../../../console/metrics.ts";
import { openStore } from "../../../console/store/store.ts";
import { createView } from "../../../console/view.ts";
import type { Act, CaseResult, Incident, Registry, Report } from "../../../protocol/index.ts";
import { SETTINGS, registry as sample } from "../correlate/world.ts";

const folders: string[] = [];
after(() => {
  for (const f of folders) rmSync(f, { recursive: true, force: true });
});

/** Wednesday 1 July 2026, 09:00 in Vietnam. */
export const START = Date.parse("2026-07-01T09:00:00+07:00");

export class Room {
  now: number;
  readonly folder: string;
  readonly registry: Registry;
  store: ReturnType<typeof openStore>;
  desk: Desk;
  private correlation;

  constructor(o: { folder?: string; now?: number; registry?: Registry } = {}) {
    this.now = o.now ?? START;
    this.registry = o.registry ?? sample;
    this.folder = o.folder ?? mkdtempSync(join(tmpdir(), "vonggac-room-"));
    folders.push(this.folder);
    this.store = openStore(this.folder);
    const view = createView(this.registry, this.now);
    this.desk = deskOf(this.store, view, this.folder);
    this.correlation = createCorrelation({
      correlator,
      settings: SETTINGS,
      store: this.store,
      view,
      clock: { now: () => this.now, monotonic: () => this.now },
      log: createLog("silent"),
      metrics: createMetrics(),
      desk: this.desk,
    });
    this.feed({ type: "registry", registry: this.registry });
    for (const a of this.registry.agents)
      this.feed({ type: "presence", agent: a.id, presence: "live", since: this.now });
  }

  private tx<T>(run: () => T): T {
    return this.store.transaction(() => {
      this.correlation.begin();
      const result = run();
      this.correlation.save();
      return result;
    });
  }
  feed(input: correlator.Input): void {
    this.tx(() => this.correlation.step(input));
  }
  /** Moves time; correlator and desk are woken when they asked for it. */
  wait(ms: number): void {
    const end = this.now + ms;
    for (let guard = 0; guard < 100_000; guard++) {
      const wake = this.correlation.wakeInMs();
      const next = Math.min(wake === undefined ? Number.POSITIVE_INFINITY : this.now + wake, this.desk.dueAt());
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.feed({ type: "tick" });
      this.tx(() => {
        if (this.desk.dueAt() <= this.now) this.desk.tick(this.now);
      });
    }
    this.now = end;
  }
  report(target: string, ...tags: string[]): void {
    const t = this.registry.targets.find((x) => x.id === target)!;
    const findings = tags.map((tag) => ({ subject: "s", tag, evidence: {} }));
    const report: Report = { type: "report", check: t.kind, target, at: this.now, tookMs: 1, outcome: "ran", findings };
    this.tx(() => {
      this.store.items.saveLatest({ agent: t.agent, report, since: this.now, receivedAt: this.now });
      this.correlation.step({ type: "report", agent: t.agent, report, receivedAt: this.now });
    });
  }
  link(id: string, ends: string[], tag?: string): void {
    for (const end of ends) this.report(`${end}/link/${id}`, ...(tag ? [tag] : []));
  }
  attack(site: string, actor: string): void {
    const detection = {
      type: "detection",
      id: `${site}-${this.now}`,
      detector: "ssh-brute-force",
      target: `${site}/ssh-log/${site}`,
      at: this.now,
      class: "ssh-brute-force",
      severity: "high",
      actor,
      count: 20,
      evidence: {},
    } as const;
    this.feed({ type: "detection", agent: site, detection, receivedAt: this.now });
  }
  act(account: string, id: string, act: Act) {
    return this.tx(() => runAct(this.store, this.correlation, account, id, act));
  }
  declare(account: string, declared: correlator.Declared): Incident {
    const result = this.tx(() => runDeclare(this.store, this.correlation, account, declared));
    assert.ok(result.ok);
    return result.incident;
  }
  /** People's work, as the pipeline runs it. */
  work<T>(account: string, run: (desk: Desk, who: Who) => CaseResult<T>): CaseResult<T> {
    return this.tx(() => {
      const result = run(this.desk, { account, now: this.now });
      this.correlation.step({ type: "silences", silences: this.desk.unendedSilences(this.now) });
      this.correlation.step({ type: "policy", policy: this.desk.lifecycle() });
      return result;
    });
  }
  must<T>(account: string, run: (desk: Desk, who: Who) => CaseResult<T>): T {
    const result = this.work(account, run);
    assert.ok(result.ok, JSON.stringify(result));
    return result.value;
  }
  get incidents(): Incident[] {
    return this.store.incidents.newest(100).reverse();
  }
  only(): Incident {
    assert.equal(this.incidents.length, 1);
    return this.incidents[0]!;
  }
  view(id: string) {
    const view = this.desk.view(id, this.now);
    assert.ok(view.ok);
    return view.value;
  }
  /** Kinds of what had to be told of an incident, and whether somebody was. */
  told = (id: string): string[] =>
    this.store.outbox.of(id).map((i) => (i.suppressedBy === undefined ? i.kind : `(${i.kind})`));
  /** The console dies and comes back. */
  restart(): Room {
    this.store.close();
    return new Room({ folder: this.folder, now: this.now, registry: this.registry });
  }
  end(): void {
    this.store.close();
  }
}
