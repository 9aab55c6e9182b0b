// Passkeys of people: the public half only, and how often each was used, by which a copied one is noticed.
import type { Migration } from "../migrations.ts";

export const passkeys: Migration = {
  name: "passkeys",
  sql: `
    CREATE TABLE passkey (
      id TEXT PRIMARY KEY,
      account TEXT NOT NULL,
      label TEXT NOT NULL,
      public_key BLOB NOT NULL,
      counter INTEGER NOT NULL,
      transports TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      used_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX passkey_account ON passkey (account);
  `,
};
