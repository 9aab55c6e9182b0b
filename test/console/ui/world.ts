// A province to look at without a lab: the real plan of province.yaml, the real correlator and the real screen server; only the
// agents are played. What the browser gets is therefore what the product would send.
import { randomUUID } from "node:crypto";
import { createFeed } from "../../../console/api/feed.ts";
import type { Backend } from "../../../console/api/ports.ts";
import { openScreen } from "../../../console/api/screen.ts";
import { signInDesk } from "../../../console/api/signin.ts";
import { readSite } from "../../../console/api/static.ts";
import { type Input, initialState, nextWake, step } from "../../../console/correlate/index.ts";
import { createLog } from "../../../console/log.ts";
import { createMetrics } from "../../../console/metrics.ts";
import { createView } from "../../../console/view.ts";
import { readIntent } from "../../../infra/intent.ts";
import { planOf } from "../../../infra/plan/index.ts";
import {
  type Act,
  type ActResult,
  type Finding,
  type Incident,
  type Report,
  refusalOf,
  type Target,
} from "../../../protocol/index.ts";

type Session = { account: string; createdAt: number; expiresAt: number };

/** The watch over every agency of province.yaml, with a clock that a story may hold in the past. */
export function playedProvince() {
  const provinceFile = new URL("../../../province.yaml", import.meta.url).pathname;
  const { intent } = readIntent(provinceFile, { today: "2026-11-25", provisioned: true });
  const { registry } = planOf(intent, { roots: "", rootAnchor: `20326 8 2 ${"E0".repeat(32)}` });
  let clock: () => number = Date.now;
  const view = createView(registry, clock() - 86_400_000);
  const state = initialState({ settleMs: 600, recoverMs: 3_000, graceMs: 5_000 });
  const incidents = new Map<string, Incident>();
  const feed = createFeed({
    snapshot: () => ({
      t: "snapshot",
      at: clock(),
      province: registry.province,
      levels: registry.levels,
      agencies: registry.agencies.map(({ id, level, name }) => ({ id, level, name })),
      assets: registry.assets.map(({ id, kind, name, agency }) => ({ id, kind, name, agency })),
      agents: view.agents(),
      targets: view.targets(),
      incidents: [...incidents.values()],
    }),
    now: () => clock(),
    onClients: () => {},
    onDropped: () => {},
  });

  function take(input: Input): Incident[] {
    const changed = step(state, input, clock()).map((c) => structuredClone(c.incident));
    for (const i of changed) incidents.set(i.id, i);
    if (changed.length > 0) feed.push({ agents: [], targets: [], removedTargets: [], incidents: changed });
    return changed;
  }
  const tick = () => void take({ type: "tick" });

  const world = {
    registry,
    feed,
    incidents,
    /** Runs the story at another time: `at` moves on with each `wait`. */
    from(at: number) {
      let now = at;
      clock = () => now;
      return {
        wait(ms: number) {
          const until = now + ms;
          for (let due = nextWake(state); due !== undefined && due <= until; due = nextWake(state)) {
            now = Math.max(now + 1, due);
            tick();
          }
          now = until;
        },
      };
    },
    /** From here on time is the machine's. */
    goLive() {
      clock = Date.now;
      const timer = setInterval(() => {
        const due = nextWake(state);
        if (due !== undefined && due <= clock()) tick();
      }, 50);
      return () => clearInterval(timer);
    },
    targets: (kind: Target["kind"], asset?: string) =>
      registry.targets.filter((t) => t.kind === kind && (asset === undefined || t.asset === asset)),
    presence(agent: string, presence: "live" | "silent") {
      view.setPresence(agent, presence, clock());
      feed.push({ agents: [view.agent(agent)], targets: view.targetsOf(agent), removedTargets: [], incidents: [] });
      take({ type: "presence", agent, presence, since: clock() });
    },
    /** One run of a target's check by its agent; no findings is good. */
    report(target: Target, findings: Finding[] = [], facts?: Record<string, string | number>) {
      world.say(target, { outcome: "ran", findings, ...(facts && { facts }) });
    },
    say(
      target: Target,
      said:
        | { outcome: "ran"; findings: Finding[]; facts?: Record<string, string | number> }
        | { outcome: "broke"; error: string }
        | { outcome: "skipped"; reason: string },
    ) {
      const report: Report = { type: "report", check: target.kind, target: target.id, at: clock(), tookMs: 2, ...said };
      view.hear(target.agent, report, clock());
      const status = view.target(target.id);
      if (status) feed.push({ agents: [], targets: [status], removedTargets: [], incidents: [] });
      take({ type: "report", agent: target.agent, report, receivedAt: clock() });
    },
    detect(target: Target, actor: string, count: number, total: number) {
      const id = randomUUID();
      const evidence = { total, windowSeconds: 60 };
      const detector = "ssh-brute-force";
      const detection = {
        type: "detection",
        id,
        detector,
        target: target.id,
        at: clock(),
        class: detector,
        severity: "high",
        actor,
        attack: ["T1110.001"],
        count,
        evidence,
      } as const;
      take({
        type: "detection",
        agent: target.agent,
        detection: { ...detection, attack: [...detection.attack] },
        receivedAt: clock(),
      });
    },
    act(account: string, incident: string, act: Act): ActResult {
      const known = incidents.get(incident);
      if (!known) return { ok: false, code: "incident-unknown" };
      const code = refusalOf(known, account, act);
      if (code) return { ok: false, code };
      take({ type: "person", account, incident, act });
      return { ok: true, incident: incidents.get(incident)! };
    },
    view,
    now: () => clock(),
  };
  take({ type: "registry", registry });
  return world;
}
export type PlayedProvince = ReturnType<typeof playedProvince>;

/** The product's own screen server before that province. `port` 0 takes a free one. */
export async function serveProvince(world: PlayedProvince, dist: string, port = 0) {
  const codes = new Map<string, { account: string; expiresAt: number }>();
  const sessions = new Map<string, Session>();
  const key = (hash: Uint8Array) => Buffer.from(hash).toString("hex");
  const accounts: Backend["accounts"] = {
    saveCode: (hash, account, expiresAt) => void codes.set(key(hash), { account, expiresAt }),
    useCode(hash, now) {
      const code = codes.get(key(hash));
      if (!code) return undefined;
      codes.delete(key(hash));
      return code.expiresAt > now ? { account: code.account } : "expired";
    },
    saveSession: (hash, session) => void sessions.set(key(hash), session),
    session: (hash) => sessions.get(key(hash)),
    endSession: (hash) => void sessions.delete(key(hash)),
    prune: () => {},
  };
  const backend: Backend = {
    accounts,
    audit: () => {},
    transaction: (work) => work(),
    act: async (account, incident, act) => world.act(account, incident, act),
    snapshot: () => {
      throw new Error("the feed has its own");
    },
    incidents: () => [...world.incidents.values()],
    incident: (id) => world.incidents.get(id),
    agents: () => world.view.agents(),
    targets: () => world.view.targets(),
    itemsOf: () => [],
    itemsAfter: () => [],
    status: () => {
      throw new Error("nobody asks");
    },
    now: Date.now,
    monotonic: () => performance.now(),
  };
  const desk = signInDesk(backend);
  const screen = await openScreen({
    listen: { host: "127.0.0.1", port },
    url: new URL("http://127.0.0.1/"),
    site: readSite(dist),
    desk,
    feed: world.feed,
    backend,
    metrics: createMetrics(),
    log: createLog("silent"),
  });
  return {
    url: `http://127.0.0.1:${screen.port}/`,
    code: (account = "operator") => desk.issue(account).code,
    /** Ends every session: what an expiry looks like from the browser. */
    endSessions: () => sessions.clear(),
    expireCodes: () => {
      for (const code of codes.values()) code.expiresAt = 0;
    },
    async close() {
      world.feed.close();
      await screen.close();
    },
  };
}
