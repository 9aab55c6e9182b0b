// The watcher elsewhere, before a console's real heartbeat: signs of life over TLS, silence told over a webhook, and told to be over.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:https";
import type { AddressInfo, LookupFunction } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type DeadmanConfig, readDeadman, startDeadman } from "../../../console/deadman.ts";
import { createLog } from "../../../console/log.ts";
import { signatureOf } from "../../../console/notify/channels/webhook.ts";
import { startHeartbeat } from "../../../console/notify/heartbeat.ts";
import { Problem } from "../../../console/problem.ts";
import { makeCa, serverLeaf } from "../support/pki.ts";
import { eventually } from "../support/rig.ts";

const here: LookupFunction = (_name, options, callback) =>
  options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4);
const log = createLog("silent");

async function scene(t: { after(run: () => unknown): void }) {
  const folder = mkdtempSync(join(tmpdir(), "vonggac-deadman-"));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const ca = await makeCa("watch");
  const leaf = await serverLeaf(ca, "watch.test");
  const told: { type: string; subject: string; summary: string }[] = [];
  const hook = createServer(await serverLeaf(ca, "hook.test"), (incoming, answer) => {
    let body = "";
    incoming.on("data", (d) => {
      body += d;
    });
    incoming.on("end", () => {
      told.push(JSON.parse(body));
      answer.writeHead(204).end();
    });
  });
  await new Promise<void>((r) => hook.listen(0, "127.0.0.1", r));
  file("beat-key", "the key of both");
  file("hook-key", "another");
  const config: DeadmanConfig = {
    console: "console.test",
    language: "en",
    listen: {
      host: "127.0.0.1",
      port: 0,
      certFile: file("crt", leaf.cert),
      keyFile: file("key", leaf.key),
      keySecret: "beat-key",
    },
    silentAfterSeconds: 60,
    repeatMinutes: 10,
    secretsDir: folder,
    stateFile: join(folder, "state.json"),
    outbound: { allow: [], rootsFile: file("roots", ca.cert) },
    channels: [
      {
        id: "hook",
        kind: "webhook",
        url: `https://hook.test:${(hook.address() as AddressInfo).port}/`,
        keySecret: "hook-key",
      },
    ],
  };
  const time = { now: Date.now() };
  const start = () => startDeadman(config, log, { now: () => time.now, lookup: here });
  t.after(() => {
    hook.close();
    hook.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });
  return { config, ca, told, time, start, folder };
}

test("silence is told, kept over the watcher's own restart, and its end is told; a console that is unwell says so itself", async (t) => {
  const s = await scene(t);
  let dead = await s.start();
  let trouble: string | undefined;
  const rule = { url: `https://watch.test:${dead.port}/beat`, keySecret: "beat-key", everySeconds: 5 };
  const beating = () =>
    startHeartbeat({
      rules: () => ({ ...rule, url: `https://watch.test:${dead.port}/beat` }),
      ready: () => trouble,
      url: "https://console.test",
      secret: () => "the key of both",
      lookup: here,
      addresses: { allow: [] },
      roots: [s.ca.cert],
      now: () => s.time.now,
      onBeat() {},
      log,
    });
  let beat = beating();
  const first = s.time.now;
  s.time.now += 10_000;
  await eventually("a sign of life", () => dead.watched().heardAt > first);
  beat.stop();
  s.time.now += 61_000;
  await eventually("told", () => s.told.length === 1);
  assert.match(s.told[0]!.subject, /^\[Vọng Gác\] Vọng Gác is silent: no sign of life from console\.test since /);
  await dead.close();
  dead = await s.start();
  s.time.now += 61_000;
  await new Promise((r) => setTimeout(r, 1_200));
  assert.equal(s.told.length, 1, "told already, and not yet time to say it again");
  beat = beating();
  await eventually("told to be back", () => s.told.length === 2);
  assert.match(s.told[1]!.subject, /is back: console\.test/);
  trouble = "the disk is full";
  for (let n = 0; n < 14; n++) {
    s.time.now += 6_000;
    await eventually("heard", () => dead.watched().heardAt === s.time.now);
  }
  await eventually("told to be unwell", () => s.told.length === 3);
  assert.match(s.told[2]!.subject, /is unwell/);
  assert.doesNotMatch(JSON.stringify(s.told), /the key of both/);
  beat.stop();
  await dead.close();
});

test("no sign of life: a wrong key, an old one, the same twice, another kind, too much", async (t) => {
  const s = await scene(t);
  const dead = await s.start();
  t.after(() => dead.close());
  const send = (o: { key?: string; at?: number; id?: string; body?: string } = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      const body = o.body ?? JSON.stringify({ type: "vonggac.beat", ready: true });
      const at = Math.floor((o.at ?? s.time.now) / 1_000);
      const id = o.id ?? "one";
      const headers = {
        "webhook-id": id,
        "webhook-timestamp": String(at),
        "webhook-signature": signatureOf(o.key ?? "the key of both", id, at, body),
      };
      const sent = request(
        {
          host: "127.0.0.1",
          port: dead.port,
          servername: "watch.test",
          ca: s.ca.cert,
          method: "POST",
          headers,
          agent: false,
        },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode!);
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  assert.equal(await send({ key: "guess" }), 401);
  assert.equal(await send({ at: s.time.now - 301_000 }), 401);
  assert.equal(await send({ body: "x".repeat(5_000) }).catch(() => 401), 401);
  assert.equal(await send({ body: '{"type":"vonggac.opened"}', id: "other" }), 400);
  const before = dead.watched().heardAt;
  s.time.now += 1_000;
  assert.equal(dead.watched().heardAt, before, "none of them counted");
  assert.equal(await send({ id: "good" }), 204);
  assert.equal(await send({ id: "good" }), 409, "a recording");
});

test("a wrong configuration is refused by name", async (t) => {
  const s = await scene(t);
  const path = join(s.folder, "deadman.json");
  const codeOf = (config: object): string => {
    writeFileSync(path, JSON.stringify(config));
    try {
      readDeadman(path);
      return "ok";
    } catch (error) {
      assert.ok(error instanceof Problem);
      assert.ok(error.remedy.length > 0);
      return error.code;
    }
  };
  const { listen: _, ...deaf } = s.config;
  assert.equal(codeOf(s.config), "ok");
  assert.equal(codeOf(deaf), "deadman-hears-nothing");
  assert.equal(codeOf({ ...s.config, channels: [{ id: "s", kind: "screen" }] }), "deadman-channel-has-no-address");
  assert.equal(
    codeOf({ ...s.config, ask: { url: "https://127.0.0.1:8443/readyz", everySeconds: 5 } }),
    "deadman-url-refused",
  );
  assert.equal(codeOf({ ...s.config, silentAfterSeconds: 0 }), "file-invalid");
});
