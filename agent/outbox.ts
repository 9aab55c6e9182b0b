// What the agent has to say and the console has not yet acknowledged, on disk.
//
// Rules (design: Delivery):
//  1. `put` hands items in; `flush` writes them. What flush returns is durable with its seq, so its bytes may leave.
//  2. A seq is given at first sending, in the order gap, detections, reports, each by age; it never changes within an epoch.
//  3. At most `limit` items are kept. Beyond it the oldest unsent reports are dropped, then, when there are none, the
//     oldest unsent detections; what has a seq is never dropped. The dropped are counted in one unsent gap entry, which takes as
//     many seqs as it counts when it is sent: so every seq is either an item or within a gap, and the console sees no hole.
//  4. `ack` is cumulative; what is acked is deleted with the next flush. A crash before that is healed by `resume`.
//  5. An epoch is one life of the file: a file that is new or was set aside has a new one. An outbox that is older than what the
//     console has (a restored image) begins a new one too: its numbers were used for other items.
//  6. When the disk refuses writing, everything moves into memory and the file is deleted, so that no later start can give the
//     same seq twice; the epoch goes on. It moves back when the disk takes it.
import { randomInt } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Item } from "../protocol/finding.ts";
import type { Cursor } from "./check.ts";
import { AgentError } from "./errors.ts";
import * as rows from "./outbox-rows.ts";
import { copy, inMemory, onDisk, remove, setAside, troubleOf } from "./outbox-store.ts";

export type { Entry } from "./outbox-rows.ts";

const BACK_TO_DISK_MS = 60_000;
/** A frame holds 1 MiB; one item must leave room for others. */
export const MAX_ITEM_BYTES = 262_144;

export interface OutboxOptions {
  path: string;
  /** Items kept at most. */
  limit: number;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Told of every named trouble; the outbox goes on. */
  onTrouble: (trouble: AgentError) => void;
}

/** What a welcome showed. */
export interface Resumed {
  /** Sent before and not durable at the console: to be sent again, in this order. */
  again: rows.Entry[];
  /** Seqs that the console lacks and that stand here no more. */
  lost?: { from: number; to: number };
  /** The console has more than was ever sent: a new epoch has begun, and hello must be said again. */
  rolledBack: boolean;
}

export class Outbox {
  /** "memory" while the disk refuses. */
  place: "disk" | "memory" = "disk";
  private readonly options: OutboxOptions;
  private db: DatabaseSync;
  private totals: Pick<rows.Totals, "epoch" | "nextSeq" | "items" | "unsent">;
  private waiting: { kind: number; body: string }[] = [];
  private cursors = new Map<string, Cursor>();
  private ackedSeq = 0;
  private deletedThrough = 0;
  private triedDiskAt = 0;

  /** @throws AgentError outbox-in-use: nothing else stops an agent. */
  constructor(options: OutboxOptions) {
    this.options = options;
    this.db = this.open();
    this.totals = this.load();
  }

  get epoch(): number {
    return this.totals.epoch;
  }

  /** The next seq that will be given. */
  get nextSeq(): number {
    return this.totals.nextSeq;
  }

  /** The oldest seq that is still kept, or the next that will be given. */
  get oldestSeq(): number {
    return this.ackedSeq + 1;
  }

  /** Items kept, sent or not. */
  get depth(): number {
    return this.totals.items + this.waiting.length;
  }

  get hasUnsent(): boolean {
    return this.totals.unsent > 0 || this.waiting.length > 0;
  }

  /** Seqs sent and not acked. */
  get inFlight(): number {
    return this.totals.nextSeq - 1 - this.ackedSeq;
  }

  /** Is there anything that a flush would write? */
  get isDirty(): boolean {
    return this.waiting.length > 0 || this.cursors.size > 0 || this.deletedThrough < this.ackedSeq;
  }

  /** Items to be kept; durable with the next flush. `cursors`: how far the logs were read that gave them. */
  put(items: readonly Item[], cursors: Readonly<Record<string, Cursor>> = {}): void {
    for (const item of items) {
      const body = JSON.stringify(item);
      if (Buffer.byteLength(body) > MAX_ITEM_BYTES)
        this.options.onTrouble(new AgentError("item-too-large", `${item.target}: ${body.length} characters`));
      else this.waiting.push({ kind: item.type === "detection" ? rows.DETECTION : rows.REPORT, body });
    }
    for (const [target, cursor] of Object.entries(cursors)) this.cursors.set(target, cursor);
  }

  /** Everything up to `seq` is durable at the console. A seq never given is ignored: the other side may say anything. */
  ack(seq: number): void {
    if (seq < this.totals.nextSeq && seq > this.ackedSeq) this.ackedSeq = seq;
  }

  /** Writes what was put and acked, and gives the next `take` entries their seqs. What is returned may leave. */
  flush(take: number): rows.Entry[] {
    if (this.place === "memory") this.tryDisk();
    const entries = this.write(() => {
      this.deleteAcked();
      this.insertWaiting();
      this.dropBeyondLimit();
      return take > 0 && this.totals.unsent > 0 ? this.number(take) : [];
    });
    this.waiting = [];
    this.cursors.clear();
    return entries;
  }

  /** After a welcome: forgets what the console has, and says what has to be sent again. */
  resume(lastSeq: number): Resumed {
    if (lastSeq >= this.totals.nextSeq) {
      const detail = `the console has ${lastSeq} of epoch ${this.epoch}, the next here is ${this.nextSeq}`;
      this.options.onTrouble(new AgentError("outbox-rolled-back", detail));
      this.ackedSeq = this.totals.nextSeq - 1;
      this.newEpoch();
      return { again: [], rolledBack: true };
    }
    // The console may have gone back itself (a restored record): what was deleted here is lost to it.
    this.ackedSeq = Math.max(lastSeq, this.deletedThrough);
    this.flush(0);
    const again = rows.sent(this.db);
    const oldest = again[0]?.seq ?? this.nextSeq;
    this.ackedSeq = oldest - 1;
    return { again, ...(oldest > lastSeq + 1 && { lost: { from: lastSeq + 1, to: oldest - 1 } }), rolledBack: false };
  }

  /** Begins a new epoch: what was sent and not acked is sent again under new numbers. */
  newEpoch(): void {
    this.write(() => {
      this.deleteAcked();
      rows.beginEpoch(this.db, epochAt(this.options.now()));
    });
    this.totals = this.load();
  }

  /** How far the log of a target was read when its last detection became durable. */
  cursor(target: string): Cursor | undefined {
    return rows.cursorOf(this.db, target);
  }

  close(): void {
    this.flush(0);
    this.db.close();
  }

  private open(): DatabaseSync {
    const { path, now, onTrouble } = this.options;
    try {
      return onDisk(path);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === "refuses-writing") return this.enterMemory(inMemory(), error);
      if (trouble !== "unreadable") throw error;
      onTrouble(new AgentError("outbox-set-aside", setAside(path, now()), error));
      return onDisk(path);
    }
  }

  private load(): Outbox["totals"] {
    if (!rows.totals(this.db)) this.write(() => rows.beginEpoch(this.db, epochAt(this.options.now())));
    const totals = rows.totals(this.db)!;
    this.ackedSeq = (totals.firstSent ?? totals.nextSeq) - 1;
    this.deletedThrough = this.ackedSeq;
    return totals;
  }

  /** One transaction. When the disk refuses, the same once more in memory. */
  private write<T>(work: () => T): T {
    try {
      return this.transaction(work);
    } catch (error) {
      const trouble = troubleOf(error);
      if (this.place === "memory" || trouble === undefined || trouble === "in-use") throw error;
      this.leaveDisk(error);
      return this.transaction(work);
    }
  }

  private transaction<T>(work: () => T): T {
    const before = { totals: { ...this.totals }, deletedThrough: this.deletedThrough };
    this.db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.db.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      Object.assign(this, before);
      throw error;
    }
  }

  private deleteAcked(): void {
    if (this.deletedThrough >= this.ackedSeq) return;
    this.totals.items -= rows.deleteThrough(this.db, this.ackedSeq);
    this.deletedThrough = this.ackedSeq;
  }

  private insertWaiting(): void {
    rows.insert(this.db, this.waiting);
    rows.keepCursors(this.db, this.cursors);
    this.totals.items += this.waiting.length;
    this.totals.unsent += this.waiting.length;
  }

  private dropBeyondLimit(): void {
    const excess = this.totals.items - this.options.limit;
    if (excess <= 0) return;
    const reports = rows.dropOldest(this.db, rows.REPORT, excess);
    const lost = reports + (reports < excess ? rows.dropOldest(this.db, rows.DETECTION, excess - reports) : 0);
    if (lost === 0) return;
    this.totals.items -= lost;
    this.totals.unsent += rows.widenGap(this.db, lost) - lost;
  }

  private number(take: number): rows.Entry[] {
    const { entries, nextSeq } = rows.number(this.db, take, this.totals.nextSeq);
    this.totals.nextSeq = nextSeq;
    this.totals.unsent -= entries.length;
    return entries;
  }

  private leaveDisk(cause: unknown): void {
    const { path, now, onTrouble } = this.options;
    const old = this.db;
    this.db = this.enterMemory(inMemory(), cause);
    let isWhole = true;
    try {
      copy(old, this.db);
    } catch {
      isWhole = false;
    }
    quietly(() => old.close());
    if (isWhole) quietly(() => remove(path));
    else {
      onTrouble(new AgentError("outbox-set-aside", setAside(path, now()), cause));
      this.totals = this.load();
    }
  }

  private enterMemory(memory: DatabaseSync, cause: unknown): DatabaseSync {
    this.place = "memory";
    this.triedDiskAt = this.options.now();
    this.options.onTrouble(new AgentError("outbox-in-memory", this.options.path, cause));
    return memory;
  }

  private tryDisk(): void {
    const { path, now } = this.options;
    if (Math.abs(now() - this.triedDiskAt) < BACK_TO_DISK_MS) return;
    this.triedDiskAt = now();
    let disk: DatabaseSync | undefined;
    try {
      setAside(path, now());
      disk = onDisk(path);
      copy(this.db, disk);
      this.db.close();
      this.db = disk;
      this.place = "disk";
    } catch {
      quietly(() => disk?.close());
      quietly(() => remove(path));
    }
  }
}

/** Rises with time and differs between two lives begun in the same millisecond. */
const epochAt = (nowMs: number) => nowMs * 1_000 + randomInt(1_000);

/** For what may fail on a disk that fails anyway; `resume` finds an outbox that went back (rule 5). */
function quietly(work: () => void): void {
  try {
    work();
  } catch {}
}
