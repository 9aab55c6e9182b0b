// One source tries passwords at three agencies: one campaign, of which each agency's IT is told its own part.
import assert from "node:assert/strict";
import { until } from "../../support/lab.ts";
import { refusedLogins } from "../../support/watched-log.ts";
import { appears, at, type Cast, caseOf, doTasks, exported, incidentOf, work } from "./parts.ts";

/** None of them stands behind hub1 alone, which fails in the story beside. */
export const TARGETS = ["so-tai-chinh", "so-khoa-hoc-cong-nghe", "phuong-bac-lieu"] as const;
const ACTOR = "2001:db8:66::1f";
const LAW = "nd-331-2026";

export async function campaign(cast: Cast): Promise<void> {
  const { staff, lead } = cast;
  const [first, second, third] = TARGETS;
  refusedLogins(first, ACTOR, 7);
  const byActor = (i: { class: string; cause: { actor?: string } }) =>
    i.class === "intrusion" && i.cause.actor === ACTOR;
  const { id } = await appears(staff, "the attack stands in the list", 20_000, byActor);
  assert.deepEqual((await caseOf(staff, id)).work.clocks, [], "one agency: no serious incident yet");
  const itFirst = cast.it[first]!;
  const itSecond = cast.it[second]!;
  assert.equal((await itSecond.ask("GET", at(id))).code, "incident-unknown", "nothing was seen at the second agency");

  refusedLogins(second, ACTOR, 9);
  refusedLogins(third, ACTOR, 6);
  await until("three agencies are one campaign", 20_000, async () => {
    const i = await incidentOf(staff, id);
    return i.campaign !== undefined && TARGETS.every((a) => i.impact.affected.includes(a));
  });
  const whole = await incidentOf(staff, id);
  assert.match(whole.campaign!, /^CAM-\d{6}$/);
  const { items } = await staff.look<{ items: (typeof whole)[] }>("/api/incidents?open=true&limit=200");
  assert.equal(items.filter(byActor).length, 1, "one incident for one actor");

  for (const [who, mine] of [
    [itFirst, first],
    [itSecond, second],
  ] as const) {
    const part = await incidentOf(who, id);
    assert.deepEqual(part.impact.affected, [mine]);
    assert.equal(part.cause.actor, ACTOR, "its own agent saw the source");
    assert.ok(part.evidence.length > 0 && part.evidence.every((e) => e.agency === mine));
    const ownCase = (await who.ask("GET", at(id, "case"))).text;
    assert.equal(JSON.parse(ownCase).result.restricted, true, "of the case, what was written to it");
    const told = [
      ownCase,
      JSON.stringify(part),
      (await who.ask("GET", "/api/incidents/export")).text,
      (await who.ask("GET", `/api/incidents?search=${encodeURIComponent(ACTOR)}`)).text,
    ].join("\n");
    for (const other of TARGETS.filter((a) => a !== mine))
      assert.ok(!told.includes(other), `${mine} is told of ${other}`);
    assert.equal(part.campaign, undefined, "that there are others is theirs to know");
    assert.equal(await who.refused("POST", work(id, "comment"), { text: "ours" }), "permission-missing");
  }

  await until("three agencies make it serious", 10_000, async () =>
    (await caseOf(lead, id)).work.classification.grades.includes("serious"),
  );
  assert.equal(await staff.refused("POST", at(id, "assign"), { to: staff.name, reason: "mine" }), "permission-missing");
  await lead.act("POST", at(id, "assign"), { to: staff.name, reason: "on duty" });
  await lead.act("POST", work(id, "classify"), { nature: "intrusion", grades: ["serious"], reason: "" });
  await staff.act("POST", at(id, "investigate"), {});
  await doTasks(staff, id);
  await staff.act("POST", at(id, "contain"), { reason: "the source is refused at the border" });
  const notice = (rule: string) => ({
    clock: `${LAW}/${rule}`,
    sentAt: Date.now(),
    to: "A05",
    reference: `no. ${rule}`,
  });
  assert.equal(
    await staff.refused("POST", work(id, "notice"), { ...notice("first-notice"), sentAt: Date.now() + 3_600_000 }),
    "time-impossible",
  );
  for (const rule of ["first-notice", "cause-scope-remedy"]) await staff.act("POST", work(id, "notice"), notice(rule));
  const close = { resolution: "Blocked at the border; no log-in succeeded at any of the three." };
  assert.equal(await staff.refused("POST", at(id, "close"), close), "incident-open", "an attack has no end of its own");
  await staff.act("POST", at(id, "recover"), { reason: "no try since the block" });
  await staff.act("POST", at(id, "close"), close);
  const open = (await caseOf(staff, id)).work.clocks.filter((c) => c.metAt === undefined);
  assert.deepEqual(
    open.map((c) => c.id),
    [`${LAW}/closing-report`],
    "the closing notice is still owed",
  );
  await staff.act("POST", work(id, "notice"), notice("closing-report"));
  assert.ok((await caseOf(staff, id)).work.clocks.every((c) => c.metAt !== undefined));
  await exported(cast, id, itFirst, [
    /no\. closing-report/,
    /no log-in succeeded/,
    new RegExp(whole.campaign!),
    new RegExp(ACTOR),
  ]);
}
