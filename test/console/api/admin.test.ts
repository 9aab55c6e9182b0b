// The admin socket: its mode, its answers, and what happens to one that is in the way.
import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { AgentStatus, TargetStatus } from "../../../protocol/index.ts";
import { type Rig, startRig } from "../support/rig.ts";

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig.end());

test("only this account, and root, may connect", () => {
  assert.equal(statSync(rig.config.adminSocket).mode & 0o777, 0o600);
});

test("it counts what lab status shows, and lists agents and targets", async () => {
  const status = await rig.admin<Record<string, unknown>>("/status");
  assert.deepEqual(status["agents"], { live: 0, silent: 0, unknown: 3, misconfigured: {} });
  assert.equal(status["url"], rig.config.screen.url);
  assert.equal(status["ready"], true);
  assert.equal((await rig.admin<AgentStatus[]>("/agents")).length, 3);
  assert.equal((await rig.admin<TargetStatus[]>("/targets")).length, 5);
  assert.equal((await rig.admin<{ code: string }>("/nothing")).code, "not-found");
  assert.equal((await rig.admin<{ code: string }>("/signin-code")).code, "not-found", "GET gives no code");
});

test("an act on the platform stands in the audit, with whoever held the machine", async () => {
  assert.equal((await rig.admin<{ code: string }>("/let-go?by=lan", "POST")).code, "query-invalid");
  assert.deepEqual(await rig.admin("/let-go?host=sign1&by=lan", "POST"), { kept: true });
  interface Entry {
    actor: string;
    act: string;
    subject: string;
    beside?: { data: object };
  }
  const { items } = await rig.admin<{ items: Entry[] }>("/api/audit?limit=50");
  const [entry] = items.filter((e) => e.act === "host-let-go");
  assert.deepEqual([entry?.actor, entry?.subject, entry?.beside?.data], ["operator", "sign1", { by: "lan" }]);
});

test("what a killed console left in its place is replaced", async () => {
  await rig.stop();
  writeFileSync(rig.config.adminSocket, "");
  await rig.start();
  assert.equal((await rig.admin<{ ready: boolean }>("/status")).ready, true);
});
