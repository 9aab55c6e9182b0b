// Who was told what over which channel, how people are reached, and how channels fare. Contacts are personal data: they stand here
// alone, are changed in place and are removed with their account.
import type { Migration } from "../migrations.ts";

export const notifications: Migration = {
  name: "notifications",
  sql: `
  CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    incident TEXT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    receiver TEXT NOT NULL,
    state TEXT NOT NULL,
    urgent INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    sent_at INTEGER,
    seen_at INTEGER,
    error TEXT,
    intent TEXT NOT NULL
  ) STRICT;
  CREATE INDEX delivery_pending ON delivery (next_at) WHERE state = 'pending';
  CREATE INDEX delivery_failed ON delivery (id) WHERE state = 'failed';
  CREATE INDEX delivery_by_receiver ON delivery (channel, receiver, id);
  CREATE INDEX delivery_by_incident ON delivery (incident, channel, receiver);
  CREATE INDEX delivery_by_age ON delivery (created_at);

  CREATE TABLE contact (account TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE channel_health (channel TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
};
