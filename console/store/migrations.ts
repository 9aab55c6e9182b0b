// The schema, forwards only. Each entry is one file with a name, and the record keeps the names of those that it has seen
// (table `migration`); so entries may be added side by side. Rules: an entry that has been shipped is never edited, renamed or
// moved up; new ones go to the end; it runs once, inside one transaction. The log has no secondary index: it is the hot path.
import type { DatabaseSync } from "node:sqlite";
import { agentNews } from "./migrations/agent-news.ts";
import { casework } from "./migrations/casework.ts";
import { enrolments } from "./migrations/enrolments.ts";
import { history } from "./migrations/history.ts";
import { incidentConcerns } from "./migrations/incident-concerns.ts";
import { incidentJoined } from "./migrations/incident-joined.ts";
import { incidentPartRows } from "./migrations/incident-part-rows.ts";
import { incidentParts } from "./migrations/incident-parts.ts";
import { lifecycle } from "./migrations/lifecycle.ts";
import { logByDay } from "./migrations/log-by-day.ts";
import { notifications } from "./migrations/notifications.ts";
import { passkeys } from "./migrations/passkeys.ts";
import { people } from "./migrations/people.ts";
import { spine } from "./migrations/spine.ts";

export interface Migration {
  name: string;
  sql?: string;
  /** What SQL alone cannot say. In the same transaction, after `sql`. */
  run?(db: DatabaseSync): void;
}

export const MIGRATIONS: readonly Migration[] = [
  spine,
  lifecycle,
  people,
  logByDay,
  casework,
  enrolments,
  incidentParts,
  history,
  notifications,
  incidentPartRows,
  passkeys,
  incidentJoined,
  agentNews,
  incidentConcerns,
];
