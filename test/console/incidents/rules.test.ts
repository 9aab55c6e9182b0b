// The province's own rules: clocks by effective date, working days, the rota, silences, and documents that are refused with where.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { workingDaysBetween } from "../../../console/incidents/calendar.ts";
import { clocksOf, packsInForce } from "../../../console/incidents/clocks.ts";
import { createPolicies } from "../../../console/incidents/policies.ts";
import type { PolicyDocument } from "../../../console/incidents/ports.ts";
import { onDuty } from "../../../console/incidents/roster.ts";
import { type PolicyKind, readPolicy } from "../../../console/incidents/schema.ts";
import { Room, START } from "./room.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (local: string) => Date.parse(`${local}+07:00`);
function policies() {
  const kept: PolicyDocument[] = [];
  const tables = {
    newest: () => kept.filter((d) => !kept.some((o) => o.name === d.name && o.version > d.version)),
    history: (name: string) => kept.filter((d) => d.name === name),
    add: (d: PolicyDocument) => void kept.push(d),
  };
  return { tables, inForce: createPolicies(tables) };
}

test("what ships is well formed: clocks, holidays, roster, and eight playbooks in both languages", () => {
  const { inForce } = policies();
  assert.equal(inForce.playbooks().length, 8);
  for (const book of inForce.playbooks())
    for (const t of book.tasks) assert.ok(t.text.vi.length > 20 && t.text.en.length > 20, `${book.id}/${t.id}`);
  assert.ok(inForce.clocks().packs.length >= 2 && inForce.roster().schedules.length > 0);
});

test("the pack in force is the newest of its family whose effective date is not after the detection", () => {
  const rules = structuredClone(policies().inForce.clocks());
  const decree = rules.packs.find((p) => p.id === "nd-331-2026")!;
  rules.packs.push({
    ...decree,
    id: "nd-2028",
    effectiveFrom: "2028-01-01",
    rules: [{ ...decree.rules[1]!, hours: 6 }],
  });
  const ids = (time: number) =>
    packsInForce(rules, time)
      .map((p) => p.id)
      .sort();
  assert.deepEqual(ids(at("2026-06-30T23:59:59")), ["luat-91-2025"]);
  assert.deepEqual(ids(at("2026-07-01T00:00:00")), ["luat-91-2025", "nd-331-2026"]);
  assert.deepEqual(ids(at("2028-01-01T00:00:00")), ["luat-91-2025", "nd-2028"]);
  const work = {
    classification: { nature: "x", grades: ["serious"], by: "", confirmed: true, reason: { vi: "", en: "" }, at: 0 },
    notices: {},
  };
  const detectedAt = at("2028-03-01T08:00:00");
  assert.deepEqual(
    clocksOf(rules, { detectedAt }, work).map((c) => c.dueAt),
    [detectedAt + 6 * HOUR],
  );
  assert.equal(clocksOf(rules, { detectedAt: 0 }, work).length, 0);
});

test("working days: weekends and holidays do not count, a worked weekend does", () => {
  const table = policies().inForce.holidays();
  // Tuesday 25 August to Tuesday 8 September 2026: 26-28, 3-4, 7; the 31st is swapped, the 1st and 2nd are the national holiday.
  assert.equal(workingDaysBetween(table, at("2026-08-25T10:00:00"), at("2026-09-08T22:00:00")), 6);
  const swapped = { ...table, workedWeekends: ["2026-08-29"] };
  assert.equal(workingDaysBetween(swapped, at("2026-08-25T10:00:00"), at("2026-09-08T22:00:00")), 7);
  assert.equal(workingDaysBetween(table, START, START), 0);
});

test("the rota goes round week by week for years, at its hour; an override stands above it while it lasts", () => {
  const roster = structuredClone(policies().inForce.roster());
  const [schedule] = roster.schedules;
  schedule!.rota = ["an", "binh", "cuong"];
  const who = (local: string) => onDuty(roster, "duty", at(local))!.account;
  assert.equal(who("2026-06-29T08:00:00"), "an");
  assert.equal(who("2026-07-06T07:59:59"), "an");
  assert.equal(who("2026-07-06T08:00:00"), "binh");
  assert.equal(who("2026-06-29T07:59:59"), "cuong", "also before it began");
  schedule!.overrides = [
    { from: "2026-07-01T00:00:00+07:00", until: "2026-07-02T00:00:00+07:00", account: "dung", reason: "illness" },
  ];
  assert.deepEqual(
    [who("2026-06-30T23:59:59"), who("2026-07-01T12:00:00"), who("2026-07-02T00:00:00")],
    ["an", "dung", "an"],
  );
  fc.assert(
    fc.property(fc.integer({ min: START, max: START + 2_000 * DAY }), (now) => {
      const { account, until } = onDuty(roster, "duty", now)!;
      assert.ok(until > now && until - now <= 7 * DAY);
      if (account !== "dung") assert.notEqual(onDuty(roster, "duty", until)!.account, undefined);
    }),
  );
});

for (const [what, kind, text, detail] of [
  ["no YAML", "clocks", "a: [", /./],
  ["a list", "roster", "- 1", /./],
  ["a missing part", "holidays", "noticeWorkingDays: 7", /required|properties|must have/],
  [
    "a day that is none",
    "holidays",
    "noticeWorkingDays: 7\nnoticeSource: x\nutcOffsetHours: 7\nholidays: [{ day: 2026-02-30, name: x }]\nworkedWeekends: []",
    /2026-02-30/,
  ],
  ["an unknown key", "playbook", "id: x\nversion: 1\ntitle: { vi: a, en: a }\nwhen: {}\ntasks: []\nrun: rm", /./],
] as const)
  test(`a document is refused with where: ${what}`, () => {
    const read = readPolicy(kind, text);
    assert.ok(!read.ok);
    assert.match(read.detail, detail);
  });

test("no text makes the reader throw", () => {
  fc.assert(
    fc.property(
      fc.constantFrom<PolicyKind>("clocks", "holidays", "roster", "playbook"),
      fc.string({ maxLength: 200 }),
      (kind, text) => {
        readPolicy(kind, text);
      },
    ),
  );
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
    .split("")
    .map((k, i) => `${k}: &${k} [${Array(9).fill(`*${"abcdefg"[i]}`).join()}]`)
    .join("\n")}`;
  assert.equal(readPolicy("clocks", bomb).ok, false);
});

test("a rule is changed with a reason, on the version that was seen; all versions stay", () => {
  const { tables, inForce } = policies();
  const text = inForce.get("holidays")!.text.replace("noticeWorkingDays: 7", "noticeWorkingDays: 10");
  const put = (reason: string, basedOn: number, body = text, name = "holidays") =>
    inForce.put({ name, text: body, reason, at: 1, account: "an" }, basedOn);
  const code = (r: ReturnType<typeof put>) => (r.ok ? "ok" : r.code);
  assert.equal(code(put(" ", 0)), "reason-required");
  assert.equal(code(put("x", 0, "nonsense")), "policy-invalid");
  assert.equal(code(put("x", 0, text, "../etc")), "policy-unknown");
  assert.equal(code(put("a decree", 0)), "ok");
  assert.equal(code(put("another", 0)), "policy-stale");
  assert.equal(inForce.holidays().noticeWorkingDays, 10);
  assert.equal(createPolicies(tables).holidays().noticeWorkingDays, 10, "also after a restart");
  assert.deepEqual(
    inForce.history("holidays").map((d) => d.version),
    [0, 1],
  );
});

test("a silence mutes alerting and nothing else; it needs a reason, an end, something named, and a downtime its notice", () => {
  const room = new Room();
  const asked = {
    kind: "silence" as const,
    matchers: [{ field: "asset" as const, op: "is" as const, values: ["portal"] }],
    from: room.now,
    until: room.now + HOUR,
    reason: "certificate is being renewed",
  };
  const code = (o: object) => {
    const r = room.work("an", (d, w) => d.createSilence(w, { ...asked, ...o }));
    return r.ok ? "ok" : r.code;
  };
  assert.equal(code({ reason: "" }), "reason-required");
  assert.equal(code({ until: asked.from }), "silence-end-required");
  assert.equal(code({ until: asked.from + 8 * DAY }), "silence-too-long");
  assert.equal(code({ matchers: [{ field: "severity", op: "is", values: ["high"] }] }), "silence-matches-all");
  assert.equal(code({ matchers: [{ field: "asset", op: "is-not", values: ["x"] }] }), "silence-matches-all");
  assert.equal(
    code({ kind: "maintenance", from: room.now + 5 * DAY, until: room.now + 5 * DAY + HOUR }),
    "notice-too-late",
  );
  assert.equal(
    code({
      kind: "maintenance",
      from: room.now + 5 * DAY,
      until: room.now + 5 * DAY + HOUR,
      lateNotice: "leak in the roof",
    }),
    "ok",
  );
  assert.equal(code({}), "ok");
  room.report("dept/certificate/portal", "CERT_EXPIRED");
  room.wait(30 * 60_000);
  const { id, state } = room.only();
  assert.equal(state, "new", "monitoring goes on");
  assert.ok(room.told(id).length >= 2 && room.told(id).every((k) => k.startsWith("(")), room.told(id).join());
  assert.equal(room.desk.summary(room.only(), room.now)!.silencedBy, "SIL-000002");
  assert.deepEqual(room.desk.previewSilence(asked, room.now).incidents, [id]);
  assert.equal(room.store.outbox.waiting(10).length, 0);
  room.report("dept/certificate/portal");
  room.wait(HOUR);
  assert.equal(room.only().state, "recovered", "recovery is never suppressed");
  room.must("an", (d, w) => d.handOver(w, "binh", "portal's certificate was renewed"));
  assert.deepEqual(room.store.outbox.waiting(10).at(-1)!.to, ["account:binh"]);
  room.end();
});

test("what was told, done and recorded cannot be changed in the record itself", () => {
  const room = new Room();
  room.attack("dept", "203.0.113.9");
  assert.equal(room.store.outbox.add(room.store.outbox.of(room.only().id)[0]!), false, "a key is told once");
  const [first] = room.store.outbox.waiting(1);
  room.store.outbox.taken(first!.id, room.now);
  assert.equal(room.store.outbox.waiting(10).length, 0);
  room.end();
});
