// What grows of an incident, its evidence and its history. Its end stands in the incident's head, which every commit writes; what has grown
// old there moves into rows of its own, so that a commit does not write the whole incident anew. Rows whose entries still stand, in their
// order, stay; one of which some have left is written again without them.
import type { DatabaseSync } from "node:sqlite";
import type { Incident } from "../../protocol/incident.ts";

const KINDS = ["evidence", "history"] as const;
type Kind = (typeof KINDS)[number];
interface Kept {
  i: number;
  entries: readonly object[];
}

export interface IncidentParts {
  /** The head as JSON, and what writes the rows beside it: after the head, since rows name it. */
  planned(incident: Incident): { head: string; write(): void };
  /** An incident whose head that is, whole. */
  whole(head: string): Incident;
  /** After a rollback: what is remembered may not be what is kept. */
  forget(): void;
}

/** Incidents whose rows are remembered, so that they need not be read to be compared. */
const MOST_KNOWN = 2_000;
/** Entries of a row: it is written again when one of them leaves. */
const MOST_IN_ROW = 32;
/** Entries in the head: with more, all but the newest move out. What changes again soon is among those. */
const IN_HEAD = { most: 24, left: 8 };

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
  /** Entries for the head, and how the rows become what stands before them. */
  const plannedKind = (id: string, kind: Kind, wanted: readonly object[]) => {
    const key = `${kind} ${id}`;
    const before = known.get(key) ?? keptOf(id, kind);
    const rows: Kept[] = [];
    const writes: (() => void)[] = [];
    let done = 0;
    for (const { i, entries } of before) {
      // The same objects as the incident holds now, so that the next look finds them by what they are.
      const standing: object[] = [];
      for (const entry of entries) if (isSame(entry, wanted[done])) standing.push(wanted[done++]!);
      if (standing.length === 0) writes.push(() => remove.run(id, kind, i));
      else {
        if (standing.length < entries.length) writes.push(() => update.run(JSON.stringify(standing), id, kind, i));
        rows.push({ i, entries: standing });
      }
    }
    const moving = wanted.length - done > IN_HEAD.most ? wanted.length - IN_HEAD.left : done;
    for (let i = (before.at(-1)?.i ?? 0) + 1; done < moving; i++) {
      const entries = wanted.slice(done, Math.min(done + MOST_IN_ROW, moving));
      writes.push(() => insert.run(id, kind, i, JSON.stringify(entries)));
      rows.push({ i, entries });
      done += entries.length;
    }
    const write = () => {
      for (const one of writes) one();
      remember(key, rows);
    };
    return { inHead: wanted.slice(done), write };
  };
  return {
    planned(incident) {
      const [evidence, history] = KINDS.map((kind) => plannedKind(incident.id, kind, incident[kind]));
      return {
        head: JSON.stringify({ ...incident, evidence: evidence!.inHead, history: history!.inHead }),
        write() {
          evidence!.write();
          history!.write();
        },
      };
    },
    whole(head) {
      const incident = JSON.parse(head) as Incident;
      const read = (kind: Kind) => rowsOf(incident.id, kind).flatMap((r) => entriesOf(r.json)) as never[];
      incident.evidence = [...read("evidence"), ...incident.evidence];
      incident.history = [...read("history"), ...incident.history];
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
