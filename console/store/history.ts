// Counts an hour and a text index, made from the log after it was written: nothing here stands between an item and its ack. Rules:
// - What was taken in and how far it reaches change in one transaction, so nothing counts twice or never.
// - Only what is wrong has a text: a healthy report is counted, and no more.
// - Hours outlive the log's days; texts leave with them.
import type { DatabaseSync } from "node:sqlite";
import type { Item } from "../../protocol/finding.ts";
import type { Scope } from "../people/scope.ts";
import type { LogEntry } from "./log.ts";

export interface Hour {
  /** Begin of the hour, ms since 1970. */
  at: number;
  agency: string;
  /** A check's or a detector's name. */
  source: string;
  reports: number;
  /** Reports with findings, and runs that broke or were skipped. */
  bad: number;
  broken: number;
  detections: number;
}

export interface Found {
  /** The item's number in the log. */
  id: number;
  at: number;
  agency: string;
  agent: string;
  target: string;
  /** What was said, its beginning. */
  text: string;
}

export interface History {
  /** Takes in up to `items` of the log. Gives how many there were. Runs inside a transaction. */
  catchUp(items: number, agencyOf: (agent: string, target: string) => string | undefined): number;
  /** The last item of the log that is taken in. */
  upTo(): number;
  hours(scope: Scope, fromAt: number, toAt: number): Hour[];
  /** Newest first, below item `before`. Every word has to be there; the last may be the beginning of one; marks do not matter. */
  search(scope: Scope, words: string, before: number | undefined, limit: number): Found[];
  /** Texts of items below `id` leave. Runs inside a transaction. */
  dropTexts(id: number): void;
  /** Begins anew with what the log has: all texts, and the hours that it has from their beginning. Runs inside a transaction. */
  startAnew(): void;
}

export const HOUR_MS = 3_600_000;
const MOST_HOURS = 20_000;
const MOST_SHOWN = 500;

export function historyOf(db: DatabaseSync, after: (id: number, limit: number) => LogEntry[]): History {
  const selectCursor = db.prepare("SELECT item FROM history_cursor");
  const saveCursor = db.prepare("UPDATE history_cursor SET item = ?");
  const count = db.prepare(
    `INSERT INTO hour VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET reports = reports + excluded.reports,
       bad = bad + excluded.bad, broken = broken + excluded.broken, detections = detections + excluded.detections`,
  );
  const insertText = db.prepare(
    "INSERT INTO item_text (rowid, folded, text, agency, agent, target, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const IN_SCOPE = "(?1 IS NULL OR agency IN (SELECT value FROM json_each(?1)))";
  const selectHours = db.prepare(
    `SELECT hour, agency, source, reports, bad, broken, detections FROM hour
     WHERE ${IN_SCOPE} AND hour >= ?2 AND hour < ?3 ORDER BY hour DESC, agency, source LIMIT ${MOST_HOURS}`,
  );
  const selectTexts = db.prepare(
    `SELECT rowid AS id, at, agency, agent, target, substr(text, 1, ${MOST_SHOWN}) AS text FROM item_text
     WHERE item_text MATCH ?2 AND rowid < ?3 AND ${IN_SCOPE} ORDER BY rowid DESC LIMIT ?4`,
  );
  const dropTexts = db.prepare("DELETE FROM item_text WHERE rowid < ?");
  const dropHours = db.prepare("DELETE FROM hour WHERE hour >= ?");
  const listOf = (scope: Scope) => (scope === undefined ? null : JSON.stringify([...scope]));
  const upTo = () => (selectCursor.get() as { item: number }).item;

  return {
    upTo,
    catchUp(items, agencyOf) {
      const entries = after(upTo(), items);
      const hours = new Map<string, Hour>();
      for (const { id, receivedAt, agent, item } of entries) {
        const agency = agencyOf(agent, item.target);
        if (agency === undefined) continue;
        add(hours, agency, receivedAt, item);
        const text = textOf(item);
        if (text !== undefined) insertText.run(id, folded(text), text, agency, agent, item.target, receivedAt);
      }
      for (const h of hours.values()) count.run(h.at, h.agency, h.source, h.reports, h.bad, h.broken, h.detections);
      if (entries.length > 0) saveCursor.run(entries.at(-1)!.id);
      return entries.length;
    },
    hours: (scope, fromAt, toAt) =>
      (selectHours.all(listOf(scope), fromAt, toAt) as unknown as (Omit<Hour, "at"> & { hour: number })[]).map(
        ({ hour, ...rest }) => ({ at: hour, ...rest }),
      ),
    search(scope, words, before, limit) {
      const match = matchOf(words);
      if (match === undefined) return [];
      return selectTexts.all(listOf(scope), match, before ?? Number.MAX_SAFE_INTEGER, limit) as unknown as Found[];
    },
    dropTexts(id) {
      dropTexts.run(id);
    },
    startAnew() {
      db.exec("DELETE FROM item_text");
      // Where days have left the log, its first item is not the first of its hour: that hour, and those before, keep what was counted.
      const [first] = after(0, 1);
      const whole = first === undefined || first.id === 1;
      const from = whole ? 0 : (Math.floor(first.receivedAt / HOUR_MS) + 1) * HOUR_MS;
      dropHours.run(from);
      saveCursor.run(idBefore(after, from));
    },
  };
}

const PAGE = 1_000;

/** The id of the last item that was received before `at`; 0 for none. */
function idBefore(after: (id: number, limit: number) => LogEntry[], at: number): number {
  if (at === 0) return 0;
  for (let last = 0; ; ) {
    const page = after(last, PAGE);
    const later = page.find((e) => e.receivedAt >= at);
    if (later) return later.id - 1;
    if (page.length === 0) return last;
    last = page.at(-1)!.id;
  }
}

function add(hours: Map<string, Hour>, agency: string, receivedAt: number, item: Item): void {
  const at = Math.floor(receivedAt / HOUR_MS) * HOUR_MS;
  const source = item.type === "report" ? item.check : item.detector;
  const key = `${at} ${agency} ${source}`;
  const hour = hours.get(key) ?? { at, agency, source, reports: 0, bad: 0, broken: 0, detections: 0 };
  hours.set(key, hour);
  if (item.type === "detection") hour.detections += 1;
  else {
    hour.reports += 1;
    if (item.outcome !== "ran") hour.broken += 1;
    else if (item.findings.length > 0) hour.bad += 1;
  }
}

/** The words that an item is found by; undefined for one of which nothing is wrong. */
function textOf(item: Item): string | undefined {
  if (item.type === "detection")
    return [item.class, item.actor, item.target, ...(item.attack ?? []), ...wordsOf(item.evidence)].join(" ");
  if (item.outcome === "skipped") return undefined;
  if (item.outcome === "broke") return `${item.check} ${item.target} ${item.error}`;
  if (item.findings.length === 0) return undefined;
  const said = item.findings.flatMap((f) => [f.tag, f.subject, ...wordsOf(f.evidence)]);
  return [item.check, item.target, ...said].join(" ");
}

const wordsOf = (evidence: Record<string, unknown>): string[] => Object.values(evidence).flat().map(String);

/** The one Vietnamese letter whose mark is no mark to Unicode: SQLite's tokenizer takes off the others. */
const folded = (text: string): string => text.replaceAll("đ", "d").replaceAll("Đ", "D");

/** Words as FTS5 takes them, each in quotes, so that nothing in them is an operator. */
function matchOf(words: string): string | undefined {
  const quoted = folded(words)
    .split(/\s+/)
    .filter((w) => /[\p{L}\p{N}]/u.test(w))
    .map((w) => `"${w.replaceAll('"', '""')}"`);
  return quoted.length === 0 ? undefined : `${quoted.join(" ")}*`;
}
