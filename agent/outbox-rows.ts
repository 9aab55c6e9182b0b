// The statements of the outbox, each within a transaction of the caller's. Rules and meaning: outbox.ts.
import type { DatabaseSync } from "node:sqlite";
import type { Item } from "../protocol/finding.ts";
import type { Cursor } from "./check.ts";

/** What has a seq: an item, or a range that was lost. */
export type Entry = { seq: number; item: Item } | { seq: number; lostTo: number };

export const GAP = 0;
export const DETECTION = 1;
export const REPORT = 2;

export interface Totals {
  epoch: number;
  nextSeq: number;
  /** Items kept; gaps are none. */
  items: number;
  /** Entries without a seq, a gap among them. */
  unsent: number;
  firstSent: number | undefined;
}

/** undefined: the database is new and has no epoch yet. */
export function totals(db: DatabaseSync): Totals | undefined {
  const state = db.prepare("SELECT epoch, nextSeq FROM state").get();
  if (!state) return undefined;
  const sums = db
    .prepare("SELECT count(nullif(kind, 0)) AS n, count(*) - count(seq) AS u, min(seq) AS first FROM entry")
    .get()!;
  return {
    epoch: Number(state["epoch"]),
    nextSeq: Number(state["nextSeq"]),
    items: Number(sums["n"]),
    unsent: Number(sums["u"]),
    firstSent: sums["first"] === null ? undefined : Number(sums["first"]),
  };
}

/** Starts an epoch at seq 1; what had a seq loses it. */
export function beginEpoch(db: DatabaseSync, epoch: number): void {
  db.exec("UPDATE entry SET seq = NULL WHERE seq IS NOT NULL; DELETE FROM state;");
  db.prepare("INSERT INTO state (epoch, nextSeq) VALUES (?, 1)").run(epoch);
}

export function insert(db: DatabaseSync, entries: readonly { kind: number; body: string }[]): void {
  const statement = db.prepare("INSERT INTO entry (kind, width, body) VALUES (?, 1, ?)");
  for (const { kind, body } of entries) statement.run(kind, body);
}

/** Deletes what ends at or before `seq`. Returns how many items that were. */
export function deleteThrough(db: DatabaseSync, seq: number): number {
  const gone = db.prepare("DELETE FROM entry WHERE seq + width - 1 <= ? RETURNING kind").all(seq);
  return gone.filter(({ kind }) => kind !== GAP).length;
}

/** Drops up to `count` of the oldest unsent items of a kind. Returns how many there were. */
export function dropOldest(db: DatabaseSync, kind: number, count: number): number {
  const oldest = "SELECT id FROM entry WHERE seq IS NULL AND kind = ? ORDER BY id LIMIT ?";
  return Number(db.prepare(`DELETE FROM entry WHERE id IN (${oldest})`).run(kind, count).changes);
}

/** Counts lost items in the unsent gap. Returns how many entries that added: 1 when there was none. */
export function widenGap(db: DatabaseSync, lost: number): number {
  const grown = db.prepare("UPDATE entry SET width = width + ? WHERE seq IS NULL AND kind = ?").run(lost, GAP);
  if (Number(grown.changes) > 0) return 0;
  db.prepare("INSERT INTO entry (kind, width, body) VALUES (?, ?, '')").run(GAP, lost);
  return 1;
}

/** Gives the next `take` unsent entries their seqs, from `nextSeq` on: gap, detections, reports, each by age. */
export function number(db: DatabaseSync, take: number, nextSeq: number): { entries: Entry[]; nextSeq: number } {
  const rows = db
    .prepare("SELECT id, kind, width, body FROM entry WHERE seq IS NULL ORDER BY kind, id LIMIT ?")
    .all(take);
  const give = db.prepare("UPDATE entry SET seq = ? WHERE id = ?");
  let next = nextSeq;
  const entries = rows.map((row) => {
    const entry = entryOf({ ...row, seq: next });
    give.run(next, row["id"]!);
    next += Number(row["width"]);
    return entry;
  });
  db.prepare("UPDATE state SET nextSeq = ?").run(next);
  return { entries, nextSeq: next };
}

/** Everything with a seq, in order. */
export function sent(db: DatabaseSync): Entry[] {
  return db.prepare("SELECT seq, kind, width, body FROM entry WHERE seq IS NOT NULL ORDER BY seq").all().map(entryOf);
}

export function keepCursors(db: DatabaseSync, cursors: ReadonlyMap<string, Cursor>): void {
  const keep = db.prepare("INSERT OR REPLACE INTO cursor (target, inode, offset, memory, at) VALUES (?, ?, ?, ?, ?)");
  for (const [target, { inode, offset, memory, at }] of cursors)
    keep.run(target, inode, offset, memory ?? null, at ?? null);
}

export function cursorOf(db: DatabaseSync, target: string): Cursor | undefined {
  const row = db.prepare("SELECT inode, offset, memory, at FROM cursor WHERE target = ?").get(target);
  if (!row) return undefined;
  const place = { inode: String(row["inode"]), offset: Number(row["offset"]) };
  return row["memory"] === null ? place : { ...place, memory: String(row["memory"]), at: Number(row["at"]) };
}

function entryOf(row: Record<string, unknown>): Entry {
  const seq = Number(row["seq"]);
  if (row["kind"] === GAP) return { seq, lostTo: seq + Number(row["width"]) - 1 };
  return { seq, item: JSON.parse(String(row["body"])) as Item };
}
