// The first schema: what agents sent, what was made of it, who signed in, who did what.
import type { Migration } from "../migrations.ts";

export const spine: Migration = {
  name: "spine",
  sql: `
    CREATE TABLE log (
      id INTEGER PRIMARY KEY,
      received_at INTEGER NOT NULL,
      agent TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      kind TEXT NOT NULL,
      target TEXT NOT NULL,
      json TEXT NOT NULL
    ) STRICT;

    CREATE TABLE sequence (
      agent TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      last_seq INTEGER NOT NULL,
      PRIMARY KEY (agent, epoch)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE gap (
      id INTEGER PRIMARY KEY,
      received_at INTEGER NOT NULL,
      agent TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      from_seq INTEGER NOT NULL,
      to_seq INTEGER NOT NULL,
      reason TEXT NOT NULL
    ) STRICT;

    CREATE TABLE latest (
      agent TEXT NOT NULL,
      target TEXT NOT NULL,
      since INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      json TEXT NOT NULL,
      PRIMARY KEY (agent, target)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE incident (
      n INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      state TEXT NOT NULL,
      class TEXT NOT NULL,
      severity TEXT NOT NULL,
      asset TEXT NOT NULL,
      opened_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL,
      json TEXT NOT NULL
    ) STRICT;
    CREATE INDEX incident_by_state ON incident (state, n);

    CREATE TABLE signin_code (
      hash BLOB PRIMARY KEY,
      account TEXT NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE session (
      hash BLOB PRIMARY KEY,
      account TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE audit (
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      account TEXT NOT NULL,
      act TEXT NOT NULL,
      subject TEXT NOT NULL,
      detail TEXT NOT NULL
    ) STRICT;
  `,
};
