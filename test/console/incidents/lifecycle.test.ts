// The document `lifecycle`, edited while the console runs: what the machine closes, when a return is the same incident, what a storm is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Room } from "./room.ts";

const HOUR = 3_600_000;
const put = (room: Room, from: string, to: string) => {
  const { version, text } = room.desk.policies.get("lifecycle")!;
  assert.ok(text.includes(from), from);
  return room.work("chief", (d, w) => d.putPolicy(w, "lifecycle", text.replace(from, to), "decided", version));
};

test("the machine closes what the province has it close, also what had recovered before; a restart keeps to it", () => {
  let room = new Room();
  room.report("dept/certificate/portal", "CERT_EXPIRES_SOON");
  room.wait(60_000);
  room.report("dept/certificate/portal");
  room.wait(2 * HOUR);
  assert.equal(room.only().state, "recovered", "a person closes everything, as it ships");
  assert.ok(put(room, "closes: []", "closes: [certificate]").ok);
  assert.ok(put(room, "closeAfterHours: 24", "closeAfterHours: 3").ok);
  room.wait(60_000);
  assert.equal(room.only().state, "recovered", "not yet");
  room = room.restart();
  room.wait(2 * HOUR);
  const closed = room.only();
  assert.deepEqual([closed.state, closed.history.at(-1)?.by], ["closed", "machine"]);
  assert.ok(
    [...room.store.audit.all()].some(({ entry }) => entry.act === "work-policy-changed" && entry.actor === "chief"),
  );
  room.end();
});

test("a return within the province's own time is the same incident, a later one is another", () => {
  const room = new Room();
  assert.ok(put(room, "reopenMinutes: 30", "reopenMinutes: 5").ok);
  const flap = (waitMs: number) => {
    room.report("dept/certificate/portal", "CERT_EXPIRES_SOON");
    room.wait(60_000);
    room.report("dept/certificate/portal");
    room.wait(waitMs);
  };
  flap(3 * 60_000);
  flap(10 * 60_000);
  assert.equal(room.incidents.length, 1);
  flap(60_000);
  assert.equal(room.incidents.length, 2);
  room.end();
});

test("how many at once are a storm", () => {
  const room = new Room();
  assert.ok(put(room, "openings: 20", "openings: 3").ok);
  for (let n = 1; n <= 6; n++) room.attack("dept", `203.0.113.${n}`);
  assert.equal(room.incidents.length, 4, "three, and one that counts the rest");
  assert.equal(room.incidents.at(-1)!.storm?.count, 3);
  room.end();
});

test("refused: classes that only a person ends, times and counts out of bounds, an old version", () => {
  const room = new Room();
  for (const [from, to, path] of [
    ["closes: []", "closes: [intrusion]", /^\/closes/],
    ["reopenMinutes: 30", "reopenMinutes: 0", /^\/reopenMinutes: /],
    ["openings: 20", "openings: 1", /^\/storm\/openings: /],
    ["closeAfterHours: 24", "closeAfterHours: 24\nmore: 1", /^\//],
  ] as const) {
    const said = put(room, from, to);
    assert.ok(!said.ok && said.code === "policy-invalid", to);
    assert.match(said.detail ?? "", path);
  }
  assert.ok(put(room, "reopenMinutes: 30", "reopenMinutes: 20").ok);
  const stale = room.work("chief", (d, w) => d.putPolicy(w, "lifecycle", "x", "y", 0));
  assert.deepEqual(stale, { ok: false, code: "policy-stale" });
  room.end();
});
