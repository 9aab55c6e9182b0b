// Silences and maintenance windows: all that ever were.
import type { DatabaseSync } from "node:sqlite";
import { endOfSilence, type Silence } from "../../protocol/silence.ts";

export interface Silences {
  save(silence: Silence): void;
  get(id: string): Silence | undefined;
  /** Those that have not ended by `at`. */
  unended(at: number): Silence[];
  newest(limit: number): Silence[];
  count(): number;
}

export function silencesOf(db: DatabaseSync): Silences {
  const upsert = db.prepare(
    `INSERT INTO silence (id, created_at, ends_at, json) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET ends_at = excluded.ends_at, json = excluded.json`,
  );
  const selectOne = db.prepare("SELECT json FROM silence WHERE id = ?");
  const selectUnended = db.prepare("SELECT json FROM silence WHERE ends_at > ? ORDER BY created_at, id");
  const selectNewest = db.prepare("SELECT json FROM silence ORDER BY created_at DESC, id DESC LIMIT ?");
  const countAll = db.prepare("SELECT count(*) AS n FROM silence");
  const parse = (rows: unknown) => (rows as { json: string }[]).map((r) => JSON.parse(r.json) as Silence);
  return {
    save(s) {
      upsert.run(s.id, s.createdAt, endOfSilence(s), JSON.stringify(s));
    },
    get: (id) => parse([selectOne.get(id)].filter((r) => r !== undefined))[0],
    unended: (at) => parse(selectUnended.all(at)),
    newest: (limit) => parse(selectNewest.all(limit)),
    count: () => (countAll.get() as { n: number }).n,
  };
}
