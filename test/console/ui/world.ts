// A province to look at without a lab: the real plan of province.yaml, the real correlator and the real screen server; only the
// agents are played. What the browser gets is therefore what the product would send.
import { randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WebSocket } from "ws";
import { CODE_LIVES_MS, OPERATOR } from "../../../console/api/desk/codes.ts";
import { PROOF_FRESH_MS } from "../../../console/api/desk/sessions.ts";
import { createFeed } from "../../../console/api/feed.ts";
import type { SoftwareDoor } from "../../../console/api/ports.ts";
import { openScreen } from "../../../console/api/screen.ts";
import { readSite } from "../../../console/api/static.ts";
import { type Input, initialState, nextWake, step } from "../../../console/correlate/index.ts";
import { enrolmentDesk } from "../../../console/enrolments.ts";
import { concerns } from "../../../console/people/redact.ts";
import type { Role } from "../../../console/people/roles.ts";
import { readersOf } from "../../../console/reader.ts";
import { openStore } from "../../../console/store/store.ts";
import { createView } from "../../../console/view.ts";
import { readIntent } from "../../../infra/intent.ts";
import { planOf } from "../../../infra/plan/index.ts";
import {
  type Act,
  type ActResult,
  type Finding,
  type Incident,
  type Item,
  type Report,
  refusalOf,
  type Target,
} from "../../../protocol/index.ts";
import { deskBefore } from "../support/casework.ts";
import { openDoors, personWith } from "../support/doors.ts";

/** The watch over every agency of province.yaml, with a clock that a story may hold in the past. */
export function playedProvince() {
  const provinceFile = new URL("../../../province.yaml", import.meta.url).pathname;
  const { intent } = readIntent(provinceFile, { today: "2026-11-25", provisioned: true });
  const { registry } = planOf(intent, { roots: "", rootAnchor: `20326 8 2 ${"E0".repeat(32)}` });
  let clock: () => number = Date.now;
  const view = createView(registry, clock() - 86_400_000);
  const state = initialState({ settleMs: 600, recoverMs: 3_000, graceMs: 5_000 });
  const incidents = new Map<string, Incident>();
  const folder = mkdtempSync(join(tmpdir(), "vonggac-played-"));
  const store = openStore(folder);
  const { desk, door } = deskBefore({
    store,
    folder,
    registry,
    now: () => clock(),
    declare(account, declared) {
      const [incident] = take({ type: "declare", account, declared });
      return incident ? { ok: true, incident } : { ok: false, code: "store-unavailable" };
    },
    worked(id) {
      const again = structuredClone(incidents.get(id)!);
      attachWork(again);
      incidents.set(id, again);
      feed.push({ agents: [], targets: [], removedTargets: [], incidents: [again] });
    },
  });
  const attachWork = (i: Incident) => {
    const work = desk.summary(i, clock());
    if (work) i.work = work;
  };
  const mine = (scope: ReadonlySet<string> | undefined) =>
    [...incidents.values()].filter((i) => scope === undefined || concerns(i, scope));
  const reader = readersOf({
    registry: () => registry,
    incidents: (scope, before = Number.MAX_SAFE_INTEGER, limit, open) =>
      mine(scope)
        .map((incident) => ({ n: Number(incident.id.split("-")[1]), incident }))
        .filter(({ n, incident }) => n < before && !(open && incident.state === "closed"))
        .reverse()
        .slice(0, limit),
    incident: (scope, id) => mine(scope).find((i) => i.id === id),
    concerned: (scope, id) => mine(scope).some((i) => i.id === id),
    joinedAt: () => undefined,
    agents: () => view.agents(),
    targets: () => view.targets(),
    itemsOf: () => [],
    hours: store.history.hours,
    search: store.history.search,
    now: () => clock(),
  });
  const feed = createFeed({ reader, now: () => clock(), onClients: () => {}, onDropped: () => {} });

  function take(input: Input): Incident[] {
    const changed = step(state, input, clock()).map((c) => structuredClone(c.incident));
    for (const i of changed) {
      const before = incidents.get(i.id);
      incidents.set(i.id, i);
      store.transaction(() => {
        store.incidents.save(i, clock());
        desk.attend(before, i, clock());
      });
      attachWork(i);
    }
    if (changed.length > 0) feed.push({ agents: [], targets: [], removedTargets: [], incidents: changed });
    return changed;
  }
  const tick = () => void take({ type: "tick" });

  const logged = new Map<string, number>();
  const world = {
    registry,
    /** Puts items into the log, as they came at a time, and has them counted and indexed. */
    log(agent: string, items: Item[], at: number) {
      const seq = (logged.get(agent) ?? 0) + 1;
      logged.set(agent, seq + items.length - 1);
      const agencyOf = (id: string) => registry.agents.find((a) => a.id === id)?.agency;
      store.transaction(() => store.items.append(agent, 1, seq, items, at));
      while (store.transaction(() => store.history.catchUp(100, agencyOf)) > 0);
    },
    enrolments: enrolmentDesk({ store, registry: () => registry, approve: "all", now: () => clock() }),
    /** Played whole: no agent of this world comes in by a gateway. */
    software: {
      heard: () =>
        registry.agents.map((a, i) => ({
          agent: a.id,
          version: i % 9 ? "0.9.1" : "0.9.0",
          address: "::1",
          at: clock(),
        })),
      offer: () => undefined,
      news: () => [],
    } as SoftwareDoor,
    reader,
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
    casework: door,
    /** Changes a kept piece of evidence behind the console's back. */
    spoilEvidence(sha256: string) {
      const path = join(folder, "evidence", sha256.slice(0, 2), sha256);
      chmodSync(path, 0o600);
      writeFileSync(path, "other bytes");
    },
    view,
    now: () => clock(),
    end() {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  take({ type: "registry", registry });
  return world;
}
export type PlayedProvince = ReturnType<typeof playedProvince>;

/** The same feed; who joins it is noted. */
const noting = (feed: PlayedProvince["feed"], joined: WebSocket[]): PlayedProvince["feed"] => ({
  ...feed,
  join(socket, ...rest) {
    joined.push(socket);
    feed.join(socket, ...rest);
  },
});

/** The product's own screen server before that province. `port` 0 takes a free one. */
export async function serveProvince(world: PlayedProvince, dist: string, port = 0) {
  const folder = mkdtempSync(join(tmpdir(), "vonggac-world-"));
  const store = openStore(join(folder, "record"));
  let late = 0;
  let closed = false;
  const doors = openDoors(
    folder,
    "http://127.0.0.1/",
    {
      act: async (account, incident, act) => world.act(account, incident, act),
      casework: world.casework,
      enrolments: world.enrolments,
      software: world.software,
      reader: world.reader,
      hasAgency: (id) => world.registry.agencies.some((a) => a.id === id),
      itemsAfter: () => [],
      alarm: () => {},
      status: () => {
        throw new Error("nobody asks");
      },
      now: () => Date.now() + late,
      monotonic: () => performance.now(),
    },
    store,
  );
  const { desk, router, log } = doors;
  const joined: WebSocket[] = [];
  const listen = { host: "127.0.0.1", port };
  const url = new URL("http://127.0.0.1/");
  const screen = await openScreen({ listen, url, site: readSite(dist), router, feed: noting(world.feed, joined), log });
  return {
    /** Cuts every screen's line without a word. */
    cutFeeds() {
      for (const socket of joined.splice(0)) socket.terminate();
    },
    url: `http://127.0.0.1:${screen.port}/`,
    /** Tells the screens of an account that something was told to it. */
    nudge: world.feed.nudge,
    code: () => desk.issue().code,
    /** An invitation to a new account. */
    invite(name: string): string {
      personWith(store, desk, Date.now(), name, ["security-staff"]);
      return store.transaction(() => desk.invite(name).code);
    },
    /** The session cookie of somebody with these roles. */
    cookieOf: (name: string, roles: Role[], agencies: string[] = []): string =>
      personWith(store, desk, Date.now() + late, name, roles, agencies).slice("vonggac=".length),
    /** From here on, what was proved is too long ago for what is hard to undo. */
    age() {
      late += PROOF_FRESH_MS;
    },
    store,
    /** Ends every session: what an expiry looks like from the browser. */
    endSessions: () => void store.accounts.revoke({ account: OPERATOR }),
    /** From here on, codes that were given are too old; new ones are not. */
    expireCodes() {
      late += CODE_LIVES_MS;
    },
    async close() {
      if (closed) return;
      closed = true;
      world.feed.close();
      await screen.close();
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
