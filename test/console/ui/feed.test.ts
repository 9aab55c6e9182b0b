// The feed against a real WebSocket server: what is shown is live only while words come, and old from the last word on.
import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";
import { type Feed, type LinkState, openFeed } from "../../../console/ui/state/feed.ts";
import { applyMessage, type Model } from "../../../console/ui/state/model.ts";
import type { FeedMessage, TargetStatus } from "../../../protocol/index.ts";
import { incident, TARGETS } from "../support/province.ts";
import { startScreen } from "../support/screen.ts";

const FAST = { firstWaitMs: 20, longestWaitMs: 80, silentAfterMs: 150 };
const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

async function server(onConnection: (send: (value: unknown) => void, n: number, close: () => void) => void, port = 0) {
  const wss = new WebSocketServer({ host: "127.0.0.1", port });
  await new Promise((resolve) => wss.once("listening", resolve));
  let n = 0;
  wss.on("connection", (s) =>
    onConnection(
      (v) => s.send(typeof v === "string" ? v : JSON.stringify(v)),
      ++n,
      () => s.terminate(),
    ),
  );
  const stop = () => {
    for (const s of wss.clients) s.terminate();
    wss.close();
  };
  closing.push(stop);
  return { port: (wss.address() as AddressInfo).port, stop, count: () => n };
}

function watch(port: number, signedIn = async () => true) {
  const states: LinkState[] = [];
  const messages: unknown[] = [];
  const feed: Feed = openFeed({
    connect: () => new WebSocket(`ws://127.0.0.1:${port}/feed`),
    onMessage: (m) => messages.push(m),
    onLink: (s) => states.push(s),
    maySignedInStill: signedIn,
    now: Date.now,
    random: () => 1,
    timing: FAST,
  });
  closing.push(feed.close);
  return { feed, states, messages, phase: () => states.at(-1)?.phase };
}

async function until(what: () => boolean, name: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (what()) return;
    await sleep(10);
  }
  assert.fail(`not seen in 2 s: ${name}`);
}

const SNAPSHOT = { t: "snapshot", at: 1 };

test("live with the first snapshot, not with the mere connection", async () => {
  let speak = () => {};
  const s = await server((send) => (speak = () => send(SNAPSHOT)));
  const w = watch(s.port);
  await until(() => s.count() === 1, "the connection");
  assert.equal(w.phase(), "connecting");
  speak();
  await until(() => w.phase() === "live", "live");
  assert.equal(w.messages.length, 1);
});

test("a connection that says nothing more is lost since its last word, and opened again", async () => {
  const s = await server((send) => send(SNAPSHOT));
  const w = watch(s.port);
  await until(() => w.phase() === "live", "live");
  const last = w.states.at(-1)!.lastMessageAt!;
  await until(() => w.phase() === "lost", "lost");
  assert.equal(w.states.at(-1)!.lostSince, last);
  await until(() => s.count() >= 2 && w.phase() === "live", "a new snapshot");
});

test("beats keep it live; noise does not", async () => {
  const s = await server((send, n) => {
    if (n > 1) return;
    send(SNAPSHOT);
    let beats = 0;
    const timer = setInterval(() => (beats++ < 6 ? send({ t: "changes", at: 2 }) : send("{not json")), 50);
    closing.push(() => clearInterval(timer));
  });
  const w = watch(s.port);
  await until(() => w.phase() === "live", "live");
  await sleep(FAST.silentAfterMs * 1.5);
  assert.equal(w.phase(), "live");
  await until(() => w.phase() === "lost", "lost under noise");
});

test("waits double up to the longest, each drawn between half of it and all of it; lost since the first loss", async () => {
  for (const [random, expected] of [
    [1, [20, 40, 80, 80]],
    [0, [10, 20, 40, 40]],
  ] as const) {
    const s = await server((_send, _n, close) => close());
    const waits: number[] = [];
    const since = new Set<number | undefined>();
    const feed = openFeed({
      connect: () => new WebSocket(`ws://127.0.0.1:${s.port}/feed`),
      onMessage: () => {},
      onLink(state) {
        if (state.phase !== "lost" || state.nextTryAt === undefined) return;
        waits.push(state.nextTryAt);
        since.add(state.lostSince);
      },
      maySignedInStill: async () => true,
      now: () => 0,
      random: () => random,
      timing: FAST,
    });
    await until(() => waits.length >= 4, "four losses");
    feed.close();
    s.stop();
    assert.deepEqual(waits.slice(0, 4), expected);
    assert.equal(since.size, 1);
  }
});

test("a session that is over ends the feed", async () => {
  const s = await server((_send, _n, close) => close());
  const w = watch(s.port, async () => false);
  await until(() => w.phase() === "lost", "lost");
  await sleep(FAST.longestWaitMs * 2);
  assert.equal(s.count(), 1, "no second attempt");
});

test("retryNow does not wait; check() finds data that grew old while the machine slept", async () => {
  const s = await server((send) => send(SNAPSHOT));
  let sleptMs = 0;
  const states: LinkState[] = [];
  const feed = openFeed({
    connect: () => new WebSocket(`ws://127.0.0.1:${s.port}/feed`),
    onMessage: () => {},
    onLink: (x) => states.push(x),
    maySignedInStill: async () => true,
    now: () => Date.now() + sleptMs,
    random: () => 1,
    timing: { firstWaitMs: 60_000, longestWaitMs: 60_000, silentAfterMs: 30_000 },
  });
  closing.push(feed.close);
  await until(() => states.at(-1)?.phase === "live", "live");
  feed.check();
  assert.equal(states.at(-1)!.phase, "live", "fresh data stays live");
  sleptMs = 60_000;
  feed.check();
  assert.ok(states.some((x) => x.phase === "lost"));
  await until(() => states.at(-1)?.phase === "live" && s.count() === 2, "live again without the minute's wait");
});

/** A line to a port that can be cut and mended. */
async function cuttable(port: number) {
  const pairs = new Set<Socket>();
  let up = true;
  const line = createServer((from) => {
    if (!up) return from.destroy();
    const to = connect(port, "127.0.0.1");
    for (const [a, b] of [
      [from, to],
      [to, from],
    ] as const) {
      pairs.add(a);
      a.pipe(b);
      a.on("error", () => {}).on("close", () => b.destroy());
    }
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => line.once("listening", resolve));
  const cut = () => {
    up = false;
    for (const s of pairs) s.destroy();
    pairs.clear();
  };
  closing.push(() => {
    cut();
    line.close();
  });
  return { port: (line.address() as AddressInfo).port, cut, mend: () => (up = true) };
}

test("a line cut at random times: what was missed is told and nothing twice; a new life of the console tells everything anew", async () => {
  const s = await startScreen();
  const statusOf = (i: number, since: number): TargetStatus => {
    const t = TARGETS[i % TARGETS.length]!;
    const { id: target, agency, agent, asset, kind: check } = t;
    return { target, agency, agent, asset, check, status: "good", tags: [], since, at: since };
  };
  s.said.targets = TARGETS.map((_, i) => statusOf(i, 0));
  const cookie = s.signIn();
  const line = await cuttable(Number(s.host.split(":")[1]));
  const heard: FeedMessage[] = [];
  let model: Model | undefined;
  const feed = openFeed({
    connect(place) {
      const query = place ? `?run=${place.run}&after=${place.after}` : "";
      // Node's own WebSocket takes headers; a browser sends its cookie by itself.
      return new WebSocket(`ws://127.0.0.1:${line.port}/feed${query}`, { headers: { cookie } } as never);
    },
    onMessage(m) {
      heard.push(m);
      model = applyMessage(model, m);
    },
    onLink: () => {},
    maySignedInStill: async () => true,
    now: Date.now,
    random: Math.random,
    timing: { ...FAST, silentAfterMs: 8_000 },
  });
  await until(() => heard.length > 0, "the snapshot");
  for (let n = 1; n <= 60; n++) {
    if (n % 12 === 4) line.cut();
    if (n % 12 === 9) line.mend();
    const status = statusOf(n, n);
    s.said.targets = s.said.targets.map((t) => (t.target === status.target ? status : t));
    const opened = incident(`INC-${String(n).padStart(6, "0")}`, { agency: "xa-mot" });
    s.keep(opened);
    s.feed.push({ agents: [], targets: [status], removedTargets: [], incidents: [opened] });
    await sleep(15);
  }
  await until(() => model!.incidents.size === 60, "all sixty");
  assert.equal(heard.filter((m) => m.t === "snapshot").length, 1, "the first, and none after the cuts");
  const told = heard.flatMap((m) => (m.t === "notice" ? [] : m.incidents.map((i) => i.id)));
  assert.equal(new Set(told).size, told.length, "none twice");
  assert.deepEqual(
    [...model!.targets.values()].map((t) => [t.target, t.since]).sort(),
    s.said.targets.map((t) => [t.target, t.since]).sort(),
  );
  // Where what was missed is not held any more, everything is told.
  line.cut();
  await sleep(30);
  s.feed.restart();
  await sleep(150);
  line.mend();
  await until(() => heard.filter((m) => m.t === "snapshot").length === 2, "a second snapshot");
  feed.close();
  await s.end();
});
