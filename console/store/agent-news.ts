// What the audit says of agents' software: releases that were installed, taken back or refused, and names that two went by.
import type { DatabaseSync } from "node:sqlite";

import { AGENT_ACTS, type AgentAct, type AgentNews, type OfferedRelease } from "../../protocol/software.ts";

export interface AgentNewsBook {
  /** The newest first. */
  newest(limit: number): AgentNews[];
  /** How many agents told each end of a release; of one that told several, the last counts. */
  endsOf(serial: number): Pick<OfferedRelease, "installed" | "rolledBack" | "refused">;
}

/** The same words as the index's own (migrations/agent-news.ts): SQLite takes it for no others. */
const OF_AGENTS = `act IN (${AGENT_ACTS.map((a) => `'${a}'`).join(", ")})`;

export function agentNewsOf(db: DatabaseSync): AgentNewsBook {
  const newest = db.prepare(
    `SELECT at, subject AS agent, act, detail FROM audit WHERE ${OF_AGENTS} ORDER BY n DESC LIMIT ?`,
  );
  const ends = db.prepare(
    `SELECT act, count(*) AS agents FROM (
       SELECT act, max(n) FROM audit WHERE ${OF_AGENTS} AND json_extract(detail, '$.serial') = ? GROUP BY subject
     ) GROUP BY act`,
  );
  return {
    newest: (limit) =>
      (newest.all(limit) as unknown as (Omit<AgentNews, "detail"> & { detail: string })[]).map((row) => ({
        ...row,
        detail: JSON.parse(row.detail) as Record<string, string>,
      })),
    endsOf(serial) {
      const told = new Map(
        (ends.all(String(serial)) as unknown as { act: AgentAct; agents: number }[]).map((r) => [r.act, r.agents]),
      );
      return {
        installed: told.get("release-installed") ?? 0,
        rolledBack: told.get("release-rolled-back") ?? 0,
        refused: told.get("release-refused") ?? 0,
      };
    },
  };
}
