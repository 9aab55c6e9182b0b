// Opens the record: one SQLite file, one writer, every commit on the platter before it is acknowledged. Named errors
// for what an operator can meet: damage, a second console, a newer schema, a folder that cannot be written.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { messageOf, Problem } from "../problem.ts";
import { MIGRATIONS } from "./migrations.ts";

export type StoreCode =
  | "store-corrupt"
  | "store-in-use"
  | "store-newer"
  | "store-unwritable"
  | "store-full"
  | "store-not-copied";

/** SQLite's primary result codes (sqlite.org/rescode.html) that name a state of the disk rather than a mistake of ours. */
const RESULT = { busy: 5, locked: 6, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 } as const;
const DISK_CODES = new Set<number>([RESULT.readonly, RESULT.ioerr, RESULT.full, RESULT.cantopen, RESULT.corrupt]);

/** Above this size the start does not read every page: a check of the whole is then a person's decision. */
const QUICK_CHECK_BYTES = 512 * 1024 * 1024;

/** SQLite's primary result code of what was thrown, or nothing when it did not come from SQLite. */
export function resultCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** True when no transaction can succeed until the disk changes; false when only this one was at fault. */
export const isDiskFailure = (error: unknown): boolean => DISK_CODES.has(resultCode(error) ?? -1);

/** Opens or makes `record.db` in `dataDir` and brings it to the newest schema. Throws Problem<StoreCode>. */
export function openDatabase(dataDir: string): DatabaseSync {
  const path = join(dataDir, "record.db");
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    db = new DatabaseSync(path, { timeout: 2_000, defensive: true });
    // The journal goes into the record 16 MiB at a time: the commit at which it does waits for the disk.
    // Pages that take a frame whole; of a record that exists the size stays as it is. Exclusive before WAL: the lock is held for the life of the process, so a second console cannot share the record.
    db.exec(`PRAGMA page_size = 16384; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 134217728; PRAGMA wal_autocheckpoint = 1000;`);
    db.exec("BEGIN IMMEDIATE; COMMIT");
    checkIntegrity(db, path);
    migrate(db, path, dataDir);
    return db;
  } catch (error) {
    db?.close();
    throw error instanceof Problem ? error : named(error, path);
  }
}

function checkIntegrity(db: DatabaseSync, path: string): void {
  if (statSync(path).size > QUICK_CHECK_BYTES) return;
  const row = db.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
  if (row.quick_check !== "ok") throw corrupt(path, row.quick_check);
}

/** Brings the schema up to date, an entry a transaction. A name that we do not know was written by a newer console. */
function migrate(db: DatabaseSync, path: string, dataDir: string): void {
  const seen = migrationsSeen(db);
  const unknown = [...seen].filter((name) => !MIGRATIONS.some((m) => m.name === name));
  if (unknown.length > 0)
    throw new Problem<StoreCode>(
      "store-newer",
      path,
      `the record has schema changes that this console does not know: ${unknown.join(", ")}`,
      "Start the newer version of the console again, or take the record's copy from before the upgrade.",
    );
  const next = MIGRATIONS.filter((m) => !seen.has(m.name));
  if (seen.size > 0 && next.length > 0) copyBefore(db, dataDir, next[0]!.name);
  for (const { name, sql = "", run } of next) {
    db.exec(`BEGIN IMMEDIATE; ${sql}`);
    run?.(db);
    db.exec(`INSERT INTO migration (name) VALUES ('${name}'); COMMIT`);
  }
}

/**
 * A copy of the record as it was before its schema changes: the way back to the version before. Without room for it nothing is changed.
 * It appears under its name only when it is whole and on the disk.
 */
function copyBefore(db: DatabaseSync, dataDir: string, next: string): void {
  const folder = join(dataDir, "backups");
  const file = join(folder, `before-${next}-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "")}.db`);
  const part = `${file}.part`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    rmSync(part, { force: true });
    db.prepare("VACUUM INTO ?").run(part);
    const copy = openSync(part, "r+");
    fsyncSync(copy);
    closeSync(copy);
    renameSync(part, file);
  } catch (error) {
    if (existsSync(part)) rmSync(part);
    throw new Problem<StoreCode>(
      "store-not-copied",
      file,
      `the record needs a new schema, and cannot be copied before: ${messageOf(error)}`,
      "Free as much space as the record takes, or start the version before; nothing was changed.",
      error,
    );
  }
}

function migrationsSeen(db: DatabaseSync): Set<string> {
  db.exec("CREATE TABLE IF NOT EXISTS migration (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT");
  // A record from before entries had names says its version by a number; that was the first schema.
  const { user_version: version } = db.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version === 1)
    db.exec("BEGIN IMMEDIATE; INSERT INTO migration (name) VALUES ('spine'); PRAGMA user_version = 0; COMMIT");
  return new Set((db.prepare("SELECT name FROM migration").all() as { name: string }[]).map((r) => r.name));
}

const corrupt = (path: string, detail: string, cause?: unknown) =>
  new Problem<StoreCode>(
    "store-corrupt",
    path,
    `the record is damaged: ${detail}`,
    "Keep the file: copy the folder away, run `sqlite3 record.db .recover | sqlite3 new.db`, or restore a backup, then start again.",
    cause,
  );

function named(error: unknown, path: string): Problem<StoreCode> {
  const detail = messageOf(error);
  const code = resultCode(error);
  if (code === RESULT.corrupt || code === RESULT.notadb) return corrupt(path, detail, error);
  if (code === RESULT.busy || code === RESULT.locked)
    return new Problem(
      "store-in-use",
      path,
      `another process holds the record: ${detail}`,
      "End the other console first.",
      error,
    );
  if (code === RESULT.full || (error as NodeJS.ErrnoException).code === "ENOSPC")
    return new Problem("store-full", path, `the disk is full: ${detail}`, "Free space on that file system.", error);
  return new Problem(
    "store-unwritable",
    path,
    `the record cannot be opened: ${detail}`,
    "Check the folder's owner and mode, and that the disk is mounted for writing.",
    error,
  );
}
