// Copies of the record: made while it is in use, proved whole, and put back. A copy is one file, named by its time; it appears under
// its name only when it is whole and on the disk. Verification reads the copy alone and changes nothing.
import { createHash } from "node:crypto";
import {
  chownSync,
  closeSync,
  copyFileSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, Problem } from "../problem.ts";
import { isDiskFailure, openDatabase } from "./database.ts";
import { logOf } from "./log.ts";
import { MIGRATIONS } from "./migrations.ts";

export type BackupCode = "backup-missing" | "backup-damaged" | "backup-newer" | "backup-inconsistent";

export interface Verified {
  file: string;
  bytes: number;
  sha256: string;
  items: number;
  incidents: number;
  /** Of the newest item, ms since 1970; 0 for none. */
  newestAt: number;
}

const COPY_TRIES = 10;
const COPY_PAUSE_MS = 50;

/** Copies the record that `db` has open, page by page between its own transactions, and verifies the copy. */
export async function backUp(db: DatabaseSync, dataDir: string, at: number): Promise<Verified> {
  const folder = join(dataDir, "backups");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = `record-${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, "")}.db`;
  const part = join(folder, `${name}.part`);
  await copyPages(db, part);
  const copy = openSync(part, "r+");
  fsyncSync(copy);
  closeSync(copy);
  const verified = await verifyBackup(part);
  renameSync(part, join(folder, name));
  return { ...verified, file: join(folder, name) };
}

/**
 * Several tries: SQLite gives a step up when it falls into a transaction that writes on the same connection, and this connection is the
 * only one that the record admits (sqlite.org/c3ref/backup_finish.html, "SQLITE_LOCKED"). A disk that fails is not tried again.
 */
async function copyPages(db: DatabaseSync, part: string): Promise<void> {
  for (let left = COPY_TRIES - 1; ; left--) {
    rmSync(part, { force: true });
    try {
      await backup(db, part);
      return;
    } catch (error) {
      if (left === 0 || isDiskFailure(error)) throw error;
      await sleep(COPY_PAUSE_MS);
    }
  }
}

/** Proves that a copy is whole: every page, the schema, and that log and sequences agree. Throws Problem<BackupCode>. */
export async function verifyBackup(file: string): Promise<Verified> {
  if (!existsSync(file)) throw wrong("backup-missing", file, "there is no such file", "Name a file below backups/.");
  const facts = factsOf(file);
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return { file, bytes: statSync(file).size, sha256: hash.digest("hex"), ...facts };
}

function factsOf(file: string): Pick<Verified, "items" | "incidents" | "newestAt"> {
  let db: DatabaseSync | undefined;
  try {
    // Through a URI that says so, SQLite neither writes nor looks for a journal beside the copy.
    db = new DatabaseSync(new URL(`file://${file}?immutable=1`), { readOnly: true });
    const sound = (db.prepare("PRAGMA integrity_check(1)").get() as { integrity_check: string }).integrity_check;
    if (sound !== "ok") throw wrong("backup-damaged", file, sound, REMEDY);
    const unknown = (db.prepare("SELECT name FROM migration").all() as { name: string }[]).filter(
      (m) => !MIGRATIONS.some((known) => known.name === m.name),
    );
    if (unknown.length > 0)
      throw wrong(
        "backup-newer",
        file,
        `it knows ${unknown[0]!.name}`,
        "Verify it with the newer version of the console.",
      );
    return { ...agreement(db, file), incidents: numberOf(db, "SELECT count(*) AS n FROM incident") };
  } catch (error) {
    throw error instanceof Problem ? error : wrong("backup-damaged", file, messageOf(error), REMEDY);
  } finally {
    db?.close();
  }
}

const REMEDY = "Take another copy; make a new one at once if the record itself is sound.";
const wrong = (code: BackupCode, file: string, detail: string, remedy: string) =>
  new Problem<BackupCode>(code, file, detail, remedy);
const numberOf = (db: DatabaseSync, sql: string) => Number((db.prepare(sql).get() as { n: number | null }).n ?? 0);

/** Ids of the log must follow one another, and no agent may have an item beyond the last seq that is acknowledged for it. */
function agreement(db: DatabaseSync, file: string): { items: number; newestAt: number } {
  let [next, items, newestAt] = [0, 0, 0];
  const acked = db.prepare("SELECT last_seq AS n FROM sequence WHERE agent = ? AND epoch = ?");
  for (const day of logOf(db).days())
    for (const raw of db
      .prepare(`SELECT id, count, received_at, agent, epoch, first_seq FROM log_${day} ORDER BY id`)
      .iterate()) {
      const row = raw as {
        id: number;
        count: number;
        received_at: number;
        agent: string;
        epoch: number;
        first_seq: number;
      };
      const last = (acked.get(row.agent, row.epoch) as { n: number } | undefined)?.n ?? 0;
      if (row.id < next || last < row.first_seq + row.count - 1)
        throw wrong("backup-inconsistent", file, `row ${row.id} of ${day} does not fit its neighbours`, REMEDY);
      next = row.id + row.count;
      items += row.count;
      newestAt = Math.max(newestAt, row.received_at);
    }
  return { items, newestAt };
}

/** Puts a verified copy in the place of the record of a console that is not running. What was there is kept beside it. */
export async function restoreBackup(file: string, dataDir: string, at: number): Promise<Verified & { kept?: string }> {
  const verified = await verifyBackup(file);
  const record = join(dataDir, "record.db");
  const kept = `${record}.before-restore-${at}`;
  const had = existsSync(record);
  // A console that runs holds the record: then this throws, and nothing is touched. A damaged record may be replaced.
  if (had) closedOrDamaged(dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  copyFileSync(file, `${record}.part`);
  if (had) for (const end of ["", "-wal", "-shm"]) if (existsSync(record + end)) renameSync(record + end, kept + end);
  renameSync(`${record}.part`, record);
  // The console's account owns the folder, and must own what stands in it.
  const { uid, gid } = statSync(dataDir);
  if (process.getuid?.() === 0) chownSync(record, uid, gid);
  openDatabase(dataDir).close();
  return { ...verified, ...(had ? { kept } : {}) };
}

function closedOrDamaged(dataDir: string): void {
  try {
    openDatabase(dataDir).close();
  } catch (error) {
    if (!(error instanceof Problem) || error.code === "store-in-use") throw error;
  }
}
