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
import type { Item } from "../protocol/finding.ts";
import type { Cursor } from "./check.ts";
import { AgentError } from "./errors.ts";
import { Place, type PlaceOptions } from "./outbox-place.ts";
import * as rows from "./outbox-rows.ts";

export type { Entry } from "./outbox-rows.ts";

/** A frame holds 1 MiB; one item must leave room for others. */
export const MAX_ITEM_BYTES = 262_144;

export interface OutboxOptions extends PlaceOptions {
  /** Items kept at most. */
  limit: number;
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
  private readonly options: OutboxOptions;
  private readonly place: Place;
  private totals: Pick<rows.Totals, "epoch" | "nextSeq" | "items" | "unsent">;
  private waiting: { kind: number; body: string }[] = [];
  private cursors = new Map<string, Cursor>();
  private ackedSeq = 0;
  private deletedThrough = 0;

  /** @throws AgentError outbox-in-use: nothing else stops an agent. */
  constructor(options: OutboxOptions) {
    this.options = options;
    this.place = new Place(options, () => {
      this.totals = this.load();
    });
    this.totals = this.load();
  }

  get isInMemory(): boolean {
    return this.place.kind === "memory";
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
    this.place.tryDisk();
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
    const again = rows.sent(this.place.db);
    const oldest = again[0]?.seq ?? this.nextSeq;
    this.ackedSeq = oldest - 1;
    return { again, ...(oldest > lastSeq + 1 && { lost: { from: lastSeq + 1, to: oldest - 1 } }), rolledBack: false };
  }

  /** Begins a new epoch: what was sent and not acked is sent again under new numbers. */
  newEpoch(): void {
    this.write(() => {
      this.deleteAcked();
      rows.beginEpoch(this.place.db, epochAt(this.options.now()));
    });
    this.totals = this.load();
  }

  /** How far the log of a target was read when its last detection became durable. */
  cursor(target: string): Cursor | undefined {
    return rows.cursorOf(this.place.db, target);
  }

  close(): void {
    this.flush(0);
    this.place.close();
  }

  private load(): Outbox["totals"] {
    if (!rows.totals(this.place.db)) this.write(() => rows.beginEpoch(this.place.db, epochAt(this.options.now())));
    const totals = rows.totals(this.place.db)!;
    this.ackedSeq = (totals.firstSent ?? totals.nextSeq) - 1;
    this.deletedThrough = this.ackedSeq;
    return totals;
  }

  /** One transaction; what it counted is taken back when it fails. */
  private write<T>(work: () => T): T {
    const before = { totals: { ...this.totals }, deletedThrough: this.deletedThrough };
    return this.place.write(work, () => Object.assign(this, before));
  }

  private deleteAcked(): void {
    if (this.deletedThrough >= this.ackedSeq) return;
    this.totals.items -= rows.deleteThrough(this.place.db, this.ackedSeq);
    this.deletedThrough = this.ackedSeq;
  }

  private insertWaiting(): void {
    rows.insert(this.place.db, this.waiting);
    rows.keepCursors(this.place.db, this.cursors);
    this.totals.items += this.waiting.length;
    this.totals.unsent += this.waiting.length;
  }

  private dropBeyondLimit(): void {
    const excess = this.totals.items - this.options.limit;
    if (excess <= 0) return;
    const reports = rows.dropOldest(this.place.db, rows.REPORT, excess);
    const lost = reports + (reports < excess ? rows.dropOldest(this.place.db, rows.DETECTION, excess - reports) : 0);
    if (lost === 0) return;
    this.totals.items -= lost;
    this.totals.unsent += rows.widenGap(this.place.db, lost) - lost;
  }

  private number(take: number): rows.Entry[] {
    const { entries, nextSeq } = rows.number(this.place.db, take, this.totals.nextSeq);
    this.totals.nextSeq = nextSeq;
    this.totals.unsent -= entries.length;
    return entries;
  }
}

/** Rises with time and differs between two lives begun in the same millisecond. */
const epochAt = (nowMs: number) => nowMs * 1_000 + randomInt(1_000);
