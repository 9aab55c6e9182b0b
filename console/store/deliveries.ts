// Deliveries, contacts and the health of channels, as the stage of notifications keeps them.
import type { DatabaseSync } from "node:sqlite";
import type { Intent } from "../../protocol/casework.ts";

interface Delivery {
  id: number;
  key: string;
  intent: Intent;
  channel: string;
  receiver: string;
  state: "pending" | "sent" | "failed" | "superseded";
  urgent: boolean;
  createdAt: number;
  nextAt: number;
  expiresAt: number;
  attempts: number;
  sentAt?: number;
  error?: { code: string; detail: string };
  seenAt?: number;
}

export interface DeliveryTable {
  add(delivery: Omit<Delivery, "id" | "state" | "attempts">): boolean;
  due(now: number, limit: number): Delivery[];
  pendingOf(incident: string, channel: string, receiver: string): Delivery[];
  lastSent(
    incident: string,
    channel: string,
    receiver: string,
    kinds: readonly string[],
  ): { at: number; kind: Intent["kind"] } | undefined;
  save(delivery: Delivery): void;
  pending(): Record<string, { count: number; oldestAt: number }>;
  lastFailures(limit: number): Delivery[];
  sentTo(channel: string, receiver: string, limit: number): Delivery[];
  seen(channel: string, receiver: string, upTo: number, at: number): void;
  prune(before: number): void;
}

/** Of one channel no more than this are due at once, so that a dead one does not hide the others' rows. */
const MOST_OF_A_CHANNEL = 16;

export function deliveriesOf(db: DatabaseSync): DeliveryTable {
  const insert = db.prepare(
    `INSERT INTO delivery (key, incident, kind, channel, receiver, state, urgent, created_at, next_at, expires_at, attempts, intent)
     VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING`,
  );
  const selectDue = db.prepare(
    `SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY channel ORDER BY urgent DESC, id) AS place
       FROM delivery WHERE state = 'pending' AND next_at <= ?)
     WHERE place <= ${MOST_OF_A_CHANNEL} ORDER BY urgent DESC, id LIMIT ?`,
  );
  const selectPendingOf = db.prepare(
    "SELECT * FROM delivery WHERE incident = ? AND channel = ? AND receiver = ? AND state = 'pending' ORDER BY id",
  );
  const selectLast = db.prepare(
    `SELECT sent_at AS at, kind FROM delivery WHERE incident = ? AND channel = ? AND receiver = ? AND state = 'sent'
       AND kind IN (SELECT value FROM json_each(?)) ORDER BY sent_at DESC, id DESC LIMIT 1`,
  );
  const update = db.prepare(
    "UPDATE delivery SET state = ?, next_at = ?, attempts = ?, sent_at = ?, error = ?, seen_at = ? WHERE id = ?",
  );
  const countPending = db.prepare(
    "SELECT channel, count(*) AS count, min(created_at) AS oldestAt FROM delivery WHERE state = 'pending' GROUP BY channel",
  );
  const selectFailed = db.prepare("SELECT * FROM delivery WHERE state = 'failed' ORDER BY id DESC LIMIT ?");
  const selectSent = db.prepare(
    "SELECT * FROM delivery WHERE channel = ? AND receiver = ? AND state = 'sent' ORDER BY id DESC LIMIT ?",
  );
  const markSeen = db.prepare(
    "UPDATE delivery SET seen_at = ? WHERE channel = ? AND receiver = ? AND state = 'sent' AND seen_at IS NULL AND sent_at <= ?",
  );
  const prune = db.prepare("DELETE FROM delivery WHERE created_at < ? AND state <> 'pending'");
  const many = (rows: unknown) => (rows as Row[]).map(deliveryOf);
  return {
    add: (d) =>
      insert.run(
        d.key,
        d.intent.incident,
        d.intent.kind,
        d.channel,
        d.receiver,
        d.urgent ? 1 : 0,
        d.createdAt,
        d.nextAt,
        Math.round(d.expiresAt),
        JSON.stringify(d.intent),
      ).changes === 1,
    due: (now, limit) => many(selectDue.all(now, limit)),
    pendingOf: (incident, channel, receiver) => many(selectPendingOf.all(incident, channel, receiver)),
    lastSent: (incident, channel, receiver, kinds) =>
      selectLast.get(incident, channel, receiver, JSON.stringify(kinds)) as
        | { at: number; kind: Intent["kind"] }
        | undefined,
    save(d) {
      const error = d.error === undefined ? null : JSON.stringify(d.error);
      update.run(d.state, d.nextAt, d.attempts, d.sentAt ?? null, error, d.seenAt ?? null, d.id);
    },
    pending: () =>
      Object.fromEntries(
        (countPending.all() as { channel: string; count: number; oldestAt: number }[]).map(({ channel, ...r }) => [
          channel,
          r,
        ]),
      ),
    lastFailures: (limit) => many(selectFailed.all(limit)),
    sentTo: (channel, receiver, limit) => many(selectSent.all(channel, receiver, limit)),
    seen(channel, receiver, upTo, at) {
      markSeen.run(at, channel, receiver, upTo);
    },
    prune(before) {
      prune.run(before);
    },
  };
}

interface Row {
  id: number;
  key: string;
  channel: string;
  receiver: string;
  state: Delivery["state"];
  urgent: number;
  created_at: number;
  next_at: number;
  expires_at: number;
  attempts: number;
  sent_at: number | null;
  seen_at: number | null;
  error: string | null;
  intent: string;
}
const deliveryOf = (r: Row): Delivery => ({
  id: r.id,
  key: r.key,
  intent: JSON.parse(r.intent) as Intent,
  channel: r.channel,
  receiver: r.receiver,
  state: r.state,
  urgent: r.urgent === 1,
  createdAt: r.created_at,
  nextAt: r.next_at,
  expiresAt: r.expires_at,
  attempts: r.attempts,
  ...(r.sent_at === null ? {} : { sentAt: r.sent_at }),
  ...(r.seen_at === null ? {} : { seenAt: r.seen_at }),
  ...(r.error === null ? {} : { error: JSON.parse(r.error) as { code: string; detail: string } }),
});

interface Contact {
  mail?: string;
  language: "vi" | "en";
}
export interface ContactTable {
  get(account: string): Contact | undefined;
  set(account: string, contact: Contact): void;
  remove(account: string): void;
  all(): (Contact & { account: string })[];
}

export function contactsOf(db: DatabaseSync): ContactTable {
  const select = db.prepare("SELECT json FROM contact WHERE account = ?");
  const upsert = db.prepare(
    "INSERT INTO contact (account, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json",
  );
  const remove = db.prepare("DELETE FROM contact WHERE account = ?");
  const selectAll = db.prepare("SELECT account, json FROM contact ORDER BY account");
  return {
    get: (account) => {
      const row = select.get(account) as { json: string } | undefined;
      return row && (JSON.parse(row.json) as Contact);
    },
    set(account, contact) {
      upsert.run(account, JSON.stringify(contact));
    },
    remove(account) {
      remove.run(account);
    },
    all: () =>
      (selectAll.all() as { account: string; json: string }[]).map((r) => ({
        account: r.account,
        ...(JSON.parse(r.json) as Contact),
      })),
  };
}

interface Health {
  channel: string;
  lastOkAt?: number;
  failingSince?: number;
  failures: number;
  retryAt: number;
  error?: { code: string; detail: string };
  toldAt?: number;
}
export interface HealthTable {
  get(channel: string): Health | undefined;
  save(health: Health): void;
}

export function channelHealthOf(db: DatabaseSync): HealthTable {
  const select = db.prepare("SELECT json FROM channel_health WHERE channel = ?");
  const upsert = db.prepare(
    "INSERT INTO channel_health (channel, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json",
  );
  return {
    get: (channel) => {
      const row = select.get(channel) as { json: string } | undefined;
      return row && (JSON.parse(row.json) as Health);
    },
    save(health) {
      upsert.run(health.channel, JSON.stringify(health));
    },
  };
}
