// The sample province goes up by the real engine; everything that it promises is then true.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type AgentStatus, phaseOf, type TargetStatus } from "../../protocol/index.ts";
import { admin, ensureLab, incidents, mustLab, PORT, whyNoLab } from "../support/lab.ts";

const skip = whyNoLab() ?? false;
before(
  async () => {
    if (!skip) await ensureLab();
  },
  { timeout: 300_000 },
);

test("the address answers 200", { skip }, async () => {
  const answer = await fetch(`http://127.0.0.1:${PORT}/`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'|default-src 'self'/);
});

test("every agent is live, every check is good, and the incident list is empty", { skip }, async () => {
  const agents = await admin<AgentStatus[]>("/agents");
  assert.ok(agents.length >= 12, `${agents.length} agents`);
  assert.deepEqual(
    agents.filter((a) => a.presence !== "live"),
    [],
  );
  const targets = await admin<TargetStatus[]>("/targets");
  assert.deepEqual(
    targets.filter((t) => t.status !== "good").map((t) => [t.target, t.status, t.tags, t.reason]),
    [],
  );
  for (const kind of [
    "link",
    "datacentre",
    "ipv6",
    "zone",
    "zone-audit",
    "resolver",
    "certificate",
    "path",
    "clock",
    "disk",
    "ra",
    "page",
    "ssh-log",
    "firewall-log",
    "route-log",
  ])
    assert.ok(
      targets.some((t) => t.target.includes(`/${kind}/`)),
      `no target of kind ${kind}`,
    );
  assert.deepEqual(
    (await incidents()).filter((i) => phaseOf(i) === "open"),
    [],
  );
});

test("a second up finds everything and changes nothing", { skip, timeout: 300_000 }, async () => {
  const before = await admin<AgentStatus[]>("/agents");
  await mustLab("up", "--port", String(PORT));
  const after = await admin<AgentStatus[]>("/agents");
  assert.deepEqual(
    after.map((a) => [a.agent, a.since]),
    before.map((a) => [a.agent, a.since]),
    "no agent was restarted",
  );
});

test("status tells what runs", { skip }, async () => {
  const status = JSON.parse(await mustLab("status", "--json"));
  assert.equal(status.up, true, JSON.stringify(status).slice(0, 500));
});
