// Three real processes and no lab: an agent enrols with its token, is told what to watch, and what it sees reaches the record.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { after, test } from "node:test";
import type { AgentStatus, Registry, Target, TargetStatus } from "../../protocol/index.ts";
import { type Process, prepareProcesses, run } from "./support/processes.ts";
import { sampleRegistry } from "./support/province.ts";
import { eventually } from "./support/rig.ts";

const files = await prepareProcesses();
const started: Process[] = [];
const listener = createServer().listen(0, "127.0.0.1");
after(async () => {
  await Promise.all(started.map((p) => p.kill("SIGKILL")));
  listener.close();
  files.end();
});

/** A target whose probe is a port of this test: the check of its kind looks at loopback. */
const probeOf = (port: number): Target => ({
  id: "xa-mot/datacentre/dc1",
  agency: "xa-mot",
  agent: "xa-mot",
  asset: "hub1",
  everyMs: 200,
  kind: "datacentre",
  expects: { probes: [{ address: "127.0.0.1", port }], paths: [{ device: "lo", link: "hub1~xa-mot", hub: "hub1" }] },
});

test("an agent enrols, is assigned, reports; a later assignment reaches it without a restart", {
  timeout: 60_000,
}, async () => {
  await new Promise((resolve) => (listener.listening ? resolve(undefined) : listener.once("listening", resolve)));
  const { port } = listener.address() as { port: number };
  const registry: Registry = sampleRegistry("v1", [probeOf(port)]);
  writeFileSync(files.config.registryFile, JSON.stringify(registry));
  writeFileSync(files.config.assignmentsFile, JSON.stringify([files.signed("xa-mot", 1, [probeOf(port)])]));
  const agentFile = await files.agentFile("xa-mot");
  const [console_, ca] = [await files.startConsole(), await files.startCa()];
  started.push(console_, ca);
  const agent = run("agent/main.ts", agentFile);
  started.push(agent);
  const why = () => `${agent.output()}\n${console_.output()}\n${ca.output()}`;
  const status = async () => (await files.admin<TargetStatus[]>("/targets")).map((t) => `${t.target} ${t.status}`);
  await eventually(
    "the agent is live",
    async () =>
      (await files.admin<AgentStatus[]>("/agents")).some((a) => a.agent === "xa-mot" && a.presence === "live"),
    20_000,
  ).catch((e) => assert.fail(`${e}\n${why()}`));
  await eventually(
    "its target speaks",
    async () => (await status()).some((s) => /(good|finding|skipped)$/.test(s)),
    15_000,
  ).catch((e) => assert.fail(`${e}\n${why()}`));

  const more: Target = { ...probeOf(port), id: "xa-mot/datacentre/again" } as Target;
  writeFileSync(files.config.registryFile, JSON.stringify(sampleRegistry("v2", [probeOf(port), more])));
  writeFileSync(files.config.assignmentsFile, JSON.stringify([files.signed("xa-mot", 2, [probeOf(port), more])]));
  await eventually(
    "the new target speaks",
    async () => (await status()).some((s) => /again (good|finding|skipped)$/.test(s)),
    15_000,
  ).catch((e) => assert.fail(`${e}\n${why()}`));
  assert.equal((await agentOf()).presence, "live");

  await console_.kill();
  assert.equal(await console_.exited, 0, "SIGTERM is a clean end");
  const again = await files.startConsole();
  started.push(again);
  await eventually("the agent is back", async () => (await agentOf()).presence === "live", 20_000).catch((e) =>
    assert.fail(`${e}\n${why()}\n${again.output()}`),
  );
  assert.ok(!/token-of|BEGIN/.test(why() + again.output()), "no secret in any log");
});

const agentOf = async () => (await files.admin<AgentStatus[]>("/agents")).find((a) => a.agent === "xa-mot")!;
