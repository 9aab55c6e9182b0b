// Which agencies an incident concerns is written with it (store/concerns.ts), no longer by triggers over its JSON.
import type { Migration } from "../migrations.ts";

export const incidentConcerns: Migration = {
  name: "incident-concerns",
  sql: `
    DROP TRIGGER incident_concerns_new;
    DROP TRIGGER incident_concerns_more;
    DROP TRIGGER incident_part_concerns;
    CREATE INDEX incident_agency_by_incident ON incident_agency (n);
  `,
};
