// People's work on incidents. The work's history and the notices' outbox are append-only: the record itself refuses a change.
import type { Migration } from "../migrations.ts";

export const casework: Migration = {
  name: "casework",
  sql: `
  CREATE TABLE casework (incident TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE work_event (
    id INTEGER PRIMARY KEY,
    incident TEXT NOT NULL,
    at INTEGER NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX work_event_by_incident ON work_event (incident, id);
  CREATE TRIGGER work_event_kept BEFORE UPDATE ON work_event BEGIN SELECT RAISE(ABORT, 'work_event is append-only'); END;
  CREATE TRIGGER work_event_stays BEFORE DELETE ON work_event BEGIN SELECT RAISE(ABORT, 'work_event is append-only'); END;

  CREATE TABLE silence (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, json TEXT NOT NULL) STRICT;

  CREATE TABLE intent (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    incident TEXT NOT NULL,
    suppressed INTEGER NOT NULL,
    json TEXT NOT NULL,
    taken_at INTEGER
  ) STRICT;
  CREATE INDEX intent_waiting ON intent (id) WHERE taken_at IS NULL AND suppressed = 0;
  CREATE INDEX intent_by_incident ON intent (incident, id);

  CREATE TABLE policy_document (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    account TEXT NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (name, version)
  ) STRICT, WITHOUT ROWID;
  `,
};
