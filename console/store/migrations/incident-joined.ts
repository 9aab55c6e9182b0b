// Since when an agency has a part in an incident: its people are told of nothing before. Unknown for what was kept before this.
import type { Migration } from "../migrations.ts";

export const incidentJoined: Migration = {
  name: "incident-joined",
  sql: `
    ALTER TABLE incident_agency ADD COLUMN since INTEGER;
    CREATE TRIGGER incident_agency_joins AFTER INSERT ON incident_agency BEGIN
      UPDATE incident_agency SET since = (SELECT changed_at FROM incident WHERE n = new.n)
        WHERE agency = new.agency AND n = new.n;
    END;
  `,
};
