// How the screen says times, names and reasons, and how it finds a name that was typed without marks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clauseOf, describeReason, factsOf, nameOf, tagRemedy, tagTitle } from "../../../console/ui/text/describe.ts";
import { fold, matches } from "../../../console/ui/text/search.ts";
import { ago, clockTime, dateTime, duration } from "../../../console/ui/text/time.ts";

const names = new Map([
  ["hub1", { vi: "Bộ định tuyến trung tâm hub1", en: "Hub router hub1" }],
  ["so-noi-vu", { vi: "Sở Nội vụ", en: "Department of Home Affairs" }],
  ["portal", { vi: "Cổng thông tin", en: "" }],
]);

test("times are Vietnam's, whatever the browser's zone", () => {
  const at = Date.UTC(2026, 11, 31, 17, 4, 9);
  assert.equal(dateTime(at), "01/01/2027 00:04:09");
  assert.equal(clockTime(at), "00:04:09");
});

test("durations name the two largest units and no more", () => {
  const of = (seconds: number) => duration("vi", seconds * 1000);
  assert.deepEqual([0, 59, 60, 252, 3_600, 3_605, 7_320, 86_400 + 7_200, 86_400 * 3 + 5].map(of), [
    "1 giây",
    "59 giây",
    "1 phút",
    "4 phút 12 giây",
    "1 giờ",
    "1 giờ",
    "2 giờ 2 phút",
    "1 ngày 2 giờ",
    "3 ngày",
  ]);
  assert.equal(duration("en", 86_400_000), "1 day");
  assert.equal(duration("en", 2 * 86_400_000), "2 days");
});

test("a moment of now, or of a clock ahead of ours, is just now", () => {
  assert.equal(ago("vi", 1_000, 1_900), "vừa xong");
  assert.equal(ago("en", 5_000, 1_000), "just now");
  assert.equal(ago("en", 0, 61_000), "1 min 1 s ago");
});

test("names are found without marks, in any case, word by word", () => {
  assert.equal(fold("  Xã ĐẤT   Mũi "), "xa dat mui");
  assert.ok(matches("dat mui", ["Xã Đất Mũi"]));
  assert.ok(matches("mui xa", ["Xã Đất Mũi"]));
  assert.ok(matches("", ["anything"]));
  assert.ok(matches("home", ["Sở Nội vụ", "Department of Home Affairs"]));
  assert.ok(!matches("dat moi", ["Xã Đất Mũi"]));
  assert.ok(matches("so y t", ["Sở Y tế"]), "while it is typed");
  assert.ok(
    !matches("so y te", ["Sở Khoa học và Công nghệ", "Department of Science and Technology"]),
    "not across names",
  );
});

test("a reason is told with names for ids, in either language", () => {
  const reason = { key: "reason.refined", facts: { from: "hub1", to: "so-noi-vu" } };
  assert.equal(
    describeReason("vi", reason, names),
    "Nguyên nhân không phải Bộ định tuyến trung tâm hub1 mà là Sở Nội vụ.",
  );
  assert.equal(describeReason("en", reason, names), "The cause is not Hub router hub1 but Department of Home Affairs.");
});

test("lists are counted, instants are told as times, a person's words stand as they are", () => {
  const down = { key: "reason.host-down", facts: { host: "hub1", links: ["a~b", "a~c", "a~d"] } };
  assert.equal(describeReason("en", down, names), "The device is down: all 3 links to it are lost.");
  const silent = { key: "reason.agent-silent", facts: { agent: "so-noi-vu", since: Date.UTC(2026, 10, 23, 10) } };
  assert.match(describeReason("vi", silent, names), /23\/11\/2026 17:00:00/);
  const closed = { key: "reason.person", facts: { resolution: "so-noi-vu: {thay cáp}" } };
  assert.equal(describeReason("vi", closed, names), "so-noi-vu: {thay cáp}");
  assert.equal(describeReason("vi", { key: "reason.person", facts: {} }, names), "Do người trực thực hiện.");
});

test("what is wrong comes from the evidence when the reason does not say", () => {
  const reason = { key: "reason.service", facts: { asset: "portal", observers: ["so-noi-vu"] } };
  assert.equal(describeReason("vi", reason, names, ["CERT_EXPIRED"]), "Chứng thư số đã hết hạn, thấy từ Sở Nội vụ.");
  assert.equal(describeReason("vi", reason, names), "Có lỗi, thấy từ Sở Nội vụ.");
});

test("what a newer console says is shown as it came, never hidden", () => {
  assert.equal(describeReason("vi", { key: "reason.from-later", facts: { n: 3 } }, names), 'reason.from-later {"n":3}');
  assert.equal(tagTitle("vi", "TAG_FROM_LATER"), "TAG_FROM_LATER");
  assert.equal(tagRemedy("vi", "TAG_FROM_LATER"), undefined);
  assert.equal(nameOf(names, "vi", "unheard-of"), "unheard-of");
  assert.equal(nameOf(names, "en", "portal"), "Cổng thông tin", "a missing translation falls back");
});

test("a detection's evidence, tagged by its class, has title, remedy and clause", () => {
  assert.equal(tagTitle("en", "SSH_BRUTE_FORCE"), "SSH password guessing");
  assert.ok(tagRemedy("vi", "SSH_BRUTE_FORCE"));
  assert.match(clauseOf("vi", "SSH_BRUTE_FORCE"), /Nghị định 331\/2026/);
  assert.equal(clauseOf("en", "LINK_NO_CARRIER"), "Circular 06/2026/TT-BKHCN art. 5");
});

test("evidence is labelled; instants, names and truth are told in words", () => {
  const evidence = { until: "2026-11-23T10:00:00.000Z", asset: "hub1", ad: false, rrsets: [], oddKey: 7 };
  assert.deepEqual(
    factsOf("vi", evidence, names).map((f) => `${f.label}: ${f.value}`),
    [
      "Hiệu lực đến: 23/11/2026 17:00:00",
      "Đối tượng: Bộ định tuyến trung tâm hub1",
      "Đã xác thực (AD): không",
      "Các bản ghi: không có",
      "oddKey: 7",
    ],
  );
});
