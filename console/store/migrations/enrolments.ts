// Agents whose certificates no longer count, and who asked to be enrolled where a person has to say yes.
import type { Migration } from "../migrations.ts";

export const enrolments: Migration = {
  name: "enrolments",
  sql: `
    CREATE TABLE revocation (
      agent TEXT PRIMARY KEY,
      at INTEGER NOT NULL,
      account TEXT NOT NULL,
      reason TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE enrolment (
      agent TEXT NOT NULL,
      key_sha256 TEXT NOT NULL,
      asked_at INTEGER NOT NULL,
      address TEXT NOT NULL,
      state TEXT NOT NULL,
      decided_at INTEGER,
      account TEXT,
      PRIMARY KEY (agent, key_sha256)
    ) STRICT, WITHOUT ROWID;
  `,
};
