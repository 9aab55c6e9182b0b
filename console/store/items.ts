// What agents sent: the append-only log, how far each agent's sequence has come, the gaps, and what was last
// said of every target. All writes are meant to run inside one transaction of store.ts.
import type { DatabaseSync } from "node:sqlite";
import type { Item, Report } from "../../protocol/finding.ts";

/** What one batch brought: what was new, in order, and the last seq that is now kept. A hole is refused whole. */
export type Appended = { ok: true; fresh: Item[]; last: number } | { ok: false; code: "sequence-hole"; last: number };

export interface Latest {
  agent: string;
  report: Report;
  /** Since when its status stands, by the agent's clock. */
  since: number;
  receivedAt: number;
}

export interface LogEntry {
  id: number;
  receivedAt: number;
  agent: string;
  epoch: number;
  seq: number;
  item: Item;
}

export interface Items {
  /** The last seq of that epoch that is kept; 0 for none. */
  lastSeq(agent: string, epoch: number): number;
  /** Keeps what is new of items firstSeq, firstSeq + 1, …; items that are kept already are recognised by their seq. */
  append(agent: string, epoch: number, firstSeq: number, items: Item[], receivedAt: number): Appended;
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
}

interface LogRow {
  id: number;
  received_at: number;
  agent: string;
  epoch: number;
  seq: number;
  target: string;
  json: string;
}

/** A look-back never reads more rows than this: the log is read by ranges of its id, without an index. */
const MOST_SCANNED = 200_000;

export function itemsOf(db: DatabaseSync): Items {
  const selectSeq = db.prepare("SELECT last_seq FROM sequence WHERE agent = ? AND epoch = ?");
  const saveSeq = db.prepare(
    "INSERT INTO sequence (agent, epoch, last_seq) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last_seq = excluded.last_seq",
  );
  const insert = db.prepare(
    "INSERT INTO log (received_at, agent, epoch, seq, kind, target, json) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const insertGap = db.prepare(
    "INSERT INTO gap (received_at, agent, epoch, from_seq, to_seq, reason) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const upsertLatest = db.prepare(
    `INSERT INTO latest (agent, target, since, received_at, json) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET since = excluded.since, received_at = excluded.received_at, json = excluded.json`,
  );
  const deleteLatest = db.prepare("DELETE FROM latest WHERE agent = ? AND target = ?");
  const selectLatest = db.prepare("SELECT agent, since, received_at, json FROM latest");
  const selectAfter = db.prepare("SELECT * FROM log WHERE id > ? ORDER BY id LIMIT ?");
  const selectBelow = db.prepare("SELECT * FROM log WHERE id <= ? ORDER BY id DESC LIMIT ?");
  const selectMaxId = db.prepare("SELECT max(id) AS id FROM log");
  const countGaps = db.prepare("SELECT count(*) AS n FROM gap");

  const lastSeq = (agent: string, epoch: number): number =>
    (selectSeq.get(agent, epoch) as { last_seq: number } | undefined)?.last_seq ?? 0;
  const maxId = () => (selectMaxId.get() as { id: number | null }).id ?? 0;

  return {
    lastSeq,
    append(agent, epoch, firstSeq, items, receivedAt) {
      const last = lastSeq(agent, epoch);
      if (items.length > 0 && firstSeq > last + 1) return { ok: false, code: "sequence-hole", last };
      const fresh = items.slice(Math.max(0, last + 1 - firstSeq));
      if (fresh.length === 0) return { ok: true, fresh, last };
      fresh.forEach((item, i) => {
        insert.run(receivedAt, agent, epoch, last + 1 + i, item.type, item.target, JSON.stringify(item));
      });
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
    after(after, limit) {
      return (selectAfter.all(after, limit) as unknown as LogRow[]).map(entryOf);
    },
    ofTargets(targets, fromAt, toAt, limit) {
      const found: LogEntry[] = [];
      let scanned = 0;
      for (let id = maxId(); id > 0 && scanned < MOST_SCANNED; ) {
        const rows = selectBelow.all(id, 1_000) as unknown as LogRow[];
        for (const row of rows) {
          if (row.received_at < fromAt || found.length >= limit) return found;
          if (row.received_at <= toAt && targets.has(row.target)) found.push(entryOf(row));
        }
        scanned += rows.length;
        id = (rows.at(-1)?.id ?? 0) - 1;
      }
      return found;
    },
    // Ids are given without holes and rows are never deleted: the highest id is the count.
    counts: () => ({ items: maxId(), gaps: (countGaps.get() as { n: number }).n }),
  };
}

const entryOf = (r: LogRow): LogEntry => ({
  id: r.id,
  receivedAt: r.received_at,
  agent: r.agent,
  epoch: r.epoch,
  seq: r.seq,
  item: JSON.parse(r.json) as Item,
});
