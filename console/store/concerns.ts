// Which agencies an incident concerns: whoever suffers from it or saw it. It stays: whoever was once shown an incident is also shown its
// end. Written with each incident, and only what is new (triggers over its JSON took most of the time of a busy commit).
import type { DatabaseSync } from "node:sqlite";
import type { Incident } from "../../protocol/incident.ts";

export interface Concerns {
  /** After the incident itself. */
  save(incident: Incident): void;
  /** After a rollback: what is remembered may not be what is kept. */
  forget(): void;
}

/** Incidents whose agencies are remembered, so that they need not be read to be compared. */
const MOST_KNOWN = 2_000;

export function concernsOf(db: DatabaseSync): Concerns {
  const select = db.prepare("SELECT agency FROM incident_agency WHERE n = (SELECT n FROM incident WHERE id = ?)");
  const insert = db.prepare("INSERT INTO incident_agency (agency, n) SELECT ?, n FROM incident WHERE id = ?");
  const known = new Map<string, Set<string>>();
  const read = (id: string) => new Set((select.all(id) as { agency: string }[]).map((r) => r.agency));
  return {
    save({ id, impact, evidence }) {
      const kept = known.get(id) ?? read(id);
      known.delete(id);
      known.set(id, kept);
      if (known.size > MOST_KNOWN) known.delete(known.keys().next().value!);
      const add = (agency: string) => {
        if (kept.has(agency)) return;
        insert.run(agency, id);
        kept.add(agency);
      };
      for (const agencies of [impact.lost, impact.degraded, impact.affected])
        for (const agency of agencies) add(agency);
      for (const piece of evidence) add(piece.agency);
    },
    forget: () => known.clear(),
  };
}
