// A row of an incident's parts holds what one commit added: several entries, as an array.
import type { Migration } from "../migrations.ts";

export const incidentPartRows: Migration = {
  name: "incident-part-rows",
  sql: `
    DROP TRIGGER incident_part_concerns;
    CREATE TRIGGER incident_part_concerns AFTER INSERT ON incident_part WHEN new.kind = 'evidence' BEGIN
      INSERT INTO incident_agency (agency, n)
        SELECT DISTINCT json_extract(entry.value, '$.agency'), incident.n FROM incident, json_each(new.json) AS entry
          WHERE incident.id = new.incident
        EXCEPT SELECT agency, n FROM incident_agency WHERE n = (SELECT n FROM incident WHERE id = new.incident);
    END;
  `,
};
