// kill -9 between any two steps of the outbox: everything is told, nothing is lost, and what is told twice bears the same id.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../../console/store/store.ts";
import { makeCa, serverLeaf } from "../support/pki.ts";
import { eventually } from "../support/rig.ts";

const INTENTS = 24;
const KILLS = 4;

test(`${KILLS} kills: ${INTENTS} messages are all told, under one id each`, async () => {
  const ca = await makeCa("hooks");
  const told: { id: string; note: string }[] = [];
  let child: ChildProcess | undefined;
  let kills = 0;
  const server = createServer(await serverLeaf(ca, "hook.test"), (request, response) => {
    let body = "";
    request.on("data", (d) => {
      body += d;
    });
    request.on("end", () => {
      told.push({ id: String(request.headers["webhook-id"]), note: JSON.parse(body).summary });
      // Every few messages the notifier dies before it hears that it was heard.
      if (kills < KILLS && told.length % 6 === 3) {
        kills++;
        child?.kill("SIGKILL");
        return void request.socket.destroy();
      }
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
  const { port } = server.address() as AddressInfo;
  const folder = mkdtempSync(join(tmpdir(), "vonggac-notify-kill-"));
  const start = (intents: number) => {
    const argv = [join(import.meta.dirname, "notifier-child.ts"), folder, String(port), ca.cert, String(intents)];
    child = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "inherit"] });
    child.once("exit", (_code, signal) => signal === "SIGKILL" && start(0));
  };
  start(INTENTS);
  const distinct = () => new Set(told.map((t) => t.note));
  await eventually("all are told", () => distinct().size === INTENTS && kills === KILLS, 60_000);
  await new Promise((r) => setTimeout(r, 1_500));
  child!.removeAllListeners("exit");
  child!.kill("SIGKILL");
  await new Promise((r) => setTimeout(r, 200));
  server.close();
  server.closeAllConnections();
  const idsOf = new Map<string, Set<string>>();
  for (const t of told) idsOf.set(t.note, (idsOf.get(t.note) ?? new Set()).add(t.id));
  assert.ok(
    [...idsOf.values()].every((ids) => ids.size === 1),
    "one id each",
  );
  assert.equal(new Set(told.map((t) => t.id)).size, INTENTS);
  assert.ok(told.length > INTENTS, "some were told twice, else nothing was tested");
  const store = openStore(folder);
  assert.deepEqual(store.deliveries.pending(), {}, "and the record knows that all were");
  store.close();
  rmSync(folder, { recursive: true, force: true });
});
