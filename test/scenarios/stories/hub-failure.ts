// A hub loses power. Four communes are cut off, which is a serious incident in law; the machine sees the return, a person closes.
import assert from "node:assert/strict";
import { mustLab, until } from "../../support/lab.ts";
import { appears, at, type Cast, caseOf, doTasks, exported, incidentOf, work } from "./parts.ts";

export const HUB_AGENCY = "phuong-an-xuyen";
const LAW = "nd-331-2026";

export async function hubFailure(cast: Cast): Promise<void> {
  const { staff, lead } = cast;
  const it = cast.it[HUB_AGENCY]!;
  await mustLab("fault", "hub-down", "hub1");
  const { id, impact, severity } = await appears(
    staff,
    "the hub's failure stands in the list",
    20_000,
    (i) => i.class === "connectivity" && i.cause.asset === "hub1",
  );
  assert.equal(severity, "critical");
  assert.ok(impact.lost.length >= 3 && impact.lost.includes(HUB_AGENCY), String(impact.lost));

  const own = await incidentOf(it, id);
  assert.deepEqual([own.impact.lost, own.impact.degraded, own.restricted], [[HUB_AGENCY], [], true]);
  const others = impact.lost.filter((a) => a !== HUB_AGENCY);
  const told = JSON.stringify(own);
  for (const other of others) assert.ok(!told.includes(other), `agency IT is not told of ${other}`);
  assert.equal(await it.refused("POST", at(id, "acknowledge"), {}), "permission-missing");

  await staff.act("POST", at(id, "acknowledge"), {});
  assert.equal(await lead.refused("POST", at(id, "acknowledge"), {}), "reason-required", "it has an owner");
  await staff.act("POST", at(id, "investigate"), {});
  await until("the rules propose a serious incident", 10_000, async () =>
    (await caseOf(staff, id)).work.classification.grades.includes("serious"),
  );
  const proposed = await caseOf(staff, id);
  assert.deepEqual(
    proposed.work.clocks.map((c) => c.id).sort(),
    ["cause-scope-remedy", "closing-report", "first-notice"].map((rule) => `${LAW}/${rule}`),
  );
  const confirm = { nature: "infrastructure", grades: ["serious"], reason: "" };
  assert.equal(await staff.refused("POST", work(id, "classify"), confirm), "permission-missing");
  await lead.act("POST", work(id, "classify"), confirm);
  const notice = (rule: string) => ({
    clock: `${LAW}/${rule}`,
    sentAt: Date.now(),
    to: "A05",
    reference: `no. ${rule}`,
  });
  await staff.act("POST", work(id, "notice"), notice("first-notice"));
  assert.equal(await staff.refused("POST", work(id, "notice"), notice("first-notice")), "clock-met");
  await staff.act("POST", work(id, "comment"), { text: "The hub's power supply is being changed." });
  await doTasks(staff, id);

  const close = { resolution: "Power supply of hub1 changed." };
  assert.equal(await staff.refused("POST", at(id, "close"), close), "incident-open");
  assert.equal(await staff.refused("POST", at(id, "recover"), { reason: "I think so" }), "machine-decides");
  await mustLab("fault", "hub-down", "hub1", "--undo");
  await until("the machine sees it back", 60_000, async () => (await incidentOf(staff, id)).state === "recovered");

  assert.equal(await staff.refused("POST", at(id, "close"), { resolution: " " }), "resolution-required");
  assert.equal(await lead.refused("POST", at(id, "close"), close), "owned-by-other");
  await staff.act("POST", work(id, "notice"), notice("cause-scope-remedy"));
  await staff.act("POST", at(id, "close"), close);
  await staff.act("POST", work(id, "notice"), notice("closing-report"));
  const done = await caseOf(staff, id);
  assert.equal(done.incident.state, "closed");
  assert.ok(
    done.work.clocks.every((c) => c.metBy === staff.name),
    JSON.stringify(done.work.clocks),
  );
  assert.equal((await incidentOf(it, id)).state, "closed");
  await exported(cast, id, it, [/Power supply of hub1 changed/, /no\. closing-report/, /nobody was there to ask/]);
}
