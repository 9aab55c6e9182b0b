// Accounts, second factors, tokens, sessions that say more, the hash-chained audit, and which agencies an incident concerns.
import type { Migration } from "../migrations.ts";

/**
 * Agencies of an incident: whoever suffers from it or saw it. Kept by the database itself, so that no writer can forget it. (EXCEPT,
 * because the conflict policy of a trigger's statement is that of whoever fired it.)
 */
const CONCERNED = (row: string) => `
  INSERT INTO incident_agency (agency, n)
    SELECT value, ${row}.n FROM json_each(${row}.json, '$.impact.lost')
    UNION SELECT value, ${row}.n FROM json_each(${row}.json, '$.impact.degraded')
    UNION SELECT value, ${row}.n FROM json_each(${row}.json, '$.impact.affected')
    UNION SELECT json_extract(value, '$.agency'), ${row}.n FROM json_each(${row}.json, '$.evidence')
    EXCEPT SELECT agency, n FROM incident_agency WHERE n = ${row}.n;`;

export const people: Migration = {
  name: "people",
  sql: `
    CREATE TABLE incident_agency (
      agency TEXT NOT NULL,
      n INTEGER NOT NULL,
      PRIMARY KEY (agency, n)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER incident_concerns_new AFTER INSERT ON incident BEGIN ${CONCERNED("new")} END;
    CREATE TRIGGER incident_concerns_more AFTER UPDATE OF json ON incident BEGIN ${CONCERNED("new")} END;
    UPDATE incident SET json = json;

    CREATE TABLE account (
      uid TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      display TEXT NOT NULL,
      roles TEXT NOT NULL,
      agencies TEXT NOT NULL,
      state TEXT NOT NULL,
      subject TEXT UNIQUE,
      password TEXT,
      totp BLOB,
      totp_confirmed INTEGER NOT NULL DEFAULT 0,
      totp_step INTEGER NOT NULL DEFAULT 0,
      wrong INTEGER NOT NULL DEFAULT 0,
      wrong_at INTEGER NOT NULL DEFAULT 0,
      locked_until INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE recovery_code (
      hash BLOB PRIMARY KEY,
      account TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    DROP TABLE session;
    CREATE TABLE session (
      hash BLOB PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      account TEXT NOT NULL,
      method TEXT NOT NULL,
      address TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      proved_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE token (
      id TEXT PRIMARY KEY,
      hash BLOB NOT NULL,
      account TEXT NOT NULL,
      label TEXT NOT NULL,
      roles TEXT NOT NULL,
      agencies TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      used_at INTEGER
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE idempotency (
      account TEXT NOT NULL,
      key TEXT NOT NULL,
      request BLOB NOT NULL,
      at INTEGER NOT NULL,
      status INTEGER,
      body TEXT,
      PRIMARY KEY (account, key)
    ) STRICT, WITHOUT ROWID;

    ALTER TABLE audit RENAME TO audit_before_chain;
    CREATE TABLE audit (
      n INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      actor TEXT NOT NULL,
      act TEXT NOT NULL,
      subject TEXT NOT NULL,
      detail TEXT NOT NULL,
      personal TEXT NOT NULL,
      previous TEXT NOT NULL,
      hash TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
    CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
    CREATE TABLE audit_personal (
      n INTEGER PRIMARY KEY,
      salt TEXT NOT NULL,
      json TEXT NOT NULL
    ) STRICT;
  `,
};
