// What became of releases and names of agents is asked for by act: the audit of years is not read for it.
import type { Migration } from "../migrations.ts";

export const agentNews: Migration = {
  name: "agent-news",
  sql: `
    CREATE INDEX audit_of_agents ON audit (n)
      WHERE act IN ('agent-cloned', 'release-installed', 'release-rolled-back', 'release-refused');
  `,
};
