// Counts and texts behind the log: the same however they were made, gone with the log's days where they should be, and safe to ask.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { HOUR_MS, type Hour } from "../../../console/store/history.ts";
import { openStore } from "../../../console/store/store.ts";
import type { Item } from "../../../protocol/index.ts";
import { bad, good } from "../support/province.ts";

const root = mkdtempSync(join(tmpdir(), "vonggac-history-"));
after(() => rmSync(root, { recursive: true, force: true }));
let n = 0;
const DAY_MS = 24 * HOUR_MS;
const PORTAL = "xa-mot/certificate/portal";
const agencyOf = (agent: string) => (agent === "stranger" ? undefined : agent);
const broke = (target: string): Item => ({
  type: "report",
  check: "certificate",
  target,
  at: 1,
  tookMs: 1,
  outcome: "broke",
  error: "socket hang up",
});
const attack = (actor: string): Item => ({
  type: "detection",
  id: "1",
  detector: "ssh-brute-force",
  target: "xa-mot/ssh-log/xa-mot",
  at: 1,
  class: "ssh-brute-force",
  severity: "high",
  actor,
  attack: ["T1110.001"],
  count: 3,
  evidence: { place: "Xã Đất Mũi", quote: 'said "x" AND NOT y*' },
});

function filled(dir = join(root, `r${n++}`)) {
  const store = openStore(dir);
  const seqs = new Map<string, number>();
  const keep = (agent: string, items: Item[], at: number) =>
    store.transaction(() => {
      const first = seqs.get(agent) ?? 1;
      store.items.append(agent, 1, first, items, at);
      seqs.set(agent, first + items.length);
    });
  const catchUp = (slice = 3) => {
    while (store.transaction(() => store.history.catchUp(slice, agencyOf)) > 0);
  };
  return { dir, store, keep, catchUp };
}
const all = (store: ReturnType<typeof filled>["store"]) => store.history.hours(undefined, 0, Number.MAX_SAFE_INTEGER);
const found = (store: ReturnType<typeof filled>["store"], words: string) =>
  store.history.search(undefined, words, undefined, 50).map((f) => f.id);

test("hours count every item once, whatever the slices, over a restart, and made anew from the log", () => {
  const { dir, store, keep, catchUp } = filled();
  keep("xa-mot", [good(PORTAL), bad(PORTAL, "CERT_EXPIRED"), broke(PORTAL)], 10);
  catchUp(2);
  keep("xa-mot", [attack("2001:db8::1"), good(PORTAL)], HOUR_MS + 5);
  keep("xa-hai", [bad("xa-hai/certificate/portal", "CERT_EXPIRED")], HOUR_MS + 6);
  keep("stranger", [bad("x/y/z", "CERT_EXPIRED")], HOUR_MS + 7);
  catchUp(1);
  const row = (at: number, agency: string, source: string, counts: number[]): Hour => {
    const [reports, bad, broken, detections] = counts as [number, number, number, number];
    return { at, agency, source, reports, bad, broken, detections };
  };
  const expected = [
    row(HOUR_MS, "xa-hai", "certificate", [1, 1, 0, 0]),
    row(HOUR_MS, "xa-mot", "certificate", [1, 0, 0, 0]),
    row(HOUR_MS, "xa-mot", "ssh-brute-force", [0, 0, 0, 1]),
    row(0, "xa-mot", "certificate", [3, 1, 1, 0]),
  ];
  assert.deepEqual(
    all(store).map((h) => ({ ...h })),
    expected,
  );
  const texts = found(store, "CERT_EXPIRED");
  assert.deepEqual(texts, [6, 2]);
  store.close();
  const again = filled(dir);
  again.catchUp();
  assert.deepEqual(
    all(again.store).map((h) => ({ ...h })),
    expected,
    "a restart counts nothing twice",
  );
  again.store.transaction(again.store.history.startAnew);
  assert.deepEqual([all(again.store), found(again.store, "CERT_EXPIRED")], [[], []]);
  again.catchUp();
  assert.deepEqual(
    all(again.store).map((h) => ({ ...h })),
    expected,
  );
  assert.deepEqual(found(again.store, "CERT_EXPIRED"), texts);
  again.store.close();
});

test("a slice that fails is taken in whole the next time", () => {
  const { store, keep, catchUp } = filled();
  keep("xa-mot", [bad(PORTAL, "CERT_EXPIRED"), bad(PORTAL, "CERT_EXPIRED")], 10);
  const failing = () =>
    store.transaction(() => {
      store.history.catchUp(10, agencyOf);
      throw new Error("as told");
    });
  assert.throws(failing, /as told/);
  assert.equal(store.history.upTo(), 0);
  catchUp();
  assert.equal(all(store)[0]!.reports, 2);
  store.close();
});

test("a search: all words, the last as a beginning, without marks, newest first, a page at a time; nothing in it is an operator", () => {
  const { store, keep, catchUp } = filled();
  keep("xa-mot", [attack("198.51.100.7"), attack("198.51.100.8"), good(PORTAL), broke(PORTAL)], 10);
  catchUp();
  assert.deepEqual(found(store, "198.51.100.7"), [1]);
  for (const words of ["xa dat mui", "Xã Đất Mũi", "XA ĐAT MU"]) assert.deepEqual(found(store, words), [2, 1], words);
  assert.deepEqual(found(store, "mui 198.51.100"), [2, 1]);
  assert.deepEqual(found(store, "hang"), [4]);
  assert.deepEqual(found(store, "mui hang"), []);
  for (const hostile of ['"', '" OR "', "NOT", "a AND", "*", "NEAR(a b)", "text:mui", "(", "-", "{text}: x", "\u0000"])
    assert.ok(Array.isArray(found(store, hostile)), hostile);
  assert.deepEqual(found(store, "NOT y"), [2, 1], "as a word that was said");
  const [first] = store.history.search(undefined, "mui", undefined, 1);
  assert.match(first!.text, /Xã Đất Mũi/, "as it was said");
  assert.deepEqual(
    store.history.search(undefined, "mui", first!.id, 5).map((f) => f.id),
    [1],
  );
  assert.deepEqual(store.history.search(new Set(["xa-hai"]), "mui", undefined, 5), []);
  store.close();
});

test("when a day leaves the log its texts leave too, and its hours stay, also when all is made anew", () => {
  const { store, keep, catchUp } = filled();
  keep("xa-mot", [bad(PORTAL, "CERT_EXPIRED")], 10);
  keep("xa-mot", [bad(PORTAL, "CERT_EXPIRED")], 200 * DAY_MS + 5);
  keep("xa-mot", [bad(PORTAL, "CERT_EXPIRED")], 200 * DAY_MS + HOUR_MS);
  catchUp();
  const before = all(store);
  assert.deepEqual(store.retain(200 * DAY_MS + 2 * HOUR_MS, 93), ["19700101"]);
  assert.deepEqual(found(store, "CERT_EXPIRED"), [3, 2]);
  store.transaction(store.history.startAnew);
  catchUp();
  assert.deepEqual(all(store), before, "nothing of what only the counts know is lost, nothing is counted twice");
  store.close();
});
