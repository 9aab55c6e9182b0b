// The way of an item through the whole console: agent → commit → ack → incident → feed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import type { AgentStatus, FeedMessage, Incident, TargetStatus } from "../../protocol/index.ts";
import { stateDigest } from "../../protocol/state.ts";
import { batchOf, join } from "./support/client.ts";
import { bad, good, sampleRegistry, TARGETS } from "./support/province.ts";
import { eventually, type Rig, startRig } from "./support/rig.ts";

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig.end());

test("a report is kept, acked, becomes an incident, and is on the screen", async () => {
  const agent = await join(await rig.door("xa-mot"), "xa-mot");
  assert.equal(agent.lastSeq, 0);
  const { code } = await rig.admin<{ code: string }>("/signin-code", "POST");
  const at = `http://127.0.0.1:${rig.console.screenPort}`;
  const signin = await fetch(`${at}/api/signin`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-vonggac": "1" },
    body: JSON.stringify({ code }),
  });
  assert.equal(signin.status, 200);
  const cookie = signin.headers.get("set-cookie")!.split(";")[0]!;
  const feed = new WebSocket(`${at.replace("http", "ws")}/feed`, { headers: { cookie, origin: at } });
  const seen: FeedMessage[] = [];
  feed.on("message", (data) => seen.push(JSON.parse(String(data))));
  const snapshot = await eventually("a snapshot", () => seen[0]);
  assert.equal(snapshot.t, "snapshot");

  agent.send(batchOf(1, [bad("xa-mot/certificate/portal", "CERT_EXPIRED"), good("xa-mot/link/hub1~xa-mot")]));
  const ack = await agent.next("ack");
  assert.deepEqual([ack.epoch, ack.seq, ack.full], [1, 2, undefined]);
  const incident = await eventually("the incident on the feed", () =>
    seen.flatMap((m) => (m.t === "changes" ? m.incidents : [])).find((i) => i.cause.asset === "portal"),
  );
  assert.equal(incident.state, "new");
  const target = seen.flatMap((m) => (m.t === "changes" ? m.targets : [])).find((t) => t.status === "finding");
  assert.equal(target?.target, "xa-mot/certificate/portal");
  assert.equal(target?.severity, "critical");
  const [kept] = await rig.admin<Incident[]>("/incidents");
  assert.equal(kept?.id, incident.id);

  agent.send(batchOf(3, [good("xa-mot/certificate/portal")]));
  await eventually("recovery on the feed", () =>
    seen.some((m) => m.t === "changes" && m.incidents.some((i) => i.id === incident.id && i.state === "recovered")),
  );
  feed.close();
  await agent.end();
});

test("a digest that differs asks for whole reports, one that agrees does not", async () => {
  const agent = await join(await rig.door("xa-hai"), "xa-hai");
  const report = good("xa-hai/certificate/portal");
  agent.send(batchOf(1, [report], { digest: stateDigest([report]) }));
  assert.equal((await agent.next("ack")).full, undefined);
  agent.send(batchOf(2, [], { digest: stateDigest([]) }));
  const asked = await agent.next("ack");
  assert.deepEqual([asked.seq, asked.full], [1, true]);
  agent.send(batchOf(2, [], { digest: stateDigest([]) }));
  assert.equal((await agent.next("ack")).full, undefined, "not again at once: it would be a storm");
  await agent.end();
});

test("an agent without frames is silent, its targets unknown, and both come back", async () => {
  const presence = async () => (await rig.admin<AgentStatus[]>("/agents")).find((a) => a.agent === "xa-hai")?.presence;
  await eventually("silence", async () => (await presence()) === "silent");
  const unknown = await rig.admin<TargetStatus[]>("/targets");
  assert.equal(unknown.find((t) => t.target === "xa-hai/certificate/portal")?.status, "unknown");
  const agent = await join(await rig.door("xa-hai"), "xa-hai");
  assert.equal(agent.lastSeq, 1);
  await eventually("life", async () => (await presence()) === "live");
  const again = await rig.admin<TargetStatus[]>("/targets");
  assert.equal(again.find((t) => t.target === "xa-hai/certificate/portal")?.status, "good");
  await agent.end();
});

test("a changed registry forgets what is no longer watched; an agent that is gone is put out", async () => {
  const agent = await join(await rig.door("xa-hai"), "xa-hai");
  const rest = TARGETS.filter((t) => t.agent !== "xa-hai");
  const registry = { ...sampleRegistry("v2", rest) };
  rig.writeRegistry({ ...registry, agents: registry.agents.filter((a) => a.id !== "xa-hai") });
  assert.equal((await agent.next("refuse")).code, "agent-unknown");
  assert.equal((await agent.closed).code, 4403);
  const targets = await rig.admin<TargetStatus[]>("/targets");
  assert.ok(!targets.some((t) => t.agent === "xa-hai"));
  rig.writeRegistry(sampleRegistry("v3"));
  await eventually("the old targets, empty", async () =>
    (await rig.admin<TargetStatus[]>("/targets")).find(
      (t) => t.agent === "xa-hai" && t.status === "unknown" && t.at === 0,
    ),
  );
});

test("a broken registry file is kept out, and the one before stays", async () => {
  rig.writeRegistry({ ...sampleRegistry("v4"), agencies: [] });
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal((await rig.admin<{ registry: string }>("/status")).registry, "v3");
  rig.writeRegistry(sampleRegistry("v3"));
});

test("after a restart the record goes on: seq, incidents, what was last said", async () => {
  const before = await rig.admin<Incident[]>("/incidents");
  await rig.stop();
  await rig.start();
  assert.deepEqual(await rig.admin<Incident[]>("/incidents"), before);
  const agent = await join(await rig.door("xa-mot"), "xa-mot");
  assert.equal(agent.lastSeq, 3);
  const target = await eventually("what was last said", async () =>
    (await rig.admin<TargetStatus[]>("/targets")).find(
      (t) => t.target === "xa-mot/certificate/portal" && t.status === "good",
    ),
  );
  assert.ok(target.since > 0);
  await agent.end();
});
