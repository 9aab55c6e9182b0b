// Where the outbox stands: on disk, or in memory while the disk refuses writing (outbox.ts, rule 6). Knows when to move and
// how, and what is to be done with a file that cannot be read.
import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { AgentError } from "./errors.ts";
import { copy, inMemory, onDisk, remove, setAside, troubleOf } from "./outbox-store.ts";

/** Short: what stands in memory is lost if the agent is killed. Not shorter: each try copies everything. */
export const BACK_TO_DISK_MS = 10_000;

export interface PlaceOptions {
  path: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Told of every named trouble; the outbox goes on. */
  onTrouble: (trouble: AgentError) => void;
}

export class Place {
  db: DatabaseSync;
  kind: "disk" | "memory" = "disk";
  private readonly options: PlaceOptions;
  private readonly onEmptied: () => void;
  private triedDiskAt = 0;

  /**
   * @param onEmptied what stood on the disk could not be read when it had to be left: the database is a new one
   * @throws AgentError outbox-in-use
   */
  constructor(options: PlaceOptions, onEmptied: () => void) {
    this.options = options;
    this.onEmptied = onEmptied;
    this.db = this.open();
  }

  /** One transaction. When it fails, `undo`; when it was the disk that refused, the same once more in memory. */
  write<T>(work: () => T, undo: () => void): T {
    try {
      return this.transaction(work, undo);
    } catch (error) {
      const trouble = troubleOf(error);
      if (this.kind === "memory" || trouble === undefined || trouble === "in-use") throw error;
      this.leaveDisk(error);
      return this.transaction(work, undo);
    }
  }

  /** Moves back, when it is time to try and the disk takes it. */
  tryDisk(): void {
    const { path, now, onTrouble } = this.options;
    if (this.kind === "disk" || Math.abs(now() - this.triedDiskAt) < BACK_TO_DISK_MS) return;
    this.triedDiskAt = now();
    let disk: DatabaseSync | undefined;
    try {
      // A file that could be neither written nor read when the agent began: what it holds was not taken over.
      if (existsSync(path)) onTrouble(new AgentError("outbox-set-aside", setAside(path, now())));
      disk = onDisk(path);
      copy(this.db, disk);
      this.db.close();
      this.db = disk;
      this.kind = "disk";
    } catch {
      quietly(() => disk?.close());
      quietly(() => remove(path));
    }
  }

  close(): void {
    this.db.close();
  }

  private open(): DatabaseSync {
    const { path, now, onTrouble } = this.options;
    try {
      return onDisk(path);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === "refuses-writing") return this.enterMemory(error);
      if (trouble !== "unreadable") throw error;
      try {
        onTrouble(new AgentError("outbox-set-aside", setAside(path, now()), error));
        return onDisk(path);
      } catch (second) {
        return this.enterMemory(second);
      }
    }
  }

  private transaction<T>(work: () => T, undo: () => void): T {
    this.db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.db.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      undo();
      throw error;
    }
  }

  private leaveDisk(cause: unknown): void {
    const { path, now, onTrouble } = this.options;
    const old = this.db;
    this.db = this.enterMemory(cause);
    let isWhole = true;
    try {
      copy(old, this.db);
    } catch {
      isWhole = false;
    }
    quietly(() => old.close());
    // Deleted, so that no later start can give a seq again that was given in memory.
    if (isWhole) {
      quietly(() => remove(path));
      return;
    }
    quietly(() => onTrouble(new AgentError("outbox-set-aside", setAside(path, now()), cause)));
    this.onEmptied();
  }

  private enterMemory(cause: unknown): DatabaseSync {
    this.kind = "memory";
    this.triedDiskAt = this.options.now();
    this.options.onTrouble(new AgentError("outbox-in-memory", this.options.path, cause));
    return inMemory();
  }
}

/** For what may fail on a disk that fails anyway; `resume` finds an outbox that went back (outbox.ts, rule 5). */
function quietly(work: () => void): void {
  try {
    work();
  } catch {}
}
