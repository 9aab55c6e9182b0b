// One name, two live processes: noticed when they take turns, and never when an agent is merely started again.

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import fc from "fast-check";
import { cloneWatch } from "../../../console/gateway/clones.ts";
import type { Incident } from "../../../protocol/index.ts";
import { freePort } from "../../support/port.ts";
import { type Process, prepareProcesses, run } from "../support/processes.ts";
import { eventually } from "../support/rig.ts";

const HOUR_MS = 3_600_000;

test("an agent that is started again, and connects again, is no clone", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 30 }), (connections) => {
      const watch = cloneWatch();
      // Process n connects some times, then process n + 1 follows it.
      for (const [process, times] of connections.entries())
        for (let i = 0; i <= times; i++) assert.equal(watch.heard("a", `${process}`, 0), false);
    }),
  );
});

test("who comes back after another was there is a clone; told once an hour, of each agent", () => {
  const watch = cloneWatch();
  const heard = (agent: string, instances: string, at = 0) => [...instances].map((i) => watch.heard(agent, i, at));
  assert.deepEqual(heard("a", "xyx"), [false, false, true]);
  assert.deepEqual(heard("a", "yxyx", HOUR_MS - 1), [false, false, false, false]);
  assert.deepEqual(heard("b", "xyyx"), [false, false, false, true], "another agent is told of by itself");
  assert.deepEqual(heard("a", "yx", HOUR_MS), [true, false]);
});

const files = await prepareProcesses();
const started: Process[] = [];
after(async () => {
  await Promise.all(started.map((p) => p.kill("SIGKILL")));
  files.end();
});
const audited = async () => {
  const { items } = await files.admin<{ items: { act: string; subject: string }[] }>("/api/audit?limit=100");
  return items.filter((e) => e.act === "agent-cloned").map((e) => e.subject);
};

test("a copied disk: two real agents with one state folder's content are told of in log and audit; one started again is not", {
  timeout: 60_000,
}, async () => {
  writeFileSync(files.config.assignmentsFile, JSON.stringify([files.signed("xa-mot", 1, [])]));
  const original = await files.agentFile("xa-mot");
  const consoleProcess = await files.startConsole();
  started.push(consoleProcess, await files.startCa());
  const first = run("agent/main.ts", original);
  started.push(first);
  const live = async () => {
    const agents = await files.admin<{ agent: string; presence: string }[]>("/agents");
    return agents.find((a) => a.agent === "xa-mot")?.presence === "live";
  };
  await eventually("it is enrolled and live", live, 20_000);
  await first.kill("SIGKILL");
  started.push(run("agent/main.ts", original));
  await eventually("silence is noticed, or it is back already", live, 20_000);

  const settings = JSON.parse(readFileSync(original, "utf8"));
  const copy = { ...settings, stateDir: files.file("copy"), metrics: { host: "127.0.0.1", port: await freePort() } };
  cpSync(settings.stateDir, copy.stateDir, { recursive: true });
  writeFileSync(files.file("copy.json"), JSON.stringify(copy));
  assert.deepEqual(await audited(), [], "started again: no clone");
  started.push(run("agent/main.ts", files.file("copy.json")));
  await eventually("noticed", async () => (await audited()).length > 0, 30_000);
  assert.deepEqual(await audited(), ["xa-mot"]);
  assert.match(consoleProcess.output(), /"problem":"agent-cloned","agent":"xa-mot"/);
  const opened = await eventually("an incident, so that people are told", async () => {
    const all = await files.admin<Incident[]>("/incidents");
    const found = all.filter((i) => i.class === "intrusion");
    return found.length > 0 && found;
  });
  assert.deepEqual(
    opened.map((i) => [i.cause.asset, i.severity, i.declared?.by, i.impact.affected]),
    [["xa-mot", "high", "machine", ["xa-mot"]]],
  );
  assert.equal(opened[0]!.history[0]!.reason.key, "reason.noticed", "no person said so");
  assert.match(opened[0]!.declared!.summary, /Hai máy cùng báo về dưới tên xa-mot.* \/ Two machines report/);
});
