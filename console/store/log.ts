// The append-only log of what agents sent: one row a batch, with the frame's own text, one table a day (UTC). It has no secondary
// index, since it is the hot path; it is read by ranges of its id, and old days leave as whole tables. The rules:
// - Every item has an id, one above the one before: a row has the id of its first item and how many there are.
// - Days never go back, even when the clock does: ids ascend from table to table.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Item } from "../../protocol/finding.ts";

export interface LogEntry {
  id: number;
  receivedAt: number;
  agent: string;
  epoch: number;
  seq: number;
  item: Item;
}

/** One batch as it is kept. `frame`: UTF-8 JSON of an object whose `items` are the batch's. */
export interface LogBatch {
  receivedAt: number;
  agent: string;
  epoch: number;
  firstSeq: number;
  count: number;
  frame: Uint8Array;
}

interface Row extends Record<string, unknown> {
  id: number;
  count: number;
  received_at: number;
  agent: string;
  epoch: number;
  first_seq: number;
  frame: Uint8Array;
}

export interface Log {
  append(batch: LogBatch): void;
  lastId(): number;
  /** Items kept now: those of days that were dropped are not counted. */
  count(): number;
  /** Items after that id, oldest first. */
  after(after: number, limit: number): LogEntry[];
  /** Rows from the newest back, until `visit` says false. */
  backwards(
    visit: (row: { receivedAt: number; count: number; entries: () => LogEntry[]; text: () => string }) => boolean,
  ): void;
  /** Days that the log has, oldest first, as YYYYMMDD. */
  days(): string[];
  /** Drops a whole day. Never the newest, which is being written. */
  dropDay(day: string): boolean;
  /** After a rollback: what is remembered may not be what is kept. */
  forget(): void;
}

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10).replaceAll("-", "");
const ROWS_A_READ = 200;

export function logOf(db: DatabaseSync): Log {
  let known: string[] | undefined;
  let last: number | undefined;
  let writing: { day: string; insert: StatementSync } | undefined;
  const days = (): string[] => {
    known ??= daysIn(db);
    return known;
  };
  const one = (sql: string) => db.prepare(sql).get() as Record<string, number | null> | undefined;
  const lastId = (): number => {
    if (last !== undefined) return last;
    last = 0;
    for (const day of days().toReversed()) {
      const row = one(`SELECT id, count FROM log_${day} ORDER BY id DESC LIMIT 1`);
      if (!row) continue;
      last = row["id"]! + row["count"]! - 1;
      break;
    }
    return last;
  };
  const firstId = (): number => {
    for (const day of days()) {
      const row = one(`SELECT min(id) AS id FROM log_${day}`);
      if (row?.["id"]) return row["id"];
    }
    return lastId() + 1;
  };
  const writeTo = (day: string): StatementSync => {
    if (writing?.day === day) return writing.insert;
    db.exec(TABLE(day));
    if (days().at(-1) !== day) known = [...days(), day];
    writing = { day, insert: db.prepare(`INSERT INTO log_${day} VALUES (?, ?, ?, ?, ?, ?, ?)`) };
    return writing.insert;
  };
  return {
    append(b) {
      const today = dayOf(b.receivedAt);
      const newest = days().at(-1);
      const day = newest !== undefined && newest > today ? newest : today;
      const id = lastId() + 1;
      writeTo(day).run(id, b.count, b.receivedAt, b.agent, b.epoch, b.firstSeq, b.frame);
      last = id + b.count - 1;
    },
    lastId,
    count: () => lastId() - firstId() + 1,
    after(after, limit) {
      const found: LogEntry[] = [];
      for (const day of days()) {
        // The row in which `after` lies is read too: its later items count.
        const from = one(`SELECT max(id) AS id FROM log_${day} WHERE id <= ${after + 1}`)?.["id"] ?? 0;
        const rows = db.prepare(`SELECT * FROM log_${day} WHERE id >= ? ORDER BY id LIMIT ?`).iterate(from, limit + 1);
        for (const row of rows as Iterable<unknown>)
          for (const entry of entriesOf(row as Row)) {
            if (found.length >= limit) return found;
            if (entry.id > after) found.push(entry);
          }
      }
      return found;
    },
    backwards(visit) {
      for (const day of days().toReversed()) {
        const select = db.prepare(`SELECT * FROM log_${day} WHERE id < ? ORDER BY id DESC LIMIT ${ROWS_A_READ}`);
        for (let below = Number.MAX_SAFE_INTEGER; ; ) {
          const rows = select.all(below) as unknown as Row[];
          for (const row of rows) {
            const { received_at: receivedAt, count } = row;
            if (!visit({ receivedAt, count, entries: () => entriesOf(row), text: () => textOf(row) })) return;
          }
          if (rows.length < ROWS_A_READ) break;
          below = rows.at(-1)!.id;
        }
      }
    },
    days,
    dropDay(day) {
      if (!days().includes(day) || day === days().at(-1)) return false;
      db.exec(`DROP TABLE log_${day}`);
      known = undefined;
      return true;
    },
    forget() {
      known = last = writing = undefined;
    },
  };
}

/** Every item of a record that is open somewhere else too, oldest first. */
export const everyEntry = (db: DatabaseSync): LogEntry[] => logOf(db).after(0, Number.MAX_SAFE_INTEGER - 1);

const TABLE = (day: string) =>
  `CREATE TABLE IF NOT EXISTS log_${day} (id INTEGER PRIMARY KEY, count INTEGER NOT NULL, received_at INTEGER NOT NULL,
     agent TEXT NOT NULL, epoch INTEGER NOT NULL, first_seq INTEGER NOT NULL, frame BLOB NOT NULL) STRICT`;

function daysIn(db: DatabaseSync): string[] {
  const rows = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'log_[0-9]*'").all();
  return (rows as { name: string }[]).map((r) => r.name.slice("log_".length)).sort();
}

const utf8 = new TextDecoder();
const textOf = (row: Row): string => utf8.decode(row.frame);

function entriesOf(row: Row): LogEntry[] {
  const { items } = JSON.parse(textOf(row)) as { items: Item[] };
  const { received_at: receivedAt, agent, epoch } = row;
  return items.map((item, i) => ({ id: row.id + i, receivedAt, agent, epoch, seq: row.first_seq + i, item }));
}

/** The log as the first schema had it, a row an item, becomes the day of its last item. */
export function splitByDay(db: DatabaseSync): void {
  const at = (db.prepare("SELECT max(received_at) AS at FROM log").get() as { at: number | null }).at;
  if (at !== null) {
    db.exec(TABLE(dayOf(at)));
    db.exec(`INSERT INTO log_${dayOf(at)} SELECT id, 1, received_at, agent, epoch, seq,
               CAST('{"items":[' || json || ']}' AS BLOB) FROM log ORDER BY id`);
  }
  db.exec("DROP TABLE log");
}
