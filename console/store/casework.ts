// People's work on incidents as it stands, and its history, which is append-only.
import type { DatabaseSync } from "node:sqlite";
import type { CaseState, WorkEvent, WorkEventKind } from "../../protocol/casework.ts";

export interface Cases {
  get(incident: string): CaseState | undefined;
  save(incident: string, state: CaseState): void;
  addEvent(event: Omit<WorkEvent, "id">): void;
  /** The work's history of one incident, oldest first. */
  events(incident: string): WorkEvent[];
}

export function casesOf(db: DatabaseSync): Cases {
  const select = db.prepare("SELECT json FROM casework WHERE incident = ?");
  const upsert = db.prepare(
    "INSERT INTO casework (incident, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json",
  );
  const insert = db.prepare("INSERT INTO work_event (incident, at, account, kind, json) VALUES (?, ?, ?, ?, ?)");
  const selectEvents = db.prepare("SELECT id, at, account, kind, json FROM work_event WHERE incident = ? ORDER BY id");
  return {
    get: (incident) => {
      const row = select.get(incident) as { json: string } | undefined;
      return row && (JSON.parse(row.json) as CaseState);
    },
    save(incident, state) {
      upsert.run(incident, JSON.stringify(state));
    },
    addEvent(e) {
      insert.run(e.incident, e.at, e.by, e.kind, JSON.stringify(e.detail));
    },
    events: (incident) =>
      (selectEvents.all(incident) as { id: number; at: number; account: string; kind: string; json: string }[]).map(
        (r) => ({
          id: r.id,
          incident,
          at: r.at,
          by: r.account,
          kind: r.kind as WorkEventKind,
          detail: JSON.parse(r.json) as WorkEvent["detail"],
        }),
      ),
  };
}
