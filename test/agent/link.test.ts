// The line against a real WebSocket server over mutual TLS that loses acks, breaks, refuses and goes silent.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { Link, type LinkOptions } from "../../agent/link.ts";
import { Outbox } from "../../agent/outbox.ts";
import type { Detection, Report } from "../../protocol/finding.ts";
import type { ConfigState } from "../../protocol/frame.ts";
import { consolePki, TestConsole, until } from "./support/console.ts";
import { Pki } from "./support/pki.ts";

const pki = new Pki();
const keys = consolePki(pki, "hub1");
const dir = mkdtempSync(join(tmpdir(), "link-"));
after(() => {
  for (const d of [dir, pki.dir]) rmSync(d, { recursive: true });
});
const report = (n: number): Report => ({
  type: "report",
  check: "link",
  target: `t${n}`,
  at: 1,
  tookMs: 1,
  outcome: "ran",
  findings: [],
});
const detection = (id: string): Detection => ({
  type: "detection",
  id,
  detector: "d",
  target: "t",
  at: 1,
  class: "x",
  severity: "high",
  count: 1,
  evidence: {},
});
let n = 0;

async function setUp(c: TestContext, more: Partial<LinkOptions> = {}, limit = 10_000) {
  const far = new TestConsole(keys.own, keys.ca.certificate);
  await far.listen();
  const troubles: string[] = [];
  const path = join(dir, `${n++}.db`);
  const outbox = new Outbox({ path, limit, now: Date.now, onTrouble: (t) => troubles.push(t.code) });
  const logged: { event: string; about: Record<string, unknown> }[] = [];
  let config: ConfigState = { serial: 0, hash: "", status: "none" };
  const assigned: string[] = [];
  let fulls = 0;
  const options: LinkOptions = {
    url: far.url,
    serverName: "console.x",
    roots: keys.root.certificate,
    identity: () => keys.agent,
    agent: "hub1",
    instance: "i-1",
    version: "0",
    outbox,
    now: Date.now,
    config: () => config,
    onAssign: ({ payload }) => {
      assigned.push(payload);
      config = { serial: 7, hash: "h", status: "applied" };
    },
    onFull: () => fulls++,
    digest: () => "d".repeat(32),
    log: (_, event, about) => logged.push({ event, about }),
    random: () => 0,
    ...more,
  };
  const link = new Link(options);
  const put = (...items: (Report | Detection)[]) => {
    outbox.put(items);
    link.wake(items.some((i) => i.type === "detection"));
  };
  let isOpen = true;
  const end = () => {
    link.stop();
    if (isOpen) outbox.close();
    isOpen = false;
  };
  c.after(() => {
    end();
    far.close();
  });
  return { far, outbox, link, options, logged, troubles, put, end, assigned, fulls: () => fulls, path };
}
/** A port of a program that stands still, whose waiting line is full: the kernel answers no further SYN. */
async function deafPort(c: TestContext): Promise<number> {
  const program =
    'const s = require("net").createServer().listen(0, "127.0.0.1", 1, () => console.log(s.address().port))';
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  c.after(() => child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(line);
  child.kill("SIGSTOP");
  for (let i = 0; i < 16; i++) {
    const filler = connect(port, "127.0.0.1").on("error", () => {});
    c.after(() => filler.destroy());
  }
  return port;
}
const targets = (far: TestConsole) => far.record.map((i) => (i.type === "report" ? i.target : i.id));
const names = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `t${from + i}`);

test("hello, welcome, batches of at most fifty, acks; the outbox ends empty", async (c) => {
  const t = await setUp(c);
  t.put(...Array.from({ length: 120 }, (_, i) => report(i)));
  t.link.start();
  await until(() => t.far.record.length === 120 && t.outbox.inFlight === 0);
  assert.deepEqual(targets(t.far), names(120));
  const sizes = t.far.batches.map((b) => b.items.length).filter((s) => s > 0);
  assert.deepEqual(sizes, [50, 50, 20]);
  const [hello] = t.far.hellos;
  assert.deepEqual([hello!.agent, hello!.epoch, hello!.nextSeq], ["hub1", t.outbox.epoch, 1]);
  assert.match(hello!.client, /urn:vonggac:agent:hub1/);
  await until(() => t.outbox.depth === 0, 3_000);
});

test("a detection leaves at once, and ahead of reports that wait", async (c) => {
  const t = await setUp(c);
  t.link.start();
  await until(() => t.far.batches.length > 0);
  t.put(report(1));
  const start = performance.now();
  t.put(detection("D"));
  await until(() => t.far.record.length === 2);
  assert.ok(performance.now() - start < 35, "it does not wait for the reports' forty milliseconds");
  assert.deepEqual(targets(t.far), ["D", "t1"]);
});

test("a path that swallows what is sent is given up in the time for connecting, and tried again", async (c) => {
  const port = await deafPort(c);
  const { link, logged, put, outbox } = await setUp(c, { url: `wss://127.0.0.1:${port}/agent`, connectMs: 150 });
  put(report(1));
  link.start();
  const over = () => logged.filter(({ event }) => event === "console-connection-over").map(({ about }) => about);
  await until(() => over().length === 2, 20_000);
  for (const { why, detail } of over())
    assert.deepEqual({ why, detail }, { why: "unreachable", detail: "no connection in 150 ms" });
  assert.equal(outbox.depth, 1);
});

test("beats carry the digest once all is acked, and their acks keep the line", async (c) => {
  const t = await setUp(c);
  t.link.start();
  await until(() => t.far.batches.length >= 4);
  const empty = t.far.batches.filter((b) => b.items.length === 0);
  assert.ok(empty.length >= 4);
  assert.ok(empty.every((b) => b.digest === "d".repeat(32) && b.firstSeq === 1));
  assert.equal(t.far.hellos.length, 1);
  t.far.asksFull = true;
  await until(() => t.fulls() === 1);
});

test("acks that are lost after the commit: nothing is lost, nothing doubled", async (c) => {
  const t = await setUp(c);
  t.far.dropsAfterCommit = 3;
  t.link.start();
  for (let i = 0; i < 60; i++) {
    t.put(report(i));
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  await until(() => t.far.lastSeq >= 60 && t.outbox.inFlight === 0, 15_000);
  assert.deepEqual(targets(t.far), names(60));
  assert.ok(t.far.hellos.length >= 4);
  assert.equal(t.far.holes, 0);
});

test("acks stop: the agent connects anew after two and a half beats", async (c) => {
  const t = await setUp(c);
  t.link.start();
  await until(() => t.far.batches.length > 1);
  t.far.isDeaf = true;
  const start = performance.now();
  await until(() => t.logged.some((l) => l.about["why"] === "no-acks"), 3_000);
  const took = performance.now() - start;
  assert.ok(took >= 290 && took < 900, `${took} ms`);
  t.far.isDeaf = false;
  t.put(report(1));
  await until(() => t.far.record.length === 1);
});

test("overflow while cut off: the console gets the gap first, and no hole", async (c) => {
  const t = await setUp(c, {}, 20);
  for (let i = 0; i < 50; i++) t.outbox.put([report(i)]);
  t.outbox.flush(0);
  t.link.start();
  await until(() => t.far.lastSeq === 50);
  assert.deepEqual(t.far.gaps, [{ from: 1, to: 30 }]);
  assert.deepEqual(targets(t.far), names(20, 30));
  assert.equal(t.far.holes, 0);
  assert.ok(t.fulls() >= 1, "after a gap every last report travels whole");
});

test("a console that lost its record gets a gap for what is gone here", async (c) => {
  const t = await setUp(c);
  t.link.start();
  t.put(report(1), report(2));
  await until(() => t.far.lastSeq === 2 && t.outbox.depth === 0, 4_000);
  t.far.lastSeq = 0;
  t.far.cut();
  await until(() => t.far.gaps.length === 1);
  assert.deepEqual(t.far.gaps, [{ from: 1, to: 2 }]);
  await until(() => t.fulls() >= 1);
});

test("a console that has more than was ever sent: a new epoch, at once", async (c) => {
  const t = await setUp(c);
  t.far.epoch = t.outbox.epoch;
  t.far.lastSeq = 40;
  t.put(report(1));
  t.link.start();
  await until(() => t.far.record.length === 1);
  assert.equal(t.far.hellos.length, 2);
  assert.notEqual(t.far.hellos[1]!.epoch, t.far.hellos[0]!.epoch);
  assert.deepEqual(t.troubles, ["outbox-rolled-back"]);
});

test("refused: the time told is kept; numbers refused three times begin a new epoch", async (c) => {
  const t = await setUp(c);
  t.far.refusesNext = { code: "try-later", retryAfterMs: 700 };
  t.link.start();
  await until(() => t.logged.length > 0);
  const start = performance.now();
  await until(() => t.far.hellos.length === 1);
  const took = performance.now() - start;
  assert.ok(took >= 600 && took < 1_500, `${took} ms`);
  const { epoch } = t.outbox;
  for (let i = 0; i < 3; i++) {
    const before = t.far.frames.length;
    t.far.refusesNext = { code: "sequence-hole" };
    await until(() => t.far.refusesNext === undefined && t.far.frames.length > before);
  }
  await until(() => t.outbox.epoch !== epoch);
  t.put(report(5));
  await until(() => targets(t.far).includes("t5"));
});

test("who is not known waits longer; a close without words says the same by its code", async (c) => {
  const t = await setUp(c);
  t.far.refusesNext = { code: "identity-mismatch" };
  t.link.start();
  await until(() => t.logged.length > 0);
  assert.equal(t.logged[0]!.about["code"], "identity-mismatch");
  assert.ok((t.logged[0]!.about["waitMs"] as number) >= 5_000);
});

test("an assignment is handed on, and its state told at once", async (c) => {
  const t = await setUp(c);
  t.link.start();
  await until(() => t.far.batches.length > 0);
  t.far.send({ t: "assign", payload: "P", signature: "S" });
  await until(() => t.far.batches.some((b) => b.config?.serial === 7), 150);
  assert.deepEqual(t.assigned, ["P"]);
  assert.equal(t.far.batches.filter((b) => b.config).length, 1, "and told once");
});

test("hostile frames from the other side: refused by name, connected anew, nothing lost", async (c) => {
  const t = await setUp(c);
  t.link.start();
  const hostile = [
    "{",
    "[]",
    "null",
    '{"t":"nonsense"}',
    '{"t":"ack","epoch":1}',
    '{"t":"welcome","lastSeq":-1,"beatMs":1,"at":1}',
    "[".repeat(50),
    Buffer.from([0xff, 0xfe]),
    "x".repeat(1_100_000),
  ];
  for (const [i, bytes] of hostile.entries()) {
    await until(() => t.far.hellos.length === i + 1);
    await until(() => t.far.batches.length > 0);
    t.far.frames.length = 0;
    t.far.sendRaw(bytes);
    await until(() => t.far.hellos.length === i + 2, 4_000, `after ${String(bytes).slice(0, 40)}`);
  }
  // Words that are well formed and say what cannot be.
  t.put(report(1));
  await until(() => t.far.record.length === 1);
  t.far.send({ t: "ack", epoch: t.outbox.epoch, seq: 9_999, at: 1 });
  t.far.send({ t: "ack", epoch: 1, seq: 1, at: 1 });
  t.far.send({ t: "welcome", lastSeq: 5, beatMs: 200, at: 1 });
  t.put(report(2));
  await until(() => t.far.record.length === 2);
  assert.deepEqual(targets(t.far), ["t1", "t2"]);
});

test("a server that our roots do not vouch for, or of another name, gets no hello", async (c) => {
  const stranger = await setUp(c, { roots: keys.ca.certificate });
  const misnamed = await setUp(c, { serverName: "other.x" });
  for (const t of [stranger, misnamed]) {
    t.link.start();
    await until(() => t.logged.filter((l) => l.about["why"] === "unreachable").length >= 2);
    assert.equal(t.far.hellos.length, 0);
  }
});

test("killed and begun anew with the same file: every item once", async (c) => {
  const t = await setUp(c);
  t.link.start();
  for (let i = 0; i < 30; i++) t.put(report(i));
  await until(() => t.far.lastSeq > 0);
  t.far.isDeaf = true;
  for (let i = 30; i < 60; i++) t.put(report(i));
  await until(() => t.far.batches.some((b) => b.firstSeq > 30 && b.items.length > 0));
  t.end();
  t.far.isDeaf = false;
  const outbox = new Outbox({ path: t.path, limit: 10_000, now: Date.now, onTrouble: () => {} });
  const again = new Link({ ...t.options, outbox });
  c.after(() => again.stop());
  again.start();
  outbox.put([report(60)]);
  again.wake(false);
  await until(() => t.far.record.length === 61);
  assert.deepEqual(targets(t.far), names(61));
  again.stop();
  outbox.close();
});
