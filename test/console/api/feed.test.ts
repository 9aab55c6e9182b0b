// The live feed over real sockets: a snapshot first, changes gathered in ticks, sessions that end, screens that do not read.
import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { SESSION_LIVES_MS } from "../../../console/api/desk/sessions.ts";
import { BEAT_MS, createFeed, type Place, SESSION_OVER, TICK_MS } from "../../../console/api/feed.ts";
import type { FeedChanges, Reader, Viewer } from "../../../console/api/ports.ts";
import type { FeedMessage, Incident, TargetStatus } from "../../../protocol/index.ts";
import { eventually } from "../support/rig.ts";
import { startScreen } from "../support/screen.ts";

let s: Awaited<ReturnType<typeof startScreen>>;
before(async () => {
  s = await startScreen();
});
after(() => s.end());

const target = (id: string, since: number, reason = ""): TargetStatus => ({
  target: id,
  agency: "a",
  agent: "a",
  asset: "a",
  check: "link",
  status: "broke",
  reason,
  tags: [],
  since,
  at: since,
});
const nothing = { agents: [], targets: [], removedTargets: [], incidents: [] };
async function joinFeed() {
  const socket = new WebSocket(`ws://${s.host}/feed`, { headers: { cookie: s.signIn(), origin: `http://${s.host}` } });
  const seen: { message: FeedMessage }[] = [];
  socket.on("message", (d) => seen.push({ message: JSON.parse(String(d)) }));
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await eventually("the snapshot", () => seen[0]?.message.t === "snapshot");
  return { socket, seen, closed };
}

test("changes within a tick come as one, the last of each", async () => {
  const { socket, seen } = await joinFeed();
  s.feed.push({ ...nothing, targets: [target("t0", 0)] });
  await eventually("the first", () => seen.length === 2);
  for (let i = 1; i <= 50; i++) s.feed.push({ ...nothing, targets: [target("t1", i), target(`u${i}`, i)] });
  s.feed.push({ ...nothing, removedTargets: ["u7"] });
  await eventually("the rest", () => seen.length === 3);
  const last = seen[2]!.message;
  assert.ok(last.t === "changes");
  assert.equal(last.targets.length, 50);
  assert.equal(last.targets.find((t) => t.target === "t1")?.since, 50);
  assert.deepEqual(last.removedTargets, ["u7"]);
  socket.close();
});

test("a quiet console still beats, and another registry brings a whole snapshot", async () => {
  const { socket, seen } = await joinFeed();
  await eventually("a beat", () => seen.some((m) => m.message.t === "changes"), BEAT_MS + 2_000);
  s.feed.restart();
  await eventually("a snapshot", () => seen.filter((m) => m.message.t === "snapshot").length === 2);
  socket.close();
});

test("a screen whose session ends is sent away", async () => {
  const { closed } = await joinFeed();
  s.time.now += SESSION_LIVES_MS;
  s.feed.push({ ...nothing, targets: [target("t", 1)] });
  assert.equal(await closed, SESSION_OVER);
});

test("a screen that does not read is dropped; one that does keeps its feed", async () => {
  const [slow, quick] = [await joinFeed(), await joinFeed()];
  slow.socket.pause();
  for (let i = 0; i < 60 && s.dropped.count === 0; i++) {
    // Noise, so that compression does not make it small.
    const noise = Array.from({ length: 20_000 }, () => Math.random().toString(36)).join("");
    s.feed.push({ ...nothing, targets: Array.from({ length: 4 }, (_, k) => target(`t${k}`, i, noise + k)) });
    // The next one goes out when the quick screen has this one, however busy the machine is.
    const has = () => quick.seen.some(({ message: m }) => m.t === "changes" && m.targets.some((t) => t.since === i));
    await eventually("the quick screen has it", has, 10_000);
  }
  assert.equal(s.dropped.count, 1);
  assert.equal(quick.socket.readyState, WebSocket.OPEN);
  slow.socket.terminate();
  quick.socket.close();
});

test("a screen that talks is not listened to, one that talks much is closed", async () => {
  const { socket, closed } = await joinFeed();
  socket.send("x");
  socket.send("x".repeat(10_000));
  assert.equal(await closed, 1009);
});

/** A feed of one incident with a part of an agency's own and a part of others', and screens that note what they hear. */
function feedOfParts() {
  const frames = new Map<object, number>();
  const run = { name: "" };
  const incident = (own: number, others: number) => ({ id: "INC-000001", own, others }) as unknown as Incident;
  const part = (i: Incident, scope: Viewer["scope"]) =>
    scope === undefined ? i : ({ id: i.id, own: (i as unknown as { own: number }).own } as unknown as Incident);
  const feed = createFeed({
    now: Date.now,
    onClients: () => {},
    onDropped: () => {},
    reader: ({ scope }) =>
      ({
        snapshot: () => ({ t: "snapshot", incidents: [part(incident(1, 1), scope)] }),
        changes: (c: FeedChanges) => ({ ...c, incidents: c.incidents.map((i) => part(i, scope)) }),
      }) as unknown as Reader,
  });
  const join = (scope: Viewer["scope"], place?: Place) => {
    const heard: { own: number; others?: number }[] = [];
    const socket = {
      bufferedAmount: 0,
      on: () => {},
      close: () => {},
      terminate: () => {},
      send: (text: string) => {
        frames.set(heard, (frames.get(heard) ?? 0) + 1);
        const message = JSON.parse(text) as { t: string; run?: string; seq?: number; incidents: typeof heard };
        if (message.run) run.name = message.run;
        heard.push(...message.incidents);
      },
    };
    feed.join(socket as unknown as WebSocket, { account: "x", scope } as Viewer, () => true, place);
    return heard;
  };
  return { feed, join, incident, run, framesOf: (heard: object) => frames.get(heard) ?? 0 };
}

test("a change in others' part of an incident is no news to who sees a part: not even its moment", async () => {
  const { feed, join, incident } = feedOfParts();
  const [centre, agency] = [join(undefined), join(new Set(["a"]))];
  for (const [own, others] of [
    [1, 2],
    [1, 3],
    [2, 3],
    [2, 4],
  ] as const) {
    const before = centre.length;
    feed.push({ ...nothing, incidents: [incident(own, others)] });
    await eventually("the centre hears it", () => centre.length > before);
  }
  feed.close();
  assert.deepEqual(centre.length, 5);
  assert.deepEqual(agency, [
    { id: "INC-000001", own: 1 },
    { id: "INC-000001", own: 2 },
  ]);
});

/** Time moves when it is told to. */
function heldTime(t: TestContext): (at: number) => void {
  const clock = { now: 0 };
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  t.mock.method(performance, "now", () => clock.now);
  return (at) => {
    const ms = at - clock.now;
    clock.now = at;
    t.mock.timers.tick(ms);
  };
}

test("a change after a calm goes out at once, the next when its tick is over", (t) => {
  const until = heldTime(t);
  const { feed, join, incident, framesOf } = feedOfParts();
  const centre = join(undefined);
  until(500);
  feed.push({ ...nothing, incidents: [incident(1, 2)] });
  until(501);
  assert.equal(framesOf(centre), 2);
  feed.push({ ...nothing, incidents: [incident(1, 3)] });
  until(500 + TICK_MS - 1);
  assert.equal(framesOf(centre), 2);
  until(501 + TICK_MS);
  assert.equal(framesOf(centre), 3);
  feed.close();
});

test("an agency's beat comes at the beat's time, not when something went on elsewhere", (t) => {
  const until = heldTime(t);
  const { feed, join, incident, framesOf } = feedOfParts();
  const [centre, agency] = [join(undefined), join(new Set(["a"]))];
  until(2_000);
  until(2_950);
  feed.push({ ...nothing, incidents: [incident(1, 2)] });
  until(2_960);
  assert.deepEqual([framesOf(centre), framesOf(agency)], [2, 1]);
  until(3_000);
  assert.equal(framesOf(agency), 2);
  feed.close();
});

test("a screen of an agency that comes back is told of its incidents whether they changed or not", async (t) => {
  const { feed, join, incident, run, framesOf } = feedOfParts();
  t.after(feed.close);
  const centre = join(undefined);
  const [of, after] = [new Set(["a"]), 0];
  const quiet = join(of, { run: run.name, after });
  assert.deepEqual(quiet, [{ id: "INC-000001", own: 1 }], "nothing had changed");
  feed.push({ ...nothing, incidents: [incident(1, 2)] });
  await eventually("the centre hears it", () => centre.length === 2);
  const back = join(of, { run: run.name, after });
  assert.deepEqual(back, [{ id: "INC-000001", own: 1 }]);
  assert.equal(framesOf(quiet), 1);
});
