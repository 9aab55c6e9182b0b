import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { test } from "node:test";
import { run } from "../../../setup/run.mjs";
import { labIsUp, placeOf } from "../../../setup/start/lab.mjs";
import { needPort } from "../../../setup/start/port.mjs";
import { folder, put, ROOT } from "../fixtures.ts";

test("a taken port is named with its holder, by npm start too and before it touches anything", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await assert.rejects(needPort("127.0.0.1", port), (e: { code: string; facts: { by: string } }) => {
    assert.equal(e.code, "port-taken");
    assert.match(e.facts.by, new RegExp(`pid ${process.pid}|\\?`));
    return true;
  });
  const start = path.join(ROOT, "setup/start.mjs");
  const ran = await run(process.execPath, [start, "--port", String(port)], { env: { PATH: "/usr/bin", LANG: "C" } });
  assert.equal(ran.code, 1);
  assert.match(ran.output, new RegExp(`\\[port-taken\\][\\s\\S]*where: 127.0.0.1:${port}`));
  assert.doesNotMatch(ran.output, /✓|…/, "no step was taken");
});

test("a free port is free", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await needPort("127.0.0.1", port);
});

test("an address that this machine does not have", async () => {
  await assert.rejects(needPort("192.0.2.77", 18_999), (e: { code: string }) => e.code === "listen-impossible");
});

test("our own lab may hold the port", (t) => {
  const root = folder(t);
  assert.equal(labIsUp(root, { port: 8080 }), false);
  put(root, ".vonggac/lab.json", { port: 8080 });
  assert.equal(labIsUp(root, { port: 8080 }), true);
  assert.equal(labIsUp(root, { port: 9090 }), false);
  put(root, ".vonggac/lab.json", "{ cut off");
  assert.equal(labIsUp(root, { port: 8080 }), false);
});

test("where the page will be: as it was asked for, else where the running lab has it, else on loopback", (t) => {
  const root = folder(t);
  assert.deepEqual(placeOf(root, {}), { port: 8080, listen: "127.0.0.1" });
  put(root, ".vonggac/lab.json", { port: 9090, listen: "::1" });
  assert.deepEqual(placeOf(root, {}), { port: 9090, listen: "::1" });
  assert.deepEqual(placeOf(root, { port: 9191 }), { port: 9191, listen: "::1" });
});
