// Incidents as one scope may ask for them: the limit stands in the query, so that what is outside it is never read. Which
// agencies an incident concerns is kept beside it (concerns.ts), and stays: whoever was once shown an incident is
// also shown its end.
import type { DatabaseSync } from "node:sqlite";
import type { Incident } from "../../protocol/incident.ts";
import type { Scope } from "../people/scope.ts";
import type { IncidentParts } from "./incident-parts.ts";

export interface Numbered {
  /** Grows with each incident: what a cursor holds. */
  n: number;
  incident: Incident;
}

export interface Scoped {
  /** Newest first, before number `before`; `open`: those only that no person has closed. */
  incidents(scope: Scope, before: number | undefined, limit: number, open: boolean): Numbered[];
  incident(scope: Scope, id: string): Incident | undefined;
  /** Whether the scope may know of it at all. */
  concerned(scope: Scope, id: string): boolean;
  /** When the first of these agencies got a part in it; undefined when that is not known, or for who sees everything. */
  joinedAt(scope: Scope, id: string): number | undefined;
}

const MINE = `i.n IN (SELECT n FROM incident_agency WHERE agency IN (SELECT value FROM json_each(?)))`;

export function scopedOf(db: DatabaseSync, parts: IncidentParts): Scoped {
  const page = (mine: string, open: string) =>
    db.prepare(`SELECT i.n, i.json FROM incident i WHERE ${mine} AND i.n < ? ${open} ORDER BY i.n DESC LIMIT ?`);
  const OPEN = "AND i.state <> 'closed'";
  const pages = {
    all: { any: page("? IS NULL", ""), open: page("? IS NULL", OPEN) },
    mine: { any: page(MINE, ""), open: page(MINE, OPEN) },
  };
  const selectAll = db.prepare("SELECT json FROM incident i WHERE id = ?");
  const selectMine = db.prepare(`SELECT json FROM incident i WHERE id = ? AND ${MINE}`);
  const selectJoined = db.prepare(
    `SELECT min(coalesce(since, 0)) AS at FROM incident_agency
     WHERE n = (SELECT n FROM incident WHERE id = ?) AND agency IN (SELECT value FROM json_each(?))`,
  );
  const listOf = (scope: Scope) => (scope === undefined ? null : JSON.stringify([...scope]));
  const one = (scope: Scope, id: string) =>
    (scope === undefined ? selectAll.get(id) : selectMine.get(id, listOf(scope))) as { json: string } | undefined;
  return {
    incidents(scope, before, limit, open) {
      const query = pages[scope === undefined ? "all" : "mine"][open ? "open" : "any"];
      const found = query.all(listOf(scope), before ?? Number.MAX_SAFE_INTEGER, limit);
      return (found as { n: number; json: string }[]).map((r) => ({ n: r.n, incident: parts.whole(r.json) }));
    },
    incident(scope, id) {
      const row = one(scope, id);
      return row && parts.whole(row.json);
    },
    concerned: (scope, id) => one(scope, id) !== undefined,
    joinedAt(scope, id) {
      if (scope === undefined) return undefined;
      const { at } = selectJoined.get(id, listOf(scope)) as { at: number | null };
      return at || undefined;
    },
  };
}
