// What grows of an incident, its evidence and its history, as rows of their own: one more detection costs one more row, and not the
// whole incident anew. Rows are compared by their text; those that are the same stay, in their order, and the rest is appended.
import type { DatabaseSync } from "node:sqlite";
import type { Incident } from "../../protocol/incident.ts";

const KINDS = ["evidence", "history"] as const;
type Kind = (typeof KINDS)[number];
interface Kept {
  i: number;
  text: string;
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
  const select = db.prepare("SELECT i, json AS text FROM incident_part WHERE incident = ? AND kind = ? ORDER BY i");
  const insert = db.prepare("INSERT INTO incident_part (incident, kind, i, json) VALUES (?, ?, ?, ?)");
  const remove = db.prepare("DELETE FROM incident_part WHERE incident = ? AND kind = ? AND i = ?");
  const known = new Map<string, Kept[]>();
  // Entries are never changed in place: each is made into text once.
  const texts = new WeakMap<object, string>();

  const textOf = (entry: object): string => {
    const text = texts.get(entry) ?? JSON.stringify(entry);
    texts.set(entry, text);
    return text;
  };
  const rowsOf = (id: string, kind: Kind): Kept[] => select.all(id, kind) as unknown as Kept[];
  const remember = (key: string, rows: Kept[]): void => {
    known.delete(key);
    known.set(key, rows);
    if (known.size > MOST_KNOWN) known.delete(known.keys().next().value!);
  };
  const saveKind = (id: string, kind: Kind, entries: readonly object[]): void => {
    const key = `${kind} ${id}`;
    const before = known.get(key) ?? rowsOf(id, kind);
    const rows: Kept[] = [];
    for (const row of before) {
      const next = entries[rows.length];
      if (next !== undefined && textOf(next) === row.text) rows.push(row);
      else remove.run(id, kind, row.i);
    }
    let i = before.at(-1)?.i ?? 0;
    for (const entry of entries.slice(rows.length)) {
      const row = { i: ++i, text: textOf(entry) };
      insert.run(id, kind, row.i, row.text);
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
      const read = (kind: Kind) =>
        JSON.parse(
          `[${rowsOf(incident.id, kind)
            .map((r) => r.text)
            .join()}]`,
        );
      incident.evidence = read("evidence");
      incident.history = read("history");
      return incident;
    },
    forget: () => known.clear(),
  };
}
