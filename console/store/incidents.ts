// Incidents as they stand: a head as JSON with the columns that lists ask for, and what grows of it beside (incident-parts.ts).
import type { DatabaseSync } from "node:sqlite";
import type { Incident } from "../../protocol/incident.ts";
import type { Concerns } from "./concerns.ts";
import type { IncidentParts } from "./incident-parts.ts";

export interface Incidents {
  /** Keeps the whole new state of an incident. */
  save(incident: Incident, at: number): void;
  get(id: string): Incident | undefined;
  /** Every incident that no person has closed, oldest first. */
  unclosed(): Incident[];
  /** The `limit` newest, whatever their state, newest first. */
  newest(limit: number): Incident[];
  countByState(): Record<string, number>;
}

export function incidentsOf(db: DatabaseSync, parts: IncidentParts, concerns: Concerns): Incidents {
  const upsert = db.prepare(
    `INSERT INTO incident (id, state, class, severity, asset, opened_at, changed_at, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, class = excluded.class, severity = excluded.severity,
       asset = excluded.asset, opened_at = excluded.opened_at, changed_at = excluded.changed_at, json = excluded.json`,
  );
  const selectOne = db.prepare("SELECT json FROM incident WHERE id = ?");
  const selectUnclosed = db.prepare(
    "SELECT json FROM incident WHERE state IN ('new', 'acknowledged', 'investigating', 'contained', 'recovered') ORDER BY n",
  );
  const selectNewest = db.prepare("SELECT json FROM incident ORDER BY n DESC LIMIT ?");
  const countStates = db.prepare("SELECT state, count(*) AS n FROM incident GROUP BY state");
  const parse = (rows: unknown) => (rows as { json: string }[]).map((r) => parts.whole(r.json));
  return {
    save(i, at) {
      const { head, write } = parts.planned(i);
      upsert.run(i.id, i.state, i.class, i.severity, i.cause.asset, i.openedAt, at, head);
      write();
      concerns.save(i);
    },
    get: (id) => {
      const row = selectOne.get(id) as { json: string } | undefined;
      return row && parts.whole(row.json);
    },
    unclosed: () => parse(selectUnclosed.all()),
    newest: (limit) => parse(selectNewest.all(limit)),
    countByState: () =>
      Object.fromEntries((countStates.all() as { state: string; n: number }[]).map((r) => [r.state, r.n])),
  };
}
