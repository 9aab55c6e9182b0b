// The outbox's database, on disk or, when the disk refuses, in memory: opening, setting aside what cannot be read, and copying
// from one to the other. Knows tables, not their meaning; outbox.ts does.
import { existsSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { AgentError } from "./errors.ts";

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE state (epoch INTEGER NOT NULL, nextSeq INTEGER NOT NULL) STRICT;
  CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    seq INTEGER,                       -- given at first sending
    kind INTEGER NOT NULL,             -- 0 gap, 1 detection, 2 report: the order of sending
    width INTEGER NOT NULL,            -- how many seqs it takes: 1, of a gap as many as were lost
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX unsent ON entry (kind, id) WHERE seq IS NULL;
  CREATE INDEX sent ON entry (seq) WHERE seq IS NOT NULL;
  CREATE TABLE cursor (
    target TEXT PRIMARY KEY, inode TEXT NOT NULL, offset INTEGER NOT NULL, memory TEXT, at INTEGER
  ) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;
const FILES = ["", "-wal", "-shm", "-journal"];

/** What SQLite's primary result codes mean here (sqlite.org/rescode.html). */
export type Trouble = "in-use" | "unreadable" | "refuses-writing";
export function troubleOf(error: unknown): Trouble | undefined {
  const code = (error as { errcode?: number }).errcode;
  if (code === undefined) return undefined;
  const primary = code & 0xff;
  if (primary === 5 || primary === 6) return "in-use";
  if (primary === 11 || primary === 26) return "unreadable";
  return [3, 8, 10, 13, 14, 23].includes(primary) ? "refuses-writing" : undefined;
}

/** A new, empty database in memory. */
export function inMemory(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  db.exec(SCHEMA);
  return db;
}

/**
 * Opens or makes the file. A commit is on the disk when it returns (WAL, synchronous=FULL); the file belongs to one process.
 * @throws AgentError outbox-in-use
 * @throws an error of SQLite for which troubleOf says unreadable or refuses-writing
 */
export function onDisk(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 3_000 });
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    db.exec("PRAGMA wal_autocheckpoint = 256; PRAGMA journal_size_limit = 4194304; PRAGMA cache_size = -512;");
    const version = db.prepare("PRAGMA user_version").get()?.["user_version"];
    if (version === 0) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    else if (version !== SCHEMA_VERSION) throw unreadable(`schema ${version}, expected ${SCHEMA_VERSION}`);
    const verdict = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
    if (verdict !== "ok") throw unreadable(String(verdict));
    return db;
  } catch (error) {
    db.close();
    if (troubleOf(error) === "in-use") throw new AgentError("outbox-in-use", path, error);
    throw error;
  }
}

const unreadable = (detail: string) => Object.assign(new Error(detail), { errcode: 11 });

/** Renames what cannot be read, so that a person may still look into it. Returns the new name. */
export function setAside(path: string, nowMs: number): string {
  const aside = `${path}.unreadable-${nowMs}`;
  for (const suffix of FILES) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return aside;
}

/** Takes the file away. Works on a full disk too. */
export function remove(path: string): void {
  for (const suffix of FILES) rmSync(path + suffix, { force: true });
}

/** Copies all that stands in one into the other, which is empty. */
export function copy(from: DatabaseSync, to: DatabaseSync): void {
  to.exec("BEGIN IMMEDIATE; DELETE FROM state; DELETE FROM entry; DELETE FROM cursor;");
  try {
    for (const [table, columns] of [
      ["state", "epoch, nextSeq"],
      ["entry", "id, seq, kind, width, body"],
      ["cursor", "target, inode, offset, memory, at"],
    ] as const) {
      const marks = columns.replaceAll(/\w+/g, "?");
      const insert = to.prepare(`INSERT INTO ${table} (${columns}) VALUES (${marks})`);
      const rows = from.prepare(`SELECT ${columns} FROM ${table}`);
      rows.setReturnArrays(true);
      for (const row of rows.iterate()) insert.run(...(row as unknown as (string | number | null)[]));
    }
    to.exec("COMMIT");
  } catch (error) {
    if (to.isTransaction) to.exec("ROLLBACK");
    throw error;
  }
}
