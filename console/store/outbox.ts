// What people have to be told, each thing once: written in the commit that caused it, taken by the stage of notifications.
import type { DatabaseSync } from "node:sqlite";
import type { Intent } from "../../protocol/casework.ts";

export interface Outbox {
  /** Keeps an intent, unless its key is kept already. Says whether it was new. */
  add(intent: Intent): boolean;
  /** What nobody has taken yet, oldest first. Suppressed ones are not among them. */
  waiting(limit: number): (Intent & { id: number })[];
  taken(id: number, at: number): void;
  /** All intents of an incident, oldest first. */
  of(incident: string): Intent[];
}

export function outboxOf(db: DatabaseSync): Outbox {
  const insert = db.prepare(
    "INSERT INTO intent (key, at, incident, suppressed, json) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const selectWaiting = db.prepare(
    "SELECT id, json FROM intent WHERE taken_at IS NULL AND suppressed = 0 ORDER BY id LIMIT ?",
  );
  const take = db.prepare("UPDATE intent SET taken_at = ? WHERE id = ? AND taken_at IS NULL");
  const selectOf = db.prepare("SELECT json FROM intent WHERE incident = ? ORDER BY id");
  return {
    add: (i) =>
      insert.run(i.key, i.at, i.incident, i.suppressedBy === undefined ? 0 : 1, JSON.stringify(i)).changes === 1,
    waiting: (limit) =>
      (selectWaiting.all(limit) as { id: number; json: string }[]).map((r) => ({
        ...(JSON.parse(r.json) as Intent),
        id: r.id,
      })),
    taken(id, at) {
      take.run(at, id);
    },
    of: (incident) => (selectOf.all(incident) as { json: string }[]).map((r) => JSON.parse(r.json) as Intent),
  };
}
