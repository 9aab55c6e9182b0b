// Three stories from detection to closing, as the service functions tell them; the lab's come later.
import assert from "node:assert/strict";
import test from "node:test";
import { Room, START } from "./room.ts";

const HOUR = 3_600_000;
const DOWN = "LINK_NO_CARRIER";

function hub1(room: Room, tag?: string): void {
  room.link("core1~hub1", ["core1"], tag);
  for (const s of ["dept", "both"]) room.link(`hub1~${s}`, [s], tag);
}

test("a hub failure: opened, told, escalated, taken, worked by its playbook, recovered, closed", () => {
  let room = new Room();
  hub1(room, DOWN);
  room.wait(60_000);
  const { id } = room.only();
  assert.equal(room.only().state, "new");
  assert.deepEqual(room.told(id), ["opened"]);
  assert.deepEqual(room.store.outbox.waiting(10)[0]!.to, ["account:operator"], "who has the watch");
  room.wait(11 * 60_000);
  assert.deepEqual(room.told(id), ["opened", "escalation"]);
  room.act("an", id, { kind: "acknowledge" });
  room.wait(HOUR);
  assert.deepEqual(room.told(id), ["opened", "escalation"], "who has taken it is left in peace");

  const { state, work } = room.view(id);
  assert.deepEqual(new Set(state.tasks.map((t) => t.from)), new Set(["hub-failure@1"]));
  assert.deepEqual([work.classification.nature, work.classification.grades], ["infrastructure", []]);
  assert.deepEqual(work.clocks, [], "one agency lost is not serious by the sample's rules");
  room.act("an", id, { kind: "investigate" });
  room.must("an", (desk, who) => desk.setTask(who, id, "hub-failure/call-site", "done", ""));
  room.must("an", (desk, who) =>
    desk.setTask(who, id, "hub-failure/fallback", "skipped", "no vital agency is cut off"),
  );
  room.must("an", (desk, who) => desk.comment(who, id, "Điện lực báo có lại lúc 11:00"));
  room.act("an", id, { kind: "contain", reason: "generator on its way" });

  // The console dies in the middle: nothing is told twice, nothing reopens.
  room = room.restart();
  room.wait(10 * 60_000);
  assert.equal(room.only().state, "contained");
  assert.deepEqual(room.told(id), ["opened", "escalation"]);

  hub1(room);
  room.wait(60_000);
  assert.equal(room.only().state, "recovered");
  assert.deepEqual(room.told(id), ["opened", "escalation", "recovered"]);
  assert.deepEqual(room.act("an", id, { kind: "close", resolution: "" }), { ok: false, code: "resolution-required" });
  assert.ok(room.act("an", id, { kind: "close", resolution: "power failure; UPS proposed" }).ok);
  assert.equal(room.only().state, "closed");
  const kinds = room.view(id).events.map((e) => e.kind);
  assert.deepEqual(kinds, ["classification-proposed", "playbook-started", "task-done", "task-skipped", "comment"]);
  assert.ok([...room.store.audit.all()].some(({ entry }) => entry.act === "work-task-skipped" && entry.actor === "an"));
  room.end();
});

test("a brute force across three agencies: one campaign, serious, its notices, up to the closing report", () => {
  const room = new Room();
  room.attack("dept", "203.0.113.9");
  const { id } = room.only();
  assert.deepEqual(room.view(id).work.clocks, []);
  room.wait(60_000);
  room.attack("both", "203.0.113.9");
  room.wait(60_000);
  room.attack("only1", "203.0.113.9");
  assert.equal(room.only().campaign, "CAM-000001");
  assert.deepEqual(room.only().impact.affected, ["both", "dept", "only1"]);
  const clocks = () => Object.fromEntries(room.view(id).work.clocks.map((c) => [c.id.split("/")[1], c]));
  assert.deepEqual(Object.keys(clocks()), ["first-notice", "cause-scope-remedy", "closing-report"]);
  assert.equal(
    clocks()["first-notice"]!.dueAt,
    START + 24 * HOUR,
    "from the earliest detection, not from the third agency",
  );

  room.act("an", id, { kind: "acknowledge" });
  const proposed = room.view(id).work.classification;
  assert.deepEqual([proposed.nature, proposed.grades, proposed.confirmed], ["intrusion", ["serious"], false]);
  room.must("an", (desk, who) => desk.classify(who, id, { nature: "intrusion", grades: ["serious"], reason: "" }));
  assert.equal(room.view(id).work.classification.by, "an");
  room.wait(13 * HOUR);
  assert.deepEqual(room.told(id).slice(1, 3), ["joined", "joined"], "the people of the second and third agency");
  assert.deepEqual(room.told(id).slice(3), ["clock-warning"], "half of the first clock is over");
  const sent = { sentAt: room.now, to: "Bộ Công an (A05)", reference: "12/BC-SKHCN" };
  room.must("an", (desk, who) => desk.notice(who, id, { clock: "nd-331-2026/first-notice", ...sent }));
  room.wait(30 * HOUR);
  assert.equal(room.told(id).filter((k) => k === "clock-overdue").length, 0, "a clock that was met tells nothing more");
  room.act("an", id, { kind: "contain", reason: "blocked at the border" });
  room.must("an", (desk, who) =>
    desk.notice(who, id, { clock: "nd-331-2026/cause-scope-remedy", ...sent, sentAt: room.now }),
  );
  assert.ok(
    room.act("an", id, { kind: "close", resolution: "no login succeeded; source blocked" }).ok,
    "quiet by then",
  );
  room.must("an", (desk, who) =>
    desk.notice(who, id, { clock: "nd-331-2026/closing-report", ...sent, sentAt: room.now }),
  );
  assert.deepEqual(
    room.view(id).work.clocks.map((c) => c.metBy),
    ["an", "an", "an"],
  );
  room.wait(100 * HOUR);
  assert.equal(
    room.told(id).filter((k) => k.startsWith("clock")).length,
    2,
    "one warning each of the two clocks, in time",
  );
  room.end();
});

test("a personal-data breach: declared, its 72 hours run while the class is corrected, and run out loudly", () => {
  const room = new Room();
  room.now += 10 * HOUR;
  const incident = room.declare("an", {
    asset: "portal",
    class: "data",
    severity: "critical",
    detectedAt: START,
    summary: "a list of applicants could be read without signing in",
    agencies: ["dept"],
    indicators: [],
  });
  const { id } = incident;
  const clocks = () => room.view(id).work.clocks.map((c) => [c.id, c.dueAt, c.metAt]);
  assert.deepEqual(clocks(), [["luat-91-2025/notice", START + 72 * HOUR, undefined]]);
  assert.ok(room.view(id).state.tasks.some((t) => t.from === "personal-data-breach@1"));

  const refused = room.work("an", (d, w) => d.classify(w, id, { nature: "data-loss", grades: [], reason: " " }));
  assert.deepEqual(refused, { ok: false, code: "reason-required" });
  room.must("an", (d, w) =>
    d.classify(w, id, { nature: "data-loss", grades: ["personal-data", "serious"], reason: "4,000 people" }),
  );
  assert.deepEqual(
    clocks().map(([cid, due]) => [cid, due]),
    [
      ["nd-331-2026/first-notice", START + 24 * HOUR],
      ["nd-331-2026/cause-scope-remedy", START + 72 * HOUR],
      ["nd-331-2026/closing-report", undefined],
      ["luat-91-2025/notice", START + 72 * HOUR],
    ],
  );
  const corrected = room.view(id).events.at(-1)!;
  assert.deepEqual([corrected.kind, corrected.by], ["classification-corrected", "an"]);
  assert.deepEqual(corrected.detail["wasGrades"], ["personal-data"]);
  room.wait(15 * HOUR);
  assert.ok(room.told(id).includes("clock-overdue"), "24 hours from the detection are over");
  const early = { clock: "luat-91-2025/notice", sentAt: START - 1, to: "A05", reference: "" };
  assert.deepEqual(
    room.work("an", (d, w) => d.notice(w, id, early)),
    { ok: false, code: "time-impossible" },
  );
  room.must("an", (d, w) => d.notice(w, id, { ...early, sentAt: room.now }));
  assert.deepEqual(
    room.work("an", (d, w) => d.notice(w, id, { ...early, sentAt: room.now })),
    { ok: false, code: "clock-met" },
  );
  room.must("an", (d, w) => d.notice(w, id, { ...early, clock: "nd-331-2026/first-notice", sentAt: room.now }));
  assert.equal(room.view(id).events.at(-1)!.detail["late"], "yes");
  room.wait(1_000 * HOUR);
  const keys = room.store.outbox.of(id).map((i) => i.key);
  assert.equal(new Set(keys).size, keys.length, "nothing is told twice");
  assert.equal(keys.filter((k) => k.endsWith("/due")).length, 2, "24 h, and the 72 h that nobody met");
  room.end();
});
