// What is derived from the log behind the hot path: counts an hour, and texts to search. Both can be thrown away and made again.
import type { Migration } from "../migrations.ts";

export const history: Migration = {
  name: "history",
  sql: `
    CREATE TABLE history_cursor (one INTEGER PRIMARY KEY CHECK (one = 1), item INTEGER NOT NULL) STRICT;
    INSERT INTO history_cursor VALUES (1, 0);

    CREATE TABLE hour (
      hour INTEGER NOT NULL,
      agency TEXT NOT NULL,
      source TEXT NOT NULL,
      reports INTEGER NOT NULL,
      bad INTEGER NOT NULL,
      broken INTEGER NOT NULL,
      detections INTEGER NOT NULL,
      PRIMARY KEY (hour, agency, source)
    ) STRICT, WITHOUT ROWID;

    CREATE VIRTUAL TABLE item_text USING fts5 (
      folded, text UNINDEXED, agency UNINDEXED, agent UNINDEXED, target UNINDEXED, at UNINDEXED,
      tokenize = "unicode61 remove_diacritics 2"
    );
  `,
};
