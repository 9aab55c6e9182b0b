// Assignments: a newer one reaches the connected agent, an older or equal one does not, a broken file changes nothing.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { after, before, test } from "node:test";
import { readAssignments } from "../../../console/gateway/assignments.ts";
import { batchOf, connectPeer, helloOf, join } from "../support/client.ts";
import { type Rig, startRig } from "../support/rig.ts";

let rig: Rig;
const folder = mkdtempSync(joinPath(tmpdir(), "vonggac-assign-"));
before(async () => {
  rig = await startRig();
});
after(async () => {
  rmSync(folder, { recursive: true });
  await rig.end();
});
const signed = (agent: string, serial: number) => ({
  agent,
  payload: JSON.stringify({ agent, serial, targets: [] }),
  signature: "AAAA",
});
const quiet = () => new Promise((resolve) => setTimeout(resolve, 500));

test("pushed when newer than what the agent holds, byte for byte, to that agent only", async () => {
  const agent = await join(await rig.door("xa-mot"), "xa-mot");
  rig.writeAssignments([signed("xa-mot", 3), signed("xa-hai", 4)]);
  const { payload, signature } = await agent.next("assign");
  assert.deepEqual({ payload, signature }, { payload: signed("xa-mot", 3).payload, signature: "AAAA" });
  rig.writeAssignments([signed("xa-mot", 3), signed("xa-hai", 5)]);
  await quiet();
  assert.deepEqual(agent.inbox, []);

  rig.writeAssignments("[{");
  await quiet();
  assert.deepEqual(agent.inbox, []);
  const other = await join(await rig.door("xa-hai"), "xa-hai");
  assert.equal(JSON.parse((await other.next("assign")).payload).serial, 5, "the one before stays in force");
  await agent.end();
  await other.end();
});

test("an agent that holds it already is not told again, one that holds an older is", async () => {
  for (const [serial, told] of [
    [3, false],
    [9, false],
    [2, true],
  ] as const) {
    const peer = await connectPeer(await rig.door("xa-mot"));
    peer.send(helloOf("xa-mot", { config: { serial, hash: "", status: "applied" } }));
    await peer.next("welcome");
    peer.send(batchOf(1, []));
    await peer.next("ack");
    assert.equal(
      peer.inbox.some((f) => f.t === "assign"),
      told,
      `holding ${serial}`,
    );
    await peer.end();
  }
});

test("an assignment that could not be applied shows in the status until it is", async () => {
  const peer = await connectPeer(await rig.door("xa-mot"));
  peer.send(helloOf("xa-mot", { config: { serial: 3, hash: "", status: "failed", error: "signature" } }));
  await peer.next("welcome");
  const misconfigured = async () =>
    (await rig.admin<{ agents: { misconfigured: object } }>("/status")).agents.misconfigured;
  assert.deepEqual(await misconfigured(), { "xa-mot": "signature" });
  peer.send({
    t: "batch",
    epoch: 1,
    firstSeq: 1,
    items: [],
    at: 1,
    config: { serial: 3, hash: "", status: "applied" },
  });
  await peer.next("ack");
  assert.deepEqual(await misconfigured(), {});
  await peer.end();
});

for (const [what, text, code] of [
  ["no JSON", "[", "file-not-json"],
  ["no list", "{}", "file-invalid"],
  ["a payload that is none", JSON.stringify([{ ...signed("a", 1), payload: "{}" }]), "assignment-payload-invalid"],
  [
    "one for another agent",
    JSON.stringify([{ ...signed("a", 1), payload: signed("b", 1).payload }]),
    "assignment-for-another",
  ],
  ["two for one agent", JSON.stringify([signed("a", 1), signed("a", 2)]), "assignment-doubled"],
] as const)
  test(`a file with ${what} is ${code}`, () => {
    const path = joinPath(folder, "a.json");
    writeFileSync(path, text);
    assert.throws(() => readAssignments(path), { code });
  });
