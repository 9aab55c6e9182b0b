// Who is told of what, when, how often, and of how much: over the real record, the real correlator and the real desk.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome } from "../../../console/notify/ports.ts";
import { START } from "../incidents/room.ts";
import { Centre, MINUTE } from "./centre.ts";

const HOUR = 60 * MINUTE;
const down = (c: Centre, tag?: string) => {
  c.room.link("core1~hub1", ["core1"], tag);
  for (const s of ["dept", "both"]) c.room.link(`hub1~${s}`, [s], tag);
};
const DEAD: Outcome = { ok: false, of: "channel", final: false, code: "smtp-unreachable", detail: "refused" };

test("who has the watch is told, then the steps of escalation, then nobody once it is taken; a restart tells nothing twice", async () => {
  const c = new Centre({});
  c.person("an", ["security-staff"]);
  c.person("binh", ["security-lead"]);
  c.duty("an");
  down(c, "LINK_NO_CARRIER");
  await c.pass(MINUTE);
  assert.deepEqual(c.lines(), ["opened→an"]);
  const [{ message, mail }] = c.told as [(typeof c.told)[0]];
  assert.equal(mail, "an@mail.test");
  assert.match(message.subject, /^\[Vọng Gác\] (Critical|High): New incident: hub1 \(INC-000001\)$/);
  assert.match(message.text, /First detected: 01\/07\/2026 09:00:0\d \(\+07:00\)/);
  assert.match(message.text, /http:\/\/127\.0\.0\.1:8080\/#incident\/INC-000001/);
  c.restart();
  await c.pass(11 * MINUTE);
  assert.deepEqual(c.lines().slice(1).sort(), ["escalation→an", "escalation→binh"]);
  c.room.act("an", "INC-000001", { kind: "acknowledge" });
  await c.pass(HOUR);
  assert.equal(c.told.length, 3);
  down(c);
  await c.pass(MINUTE);
  assert.deepEqual(c.lines().slice(3), ["recovered→an"], "its owner");
  assert.equal(new Set(c.told.map((t) => t.message.id)).size, 4);
});

test("legal clocks: warned at half and at a tenth, through quiet hours and a silence, to who has the watch and the leads", async () => {
  const quiet = {
    from: "22:00",
    until: "06:00",
    utcOffsetHours: 7,
    urgent: { severity: [], kinds: ["clock-warning", "clock-overdue"] },
  } as never;
  const c = new Centre({ quiet });
  c.person("an", ["security-staff"], [], { mail: "an@mail.test", language: "vi" });
  c.person("binh", ["security-lead"]);
  c.person("chi", ["auditor"]);
  c.duty("an");
  const { id } = c.room.declare("an", {
    asset: "portal",
    class: "data",
    severity: "critical",
    detectedAt: START,
    summary: "a list could be read",
    agencies: ["dept"],
    indicators: [],
  });
  c.room.act("an", id, { kind: "acknowledge" });
  // A silence mutes alerting, not the law.
  c.room.must("an", (d, w) =>
    d.createSilence(w, {
      kind: "silence",
      matchers: [{ field: "asset", op: "is", values: ["portal"] }],
      from: w.now,
      until: w.now + 7 * 24 * HOUR,
      reason: "known",
    }),
  );
  await c.pass(73 * HOUR, 30 * MINUTE);
  const clocks = c.told.filter((t) => t.message.kind.startsWith("clock")).map((t) => `${t.message.kind}→${t.to}`);
  assert.deepEqual(clocks, [
    "clock-warning→an",
    "clock-warning→binh",
    "clock-warning→an",
    "clock-warning→binh",
    "clock-overdue→an",
    "clock-overdue→binh",
  ]);
  const warned = c.told.find((t) => t.message.kind === "clock-warning" && t.to === "an")!.message;
  assert.match(warned.subject, /Sắp hết hạn báo cáo/);
  assert.match(
    warned.summary,
    /Thông báo vi phạm dữ liệu cá nhân trong 72 giờ lúc 04\/07\/2026 09:00:00/,
    "the clock's title, not its id",
  );
  assert.ok(warned.urgent);
});

test("two agencies in one campaign: each agency's IT is told of its own part only, over mail, screen and webhook", async () => {
  const c = new Centre({
    channels: [
      { id: "mail", kind: "mail", host: "mail.test", port: 587, from: "v@mail.test" },
      { id: "screen", kind: "screen" },
      { id: "hook", kind: "webhook", url: "https://hook.test/", keySecret: "k", agencies: ["both"], language: "en" },
      { id: "soc", kind: "webhook", url: "https://soc.test/", keySecret: "k" },
    ],
    routes: [
      {
        id: "it",
        to: ["role:agency-it"],
        channels: ["mail", "screen"],
        kinds: ["opened", "joined", "worsened", "escalation", "clock-warning", "recovered"],
      },
      { id: "hook", channels: ["hook", "soc"], kinds: ["opened", "joined", "worsened", "escalation", "clock-warning"] },
      { id: "of-another", to: ["role:agency-it"], channels: ["mail"], kinds: ["worsened"], when: { agency: ["dept"] } },
    ],
  });
  c.person("lead", ["security-lead"]);
  c.duty("lead");
  c.person("it-dept", ["agency-it"], ["dept"]);
  c.person("it-both", ["agency-it"], ["both"], { mail: "it-both@mail.test", language: "vi" });
  c.person("it-only2", ["agency-it"], ["only2"]);
  c.room.attack("dept", "203.0.113.9");
  await c.pass(MINUTE);
  assert.deepEqual(c.lines().sort(), ["opened→it-dept", "opened→lead"]);
  c.room.attack("both", "203.0.113.9");
  c.room.attack("only1", "198.51.100.77");
  await c.pass(MINUTE);
  await c.pass(40 * HOUR, 30 * MINUTE);
  assert.equal(c.room.incidents.length, 2);
  const to = (who: string) => c.told.filter((t) => t.to === who);
  assert.deepEqual(
    new Set(to("it-both").map((t) => t.message.kind)),
    new Set(["opened"]),
    "when it became theirs, and nothing of the centre's work",
  );
  assert.deepEqual(to("it-only2"), [], "what does not concern them is not told");
  const own = c.told.filter((t) => t.to === "it-both" || t.channel === "hook");
  assert.deepEqual(new Set(own.map((t) => t.channel)), new Set(["mail", "screen", "hook"]));
  // Nothing of the first agency: no name, no count, no owner, no second attacker; in no part of the message.
  for (const { message } of own) {
    assert.doesNotMatch(JSON.stringify(message), /dept|only1|198\.51\.100\.77|lead|CAM-|"count":2\b|09:00:0/);
    assert.match(JSON.stringify(message), /both/);
    assert.ok(message.incident?.restricted);
    assert.deepEqual(message.incident?.impact.affected, ["both"]);
  }
  assert.match(to("it-both")[0]!.message.text, /Tin này chỉ nói về phần thuộc đơn vị của bạn/);
  assert.match(
    JSON.stringify(c.told.filter((t) => t.channel === "soc").map((t) => t.message)),
    /dept/,
    "the centre has all",
  );
  // The notices of the screen are made of the same, at the time of the look.
  const notices = c.notifier.notices("it-both", 10);
  assert.ok(notices.length > 0);
  assert.doesNotMatch(JSON.stringify(notices), /dept|198\.51/);
  const account = c.room.store.accounts.byName("it-both")!;
  c.room.store.transaction(() => c.room.store.accounts.save({ ...account, agencies: ["only2"] }));
  assert.deepEqual(c.notifier.notices("it-both", 10), [], "rights that were taken away count at once");
});

test("rights that were taken away while a message waited: it is not told", async () => {
  const c = new Centre({ routes: [{ id: "it", to: ["role:agency-it"], channels: ["mail"], kinds: ["opened"] }] });
  c.person("it-dept", ["agency-it"], ["dept"]);
  c.answers["mail"] = () => DEAD;
  c.room.attack("dept", "203.0.113.9");
  await c.pass(MINUTE);
  const account = c.room.store.accounts.byName("it-dept")!;
  c.room.store.transaction(() => c.room.store.accounts.save({ ...account, agencies: ["only2"] }));
  delete c.answers["mail"];
  await c.pass(5 * MINUTE);
  assert.deepEqual(c.told, []);
  assert.deepEqual(c.failed, ["mail incident-not-shown"]);
});

test("quiet hours hold what is not urgent, and by the morning the last word is told, not every word", async () => {
  const c = new Centre({
    quiet: {
      from: "22:00",
      until: "06:00",
      utcOffsetHours: 7,
      urgent: { severity: ["critical"], kinds: ["escalation"] },
    },
    routes: [
      { id: "r", to: ["role:engineer"], channels: ["mail", "screen"], kinds: ["opened", "recovered", "reopened"] },
    ],
  });
  c.person("eng", ["engineer"]);
  c.room.now = Date.parse("2026-07-01T23:00:00+07:00");
  c.room.report("dept/ipv6/portal", "IPV6_NO_GLOBAL_ADDRESS");
  await c.pass(10 * MINUTE);
  const [incident] = c.room.incidents;
  assert.ok(incident && incident.severity !== "critical", String(incident?.severity));
  c.room.report("dept/ipv6/portal");
  await c.pass(10 * MINUTE);
  assert.deepEqual(c.lines("mail"), []);
  assert.deepEqual(c.lines("screen"), ["opened→eng", "recovered→eng"], "a screen is not held");
  assert.deepEqual(
    c.notifier.notices("eng", 9).map((n) => n.sound),
    [false, false],
    "but it does not ring",
  );
  await c.pass(7 * HOUR, 5 * MINUTE);
  assert.deepEqual(c.lines("mail"), ["recovered→eng"]);
  const told = c.told.find((t) => t.channel === "mail")!.message.text;
  assert.match(told, /Began: 01\/07\/2026 23:00/);
  assert.match(told, /Recovered: 01\/07\/2026 23:1/);
  // What is urgent comes through at any hour.
  down(c, "LINK_NO_CARRIER");
  c.room.now = Date.parse("2026-07-02T23:30:00+07:00");
  await c.pass(MINUTE);
  assert.equal(c.room.incidents[1]!.severity === "critical", c.lines("mail").length === 2);
});

test("what comes and goes is told once in ten minutes, and the last word always", async () => {
  const c = new Centre({});
  c.person("an", ["security-staff"]);
  c.duty("an");
  for (let n = 0; n < 4; n++) {
    c.room.report("dept/certificate/portal", "CERT_EXPIRES_SOON");
    await c.pass(MINUTE);
    c.room.report("dept/certificate/portal");
    await c.pass(MINUTE);
  }
  const soon = c.lines().length;
  assert.ok(soon <= 2, c.lines().join());
  await c.pass(15 * MINUTE);
  assert.ok(c.lines().length <= soon + 1);
  assert.equal(c.lines().at(-1), "recovered→an");
});

test("a channel that does not work: its messages wait and are all told later, others' go on; its death goes over another, once", async () => {
  const c = new Centre({ direct: ["mail", "screen"] });
  c.person("an", ["security-staff"]);
  c.duty("an");
  c.person("root", ["administrator"], [], { language: "vi" });
  let tries = 0;
  c.answers["mail"] = () => {
    tries++;
    return DEAD;
  };
  down(c, "LINK_NO_CARRIER");
  await c.pass(9 * MINUTE);
  assert.deepEqual(c.lines("mail"), []);
  assert.deepEqual(c.lines("screen"), ["opened→an", "channel-dead→root"]);
  const dead = c.told.find((t) => t.message.kind === "channel-dead")!.message;
  assert.match(dead.summary, /^Kênh “mail” không gửi được tin từ 01\/07\/2026 09:0\d:\d\d \(smtp-unreachable\)/);
  assert.ok(tries >= 3 && tries < 15, `${tries} tries in nine minutes`);
  const [mail] = c.notifier.status();
  assert.deepEqual([mail!.state, mail!.pending, mail!.error?.code], ["dead", 1, "smtp-unreachable"]);
  c.restart();
  await c.pass(2 * MINUTE);
  delete c.answers["mail"];
  await c.pass(3 * MINUTE);
  assert.equal(c.lines("mail")[0], "opened→an", "kept over a restart");
  const news = c.lines("screen").filter((l) => l.startsWith("channel"));
  assert.deepEqual(news, ["channel-dead→root", "channel-back→root"]);
  assert.equal(c.notifier.status()[0]!.state, "works");
});

test("a receiver that is refused for good fails alone; one that is refused for now is tried again, later and later", async () => {
  const c = new Centre({ routes: [{ id: "r", to: ["role:security-staff"], channels: ["mail"], kinds: ["opened"] }] });
  for (const name of ["an", "gone", "grey"]) c.person(name, ["security-staff"]);
  let greyTries = 0;
  c.answers["mail"] = (to) =>
    to === "gone"
      ? { ok: false, of: "receiver", final: true, code: "smtp-550", detail: "no such user" }
      : to === "grey" && ++greyTries < 4
        ? { ok: false, of: "receiver", final: false, code: "smtp-450", detail: "greylisted" }
        : { ok: true };
  c.room.attack("dept", "203.0.113.9");
  await c.pass(15_000);
  assert.deepEqual(c.lines(), ["opened→an"]);
  assert.deepEqual(c.failed, ["mail smtp-550"]);
  assert.equal(c.notifier.status()[0]!.state, "works");
  await c.pass(5 * MINUTE);
  assert.deepEqual(c.lines(), ["opened→an", "opened→grey"]);
  const [failure] = c.notifier.lastFailures(10);
  assert.deepEqual([failure!.receiver, failure!.error], ["gone", { code: "smtp-550", detail: "no such user" }]);
});

test("what could not be told in its time is given up and said to have failed", async () => {
  const c = new Centre({ expireHours: 1 });
  c.person("an", ["security-staff"]);
  c.duty("an");
  c.answers["mail"] = () => DEAD;
  c.room.attack("dept", "203.0.113.9");
  await c.pass(50 * MINUTE, MINUTE);
  assert.deepEqual(c.failed, []);
  await c.pass(15 * MINUTE, MINUTE);
  assert.equal(c.failed[0], "mail expired");
  assert.match(c.notifier.lastFailures(9).at(-1)!.error!.detail, /smtp-unreachable/);
});

test("somebody who is named and is nobody: said, not lost", async () => {
  const c = new Centre({});
  c.duty("nobody");
  c.room.attack("both", "198.51.100.1");
  await c.pass(15_000);
  assert.deepEqual(c.left, ["opened account:nobody nobody-of-this-name", "opened account:nobody nobody-told"]);
});

test("rules that are edited count from the next round on, and a channel that is gone holds nothing", async () => {
  const c = new Centre({});
  c.person("an", ["security-staff"]);
  c.duty("an");
  c.answers["mail"] = () => DEAD;
  c.room.attack("dept", "203.0.113.9");
  await c.pass(MINUTE);
  c.rules = { ...c.rules, channels: [{ id: "screen", kind: "screen" }], direct: ["screen"] };
  await c.pass(2 * MINUTE);
  assert.deepEqual(c.failed, ["mail channel-removed"]);
  c.room.attack("both", "198.51.100.1");
  await c.pass(15_000);
  assert.deepEqual(c.lines("screen"), ["opened→an"]);
});

test("a silence mutes: nobody is told, and it stands in the record that nobody was", async () => {
  const c = new Centre({ routes: [{ id: "it", to: ["role:agency-it"], channels: ["mail"], kinds: ["opened"] }] });
  c.person("an", ["security-staff"]);
  c.duty("an");
  c.person("it", ["agency-it"], ["dept"]);
  c.room.must("an", (d, w) =>
    d.createSilence(w, {
      kind: "silence",
      matchers: [{ field: "agency", op: "is", values: ["dept"] }],
      from: w.now,
      until: w.now + HOUR,
      reason: "test",
    }),
  );
  c.room.attack("dept", "203.0.113.9");
  await c.pass(MINUTE);
  assert.deepEqual(c.told, []);
  assert.deepEqual(c.room.told("INC-000001"), ["(opened)"]);
});
