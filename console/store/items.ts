// What agents sent: the append-only log, how far each agent's sequence has come, the gaps, and what was last
// said of every target. All writes are meant to run inside one transaction of store.ts.
import type { DatabaseSync } from "node:sqlite";
import type { Item, Report } from "../../protocol/finding.ts";
import { type LogEntry, logOf } from "./log.ts";

export type { LogEntry };

/** What one batch brought: what was new, in order, and the last seq that is now kept. A hole is refused whole. */
export type Appended = { ok: true; fresh: Item[]; last: number } | { ok: false; code: "sequence-hole"; last: number };

export interface Latest {
  agent: string;
  report: Report;
  /** Since when its status stands, by the agent's clock. */
  since: number;
  receivedAt: number;
}

export interface Items {
  /** The last seq of that epoch that is kept; 0 for none. */
  lastSeq(agent: string, epoch: number): number;
  /** Keeps what is new of items firstSeq, firstSeq + 1, …; items that are kept already are recognised by their seq. */
  /** `frame`: the UTF-8 JSON of the frame in which they came, kept as it is when all of it is new. */
  append(
    agent: string,
    epoch: number,
    firstSeq: number,
    items: Item[],
    receivedAt: number,
    frame?: Uint8Array,
  ): Appended;
  /** Keeps that the agent lost from…to. */
  gap(agent: string, epoch: number, from: number, to: number, reason: string, receivedAt: number): Appended;
  saveLatest(latest: Latest): void;
  dropLatest(agent: string, target: string): void;
  allLatest(): Latest[];
  /** Items kept after log id `after`, oldest first. */
  after(after: number, limit: number): LogEntry[];
  /** Items of those targets received between two instants, newest first. */
  ofTargets(targets: ReadonlySet<string>, fromAt: number, toAt: number, limit: number): LogEntry[];
  counts(): { items: number; gaps: number };
  /** Days that the log has, oldest first, as YYYYMMDD; and the end of one of them, but never of the newest. */
  days(): string[];
  dropDay(day: string): boolean;
  /** After a rollback: what is remembered may not be what is kept. */
  forget(): void;
}

/** A look-back never reads more rows than this: the log is read by ranges of its id, without an index. */
const MOST_SCANNED = 200_000;
const MOST_NAMES = 20;

export function itemsOf(db: DatabaseSync): Items {
  const selectSeq = db.prepare("SELECT last_seq FROM sequence WHERE agent = ? AND epoch = ?");
  const saveSeq = db.prepare(
    "INSERT INTO sequence (agent, epoch, last_seq) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last_seq = excluded.last_seq",
  );
  const log = logOf(db);
  const insertGap = db.prepare(
    "INSERT INTO gap (received_at, agent, epoch, from_seq, to_seq, reason) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const upsertLatest = db.prepare(
    `INSERT INTO latest (agent, target, since, received_at, json) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET since = excluded.since, received_at = excluded.received_at, json = excluded.json`,
  );
  const deleteLatest = db.prepare("DELETE FROM latest WHERE agent = ? AND target = ?");
  const selectLatest = db.prepare("SELECT agent, since, received_at, json FROM latest");
  const countGaps = db.prepare("SELECT count(*) AS n FROM gap");

  const lastSeq = (agent: string, epoch: number): number =>
    (selectSeq.get(agent, epoch) as { last_seq: number } | undefined)?.last_seq ?? 0;

  return {
    lastSeq,
    append(agent, epoch, firstSeq, items, receivedAt, frame) {
      const last = lastSeq(agent, epoch);
      if (items.length > 0 && firstSeq > last + 1) return { ok: false, code: "sequence-hole", last };
      const fresh = items.slice(Math.max(0, last + 1 - firstSeq));
      if (fresh.length === 0) return { ok: true, fresh, last };
      const whole = frame !== undefined && fresh.length === items.length;
      const text = whole ? frame : Buffer.from(JSON.stringify({ items: fresh }));
      log.append({ receivedAt, agent, epoch, firstSeq: last + 1, count: fresh.length, frame: text });
      saveSeq.run(agent, epoch, last + fresh.length);
      return { ok: true, fresh, last: last + fresh.length };
    },
    gap(agent, epoch, from, to, reason, receivedAt) {
      const last = lastSeq(agent, epoch);
      if (from > last + 1) return { ok: false, code: "sequence-hole", last };
      if (to <= last) return { ok: true, fresh: [], last };
      insertGap.run(receivedAt, agent, epoch, last + 1, to, reason);
      saveSeq.run(agent, epoch, to);
      return { ok: true, fresh: [], last: to };
    },
    saveLatest({ agent, report, since, receivedAt }) {
      upsertLatest.run(agent, report.target, since, receivedAt, JSON.stringify(report));
    },
    dropLatest(agent, target) {
      deleteLatest.run(agent, target);
    },
    allLatest() {
      const rows = selectLatest.all() as { agent: string; since: number; received_at: number; json: string }[];
      return rows.map((r) => ({
        agent: r.agent,
        report: JSON.parse(r.json) as Report,
        since: r.since,
        receivedAt: r.received_at,
      }));
    },
    after: log.after,
    ofTargets(targets, fromAt, toAt, limit) {
      const found: LogEntry[] = [];
      // A text without the names need not be parsed.
      const named = targets.size > MOST_NAMES ? undefined : [...targets].map((t) => JSON.stringify(t));
      let scanned = 0;
      log.backwards((row) => {
        if (row.receivedAt < fromAt || scanned >= MOST_SCANNED) return false;
        scanned += row.count;
        if (row.receivedAt > toAt || named?.some((n) => row.text().includes(n)) === false) return true;
        const wanted = row.entries().filter((e) => targets.has(e.item.target));
        found.push(...wanted.toReversed().slice(0, limit - found.length));
        return found.length < limit;
      });
      return found;
    },
    counts: () => ({ items: log.count(), gaps: (countGaps.get() as { n: number }).n }),
    days: log.days,
    dropDay: log.dropDay,
    forget: log.forget,
  };
}
