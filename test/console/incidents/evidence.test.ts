// The safe and the timeline: what goes in comes out unchanged or not at all, and what is handed on harms nobody who opens it.
import assert from "node:assert/strict";
import { chmodSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test from "node:test";
import fc from "fast-check";
import { EVIDENCE_TYPES, MOST_EVIDENCE_BYTES } from "../../../console/incidents/evidence.ts";
import { csvCell, timelineCsv, timelineHtml, timelineJson } from "../../../console/incidents/timeline.ts";
import { placeholders } from "../../../protocol/locales/index.ts";
import { Room } from "./room.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3);

function roomWithIncident(): { room: Room; id: string } {
  const room = new Room();
  room.attack("dept", "203.0.113.9");
  return { room, id: room.only().id };
}

test("evidence: kept once under its hash, 0400, and every touch noted; damage is told and never given out", () => {
  const { room, id } = roomWithIncident();
  const kept = room.desk.keep(PNG, "image/png");
  assert.ok(kept.ok);
  const { sha256 } = kept.value;
  const name = "../../etc/ảnh\u202e màn hình.png";
  room.must("an", (d, w) => d.addEvidence(w, id, kept.value, { name, note: "" }));
  assert.deepEqual(room.desk.keep(PNG, "image/png"), kept, "the same bytes stand once");
  const path = join(room.folder, "evidence", sha256.slice(0, 2), sha256);
  assert.equal(statSync(path).mode & 0o777, 0o400);
  const read = room.must("binh", (d, w) => d.readEvidence(w, id, sha256));
  assert.deepEqual([new Uint8Array(read.bytes), read.item.name], [PNG, "ảnh màn hình.png"]);
  assert.deepEqual(
    room.must("an", (d, w) => d.verifyEvidence(w, id)),
    { good: 1, damaged: [] },
  );
  chmodSync(path, 0o600);
  writeFileSync(path, "something else");
  const refused = room.work("an", (d, w) => d.readEvidence(w, id, sha256));
  assert.deepEqual(refused, { ok: false, code: "evidence-damaged" });
  const custody = room.view(id).events.flatMap((e) => (e.kind.startsWith("evidence") ? [`${e.kind} ${e.by}`] : []));
  assert.deepEqual(custody, [
    "evidence-received an",
    "evidence-read binh",
    "evidence-verified an",
    "evidence-failed an",
  ]);
  room.end();
  const db = new DatabaseSync(join(room.folder, "record.db"));
  assert.throws(() => db.exec("UPDATE work_event SET account = 'nobody'"), /append-only/);
  assert.throws(() => db.exec("DELETE FROM work_event"), /append-only/);
  db.close();
});

for (const [what, content, type, code] of [
  ["nothing", new Uint8Array(), "text/plain", "evidence-empty"],
  ["too much", new Uint8Array(MOST_EVIDENCE_BYTES + 1).fill(65), "text/plain", "evidence-too-large"],
  ["a program", bytes("MZ"), "application/x-msdownload", "evidence-type-refused"],
  ["a name of Object's", bytes("x"), "constructor", "evidence-type-refused"],
  ["a page that says it is a picture", bytes("<script>"), "image/png", "evidence-type-refused"],
  ["text that says it is a picture", bytes("x"), "image/png", "evidence-type-differs"],
  ["text that is none", Uint8Array.of(0x41, 0, 0x42), "text/plain", "evidence-type-differs"],
  ["a page that says it is text", bytes("<!DOCTYPE html><script>"), "text/plain", "evidence-type-refused"],
  ["a drawing with a script", bytes('<?xml version="1.0"?>\n<svg onload="x">'), "text/plain", "evidence-type-refused"],
  ["a script for a shell", bytes("#!/bin/sh\n"), "text/plain", "evidence-type-refused"],
  [
    "a program that says it is text",
    Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0),
    "text/plain",
    "evidence-type-differs",
  ],
  ["broken JSON", bytes("{"), "application/json", "evidence-type-differs"],
] as const)
  test(`evidence is refused: ${what}`, () => {
    const { room } = roomWithIncident();
    assert.deepEqual(room.desk.keep(content, type), { ok: false, code });
    room.end();
  });

test("no bytes make the safe throw, and what it takes it gives back", () => {
  const { room } = roomWithIncident();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(...EVIDENCE_TYPES), (content, type) => {
      room.desk.keep(content, type);
    }),
    { numRuns: 200 },
  );
  room.end();
});

test("no cell of the CSV is a formula, and none breaks out of its quotes", () => {
  for (const evil of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|'/c calc'!A1"])
    assert.match(csvCell(evil), /^"'/, JSON.stringify(evil));
  fc.assert(
    fc.property(fc.string(), (value) => {
      const inside = csvCell(value).slice(1, -1);
      assert.ok(!/[=+\-@\t\r]/.test(inside[0] ?? ""));
      assert.ok(!inside.replaceAll('""', "").includes('"'));
    }),
  );
});

test("the timeline in both languages: in order, every line readable, nothing from outside runs", () => {
  const { room, id } = roomWithIncident();
  const evil = `=HYPERLINK("http://x")<script>alert(1)</script>`;
  room.must("an", (d, w) => d.comment(w, id, evil));
  room.act("an", id, { kind: "acknowledge" });
  room.must("an", (d, w) => d.classify(w, id, { nature: "intrusion", grades: ["serious"], reason: "three hosts" }));
  room.must("an", (d, w) => d.setTask(w, id, "brute-force/success", "skipped", "no log is left"));
  const clock = "nd-331-2026/first-notice";
  room.must("an", (d, w) => d.notice(w, id, { clock, sentAt: room.now, to: "A05", reference: "12/BC" }));
  room.wait(20 * 60_000);
  const names = new Map(room.registry.assets.map((a) => [a.id, a.name] as const));
  for (const language of ["vi", "en"] as const) {
    const source = room.view(id);
    const { timeline } = JSON.parse(timelineJson(source, language, names)) as {
      timeline: { at: string; what: string; why: string }[];
    };
    assert.ok(timeline.length >= 9, `${timeline.length}`);
    assert.deepEqual(
      timeline.map((r) => r.at),
      timeline.map((r) => r.at).sort(),
    );
    for (const r of timeline) assert.deepEqual(placeholders(`${r.what} ${r.why}`), [], `${r.what}: ${r.why}`);
    for (const r of timeline) assert.doesNotMatch(`${r.what} ${r.why}`, /(reason|work|intent|event)\.[a-z]/, r.why);
    assert.match(timelineCsv(source, language, names), /"'=HYPERLINK\(""http/);
    const html = timelineHtml(source, language, names);
    assert.ok(!html.includes("<script") && html.includes("&lt;script&gt;"));
    assert.doesNotMatch(html.replace(/<small>.*?<\/small>/g, ""), /undefined|\{[a-z]+\}/i);
  }
  room.end();
});
