// A citizen's file is found on a public page. A person declares it; the law's 72 hours have run since it was first seen, not since
// it was declared. No clock of any machine is moved: what was seen lies in the past.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Incident } from "../../../protocol/index.ts";
import { until } from "../../support/lab.ts";
import { at, type Cast, caseOf, doTasks, exported, HOUR_MS, incidentOf, work } from "./parts.ts";

export const HOLDER = "so-noi-vu";
const CLOCK = "luat-91-2025/notice";
const LEAKED = Buffer.from("stt,ho_ten,so_dinh_danh\n1,(removed),(removed)\n");
const SHA256 = createHash("sha256").update(LEAKED).digest("hex");

export async function breach(cast: Cast): Promise<void> {
  const { staff, lead, auditor } = cast;
  const it = cast.it[HOLDER]!;
  const seenAt = Date.now() - 30 * HOUR_MS;
  const declaration = {
    asset: HOLDER,
    class: "data",
    severity: "high",
    detectedAt: seenAt,
    summary: "A table of citizens stands on a public page of file sharing.",
    agencies: [HOLDER],
    indicators: [{ type: "sha256", value: SHA256 }],
  };
  assert.equal(await it.refused("POST", "/api/incidents", declaration), "permission-missing");
  assert.equal(await auditor.refused("POST", "/api/incidents", declaration), "permission-missing");
  assert.equal(await staff.refused("POST", "/api/incidents", { ...declaration, summary: " " }), "request-invalid");
  const { result: declared } = await staff.act<{ result: Incident }>("POST", "/api/incidents", declaration);
  const { id } = declared;
  assert.deepEqual([declared.class, declared.detectedAt, declared.declared?.by], ["data", seenAt, staff.name]);

  const begun = await caseOf(staff, id);
  assert.deepEqual(
    [begun.work.classification.nature, begun.work.classification.grades],
    ["data-loss", ["personal-data"]],
  );
  const clockOf = async () => (await caseOf(lead, id)).work.clocks.find((c) => c.id === CLOCK)!;
  assert.equal((await clockOf()).dueAt, seenAt + 72 * HOUR_MS, "72 hours since it was seen");
  const warnings = async (kind: string) => (await caseOf(lead, id)).intents.filter((i) => i.kind === kind);
  assert.deepEqual(await warnings("clock-warning"), [], "more than half of the time is left");

  // It was seen earlier than was first said: the clock looks back, and warns twice at once.
  const earlier = Date.now() - 66 * HOUR_MS;
  const correction = { at: earlier, reason: "the first message to the help desk is older" };
  assert.equal(await staff.refused("POST", at(id, "correct-detection"), correction), "permission-missing");
  assert.equal(
    await lead.refused("POST", at(id, "correct-detection"), { at: Date.now() + HOUR_MS, reason: "x" }),
    "time-impossible",
  );
  await lead.act("POST", at(id, "correct-detection"), correction);
  assert.equal((await clockOf()).dueAt, earlier + 72 * HOUR_MS);
  await until("both warnings are in the outbox", 20_000, async () => (await warnings("clock-warning")).length === 2);
  const late = Date.now() - 73 * HOUR_MS;
  await lead.act("POST", at(id, "correct-detection"), { at: late, reason: "older still: the server's log" });
  await until("it has run out", 20_000, async () => (await warnings("clock-overdue")).length === 1);
  assert.ok((await warnings("clock-overdue"))[0]!.to.includes("role:security-lead"));

  await staff.act("POST", at(id, "acknowledge"), {});
  const confirm = { nature: "data-loss", grades: ["personal-data"], reason: "" };
  assert.equal(await lead.refused("POST", work(id, "classify"), { ...confirm, nature: "insider" }), "reason-required");
  await lead.act("POST", work(id, "classify"), confirm);

  const file = { name: "leak.csv", type: "text/csv", note: "as it stood there", base64: LEAKED.toString("base64") };
  assert.equal(await it.refused("POST", at(id, "evidence"), file), "permission-missing");
  await staff.act("POST", at(id, "evidence"), file);
  const kept = (await caseOf(staff, id)).state.evidence;
  assert.deepEqual(
    kept.map((e) => [e.sha256, e.bytes]),
    [[SHA256, LEAKED.length]],
  );
  const given = await auditor.look<{ result: { base64: string } }>(at(id, `evidence/${SHA256}`));
  assert.ok(JSON.stringify(given).includes(file.base64), "it comes out as it went in");
  await staff.act("POST", work(id, "verify-evidence"), {});

  await staff.act("POST", at(id, "investigate"), {});
  await doTasks(staff, id);
  await staff.act("POST", at(id, "contain"), { reason: "the page was taken down" });
  await staff.act("POST", work(id, "notice"), { clock: CLOCK, sentAt: Date.now(), to: "A05", reference: "no. 91" });
  const notice = (await caseOf(staff, id)).events.find((e) => e.kind === "notice-sent")!;
  assert.equal(notice.detail["late"], "yes", "that it came late is kept");
  await staff.act("POST", at(id, "recover"), { reason: "no copy was found elsewhere" });
  await staff.act("POST", at(id, "close"), { resolution: "Account of the leak closed; people were told." });
  assert.equal((await incidentOf(it, id)).state, "closed");
  const part = JSON.stringify(await incidentOf(it, id));
  for (const kept of [SHA256, staff.name, "file sharing", "taken down"])
    assert.ok(!part.includes(kept), `IT is told ${kept}`);
  await exported(cast, id, it, [
    /no\. 91/,
    /people were told/,
    new RegExp(SHA256.slice(0, 16)),
    /server's log|server&#39;s log/,
  ]);
}
