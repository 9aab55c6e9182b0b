// What grows of an incident, its evidence and its history, as rows of their own: what a commit adds is one more row, and not the whole
// incident anew. Entries are compared by their text: rows whose entries still stand, in their order, stay; one of which only the end
// still stands is written again without its beginning; what is new is appended as one row.
import type { DatabaseSync } from "node:sqlite";
import type { Incident } from "../../protocol/incident.ts";

const KINDS = ["evidence", "history"] as const;
type Kind = (typeof KINDS)[number];
interface Kept {
  i: number;
  entries: string[];
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
  // Entries are never changed in place: each is made into text once.
  const texts = new WeakMap<object, string>();

  const textOf = (entry: object): string => {
    const text = texts.get(entry) ?? JSON.stringify(entry);
    texts.set(entry, text);
    return text;
  };
  const rowsOf = (id: string, kind: Kind): { i: number; json: string }[] =>
    select.all(id, kind) as unknown as { i: number; json: string }[];
  const keptOf = (id: string, kind: Kind): Kept[] =>
    rowsOf(id, kind).map(({ i, json }) => ({ i, entries: entriesOf(json).map((e) => JSON.stringify(e)) }));
  const remember = (key: string, rows: Kept[]): void => {
    known.delete(key);
    known.set(key, rows);
    if (known.size > MOST_KNOWN) known.delete(known.keys().next().value!);
  };
  const saveKind = (id: string, kind: Kind, entries: readonly object[]): void => {
    const key = `${kind} ${id}`;
    const before = known.get(key) ?? keptOf(id, kind);
    const wanted = entries.map(textOf);
    const rows: Kept[] = [];
    let done = 0;
    for (const row of before) {
      const stands = row.entries.slice(standingFrom(row.entries, wanted, done));
      if (stands.length === 0) remove.run(id, kind, row.i);
      else {
        if (stands.length < row.entries.length) update.run(jsonOf(stands), id, kind, row.i);
        rows.push({ i: row.i, entries: stands });
        done += stands.length;
      }
    }
    if (done < wanted.length) {
      const row = { i: (before.at(-1)?.i ?? 0) + 1, entries: wanted.slice(done) };
      insert.run(id, kind, row.i, jsonOf(row.entries));
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

const jsonOf = (entries: string[]): string => `[${entries.join()}]`;

/** A row from before rows held several entries holds one. */
function entriesOf(json: string): unknown[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value : [value];
}

/** From which of a row's entries on the rest of it is what is wanted from `done` on; its length for none. */
function standingFrom(entries: string[], wanted: string[], done: number): number {
  const from = entries.indexOf(wanted[done] ?? "");
  if (from < 0) return entries.length;
  return entries.slice(from).every((text, k) => text === wanted[done + k]) ? from : entries.length;
}
