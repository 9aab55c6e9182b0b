// What grows of an incident, its evidence and its history, as rows of their own: what a commit adds is one more row, and not the whole
// incident anew. Rows whose entries still stand, in their order, stay; one of which only the end still stands is written again without
// its beginning; what is new is appended as one row.
import type { DatabaseSync } from "node:sqlite";
import type { Incident } from "../../protocol/incident.ts";

const KINDS = ["evidence", "history"] as const;
type Kind = (typeof KINDS)[number];
interface Kept {
  i: number;
  entries: readonly object[];
}

export interface IncidentParts {
  /** The incident without its parts, as JSON. */
  headOf(incident: Incident): string;
  save(incident: Incident): void;
  /** An incident whose head that is, whole. */
  whole(head: string): Incident;
  /** After a rollback: what is remembered may not be what is kept. */
  forget(): void;
}

/** Incidents whose rows are remembered, so that they need not be read to be compared. */
const MOST_KNOWN = 2_000;

export function incidentPartsOf(db: DatabaseSync): IncidentParts {
  const select = db.prepare("SELECT i, json FROM incident_part WHERE incident = ? AND kind = ? ORDER BY i");
  const insert = db.prepare("INSERT INTO incident_part (incident, kind, i, json) VALUES (?, ?, ?, ?)");
  const update = db.prepare("UPDATE incident_part SET json = ? WHERE incident = ? AND kind = ? AND i = ?");
  const remove = db.prepare("DELETE FROM incident_part WHERE incident = ? AND kind = ? AND i = ?");
  const known = new Map<string, Kept[]>();
  const rowsOf = (id: string, kind: Kind): { i: number; json: string }[] =>
    select.all(id, kind) as unknown as { i: number; json: string }[];
  const keptOf = (id: string, kind: Kind): Kept[] =>
    rowsOf(id, kind).map(({ i, json }) => ({ i, entries: entriesOf(json) }));
  const remember = (key: string, rows: Kept[]): void => {
    known.delete(key);
    known.set(key, rows);
    if (known.size > MOST_KNOWN) known.delete(known.keys().next().value!);
  };
  const saveKind = (id: string, kind: Kind, wanted: readonly object[]): void => {
    const key = `${kind} ${id}`;
    const before = known.get(key) ?? keptOf(id, kind);
    const rows: Kept[] = [];
    let done = 0;
    for (const row of before) {
      const from = standingFrom(row.entries, wanted, done);
      const count = row.entries.length - from;
      if (count === 0) remove.run(id, kind, row.i);
      else {
        // The same entries as the incident holds now, so that the next look finds them by what they are.
        const entries = wanted.slice(done, done + count);
        if (from > 0) update.run(JSON.stringify(entries), id, kind, row.i);
        rows.push({ i: row.i, entries });
        done += count;
      }
    }
    if (done < wanted.length) {
      const row = { i: (before.at(-1)?.i ?? 0) + 1, entries: wanted.slice(done) };
      insert.run(id, kind, row.i, JSON.stringify(row.entries));
      rows.push(row);
    }
    remember(key, rows);
  };
  return {
    headOf: (incident) => JSON.stringify({ ...incident, evidence: [], history: [] }),
    save(incident) {
      for (const kind of KINDS) saveKind(incident.id, kind, incident[kind]);
    },
    whole(head) {
      const incident = JSON.parse(head) as Incident;
      const read = (kind: Kind) => rowsOf(incident.id, kind).flatMap((r) => entriesOf(r.json)) as never[];
      incident.evidence = read("evidence");
      incident.history = read("history");
      return incident;
    },
    forget: () => known.clear(),
  };
}

/** A row from before rows held several entries holds one. */
function entriesOf(json: string): object[] {
  const value: unknown = JSON.parse(json);
  return (Array.isArray(value) ? value : [value]) as object[];
}

/** Entries are never changed in place: it is the same object, or was read again from the record. */
const isSame = (a: object, b: object | undefined): boolean =>
  a === b || (b !== undefined && JSON.stringify(a) === JSON.stringify(b));

/** From which of a row's entries on the rest of it is what is wanted from `done` on; its length for none. */
function standingFrom(entries: readonly object[], wanted: readonly object[], done: number): number {
  const known = entries.indexOf(wanted[done]!);
  const from = known >= 0 ? known : entries.findIndex((entry) => isSame(entry, wanted[done]));
  if (from < 0) return entries.length;
  for (let k = from; k < entries.length; k++) if (!isSame(entries[k]!, wanted[done + k - from])) return entries.length;
  return from;
}
