// Evidence and history of incidents become rows of their own; which agencies an incident concerns follows from each piece.
import type { Migration } from "../migrations.ts";

const MOVE = (kind: string) => `
  INSERT INTO incident_part (incident, kind, i, json)
    SELECT incident.id, '${kind}', part.key + 1, part.value FROM incident, json_each(incident.json, '$.${kind}') AS part;`;

export const incidentParts: Migration = {
  name: "incident-parts",
  sql: `
    CREATE TABLE incident_part (
      incident TEXT NOT NULL,
      kind TEXT NOT NULL,
      i INTEGER NOT NULL,
      json TEXT NOT NULL,
      PRIMARY KEY (incident, kind, i)
    ) STRICT, WITHOUT ROWID;
    ${MOVE("evidence")}
    ${MOVE("history")}
    UPDATE incident SET json = json_set(json, '$.evidence', json('[]'), '$.history', json('[]'));
    CREATE TRIGGER incident_part_concerns AFTER INSERT ON incident_part WHEN new.kind = 'evidence' BEGIN
      INSERT INTO incident_agency (agency, n)
        SELECT json_extract(new.json, '$.agency'), n FROM incident WHERE id = new.incident
        EXCEPT SELECT agency, n FROM incident_agency WHERE n = (SELECT n FROM incident WHERE id = new.incident);
    END;
  `,
};
