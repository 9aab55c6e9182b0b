// The record as the rest of the console sees it: tables by purpose, one transaction at a time.
import { closeSync, fdatasync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Accounts, Audit, Idempotency, Passkeys, Tokens } from "../people/records.ts";
import { accountsOf } from "./accounts.ts";
import { type AgentNewsBook, agentNewsOf } from "./agent-news.ts";
import { auditOf } from "./audit.ts";
import { backUp, type Verified } from "./backup.ts";
import { type Cases, casesOf } from "./casework.ts";
import { concernsOf } from "./concerns.ts";
import { openDatabase } from "./database.ts";
import {
  type ContactTable,
  channelHealthOf,
  contactsOf,
  type DeliveryTable,
  deliveriesOf,
  type HealthTable,
} from "./deliveries.ts";
import { type Enrolments, enrolmentsOf } from "./enrolments.ts";
import { type History, historyOf } from "./history.ts";
import { idempotencyOf } from "./idempotency.ts";
import { incidentPartsOf } from "./incident-parts.ts";
import { type Incidents, incidentsOf } from "./incidents.ts";
import { type Items, itemsOf } from "./items.ts";
import { dayOf } from "./log.ts";
import { type Outbox, outboxOf } from "./outbox.ts";
import { passkeysOf } from "./passkeys.ts";
import { type PolicyVersions, policyVersionsOf } from "./policies.ts";
import { type Scoped, scopedOf } from "./scoped.ts";
import { type Silences, silencesOf } from "./silences.ts";
import { tokensOf } from "./tokens.ts";

export { isDiskFailure } from "./database.ts";
export type { Incidents, Items };

export interface Store {
  items: Items;
  incidents: Incidents;
  accounts: Accounts;
  audit: Audit;
  agentNews: AgentNewsBook;
  passkeys: Passkeys;
  tokens: Tokens;
  idempotency: Idempotency;
  scoped: Scoped;
  cases: Cases;
  silences: Silences;
  outbox: Outbox;
  enrolments: Enrolments;
  history: History;
  policies: PolicyVersions;
  deliveries: DeliveryTable;
  contacts: ContactTable;
  channelHealth: HealthTable;
  /** Runs `work` in one durable transaction: all of it is on the disk when this returns, or none and it throws. */
  transaction<T>(work: () => T): T;
  /** The same, but on the disk only once a later `sync` has resolved: one wait for the disk serves many of these. */
  unsynced<T>(work: () => T): T;
  /** Resolves when every transaction that ended before the call is on the disk. After a rejection the record cannot be trusted. */
  sync(): Promise<void>;
  /** Makes and verifies a copy beside the record, while it is in use (backup.ts). */
  backUp(at: number): Promise<Verified>;
  /** Drops the log's days that ended more than `days` days before `now`. Gives them. Call it outside transactions. */
  retain(now: number, days: number): string[];
  /** Bytes on the disk. */
  size(): number;
  close(): void;
}

/** Opens the record in `dataDir`. Throws Problem<StoreCode>. */
export function openStore(dataDir: string): Store {
  const db = openDatabase(dataDir);
  const size = (file: string) => statSync(join(dataDir, file), { throwIfNoEntry: false })?.size ?? 0;
  const items = itemsOf(db);
  const parts = incidentPartsOf(db);
  const concerns = concernsOf(db);
  const history = historyOf(db, items.after);
  let journal: number | undefined;
  const run = <T>(work: () => T): T => {
    db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors (full disk); then there is nothing left to roll back.
      if (db.isTransaction) db.exec("ROLLBACK");
      items.forget();
      parts.forget();
      concerns.forget();
      throw error;
    }
  };
  return {
    items,
    incidents: incidentsOf(db, parts, concerns),
    accounts: accountsOf(db),
    audit: auditOf(db),
    agentNews: agentNewsOf(db),
    passkeys: passkeysOf(db),
    tokens: tokensOf(db),
    idempotency: idempotencyOf(db),
    scoped: scopedOf(db, parts),
    cases: casesOf(db),
    silences: silencesOf(db),
    outbox: outboxOf(db),
    enrolments: enrolmentsOf(db),
    history,
    policies: policyVersionsOf(db),
    deliveries: deliveriesOf(db),
    contacts: contactsOf(db),
    channelHealth: channelHealthOf(db),
    transaction: run,
    unsynced(work) {
      // NORMAL leaves the journal's sync to us, and still syncs before a page is copied from it into the database.
      db.exec("PRAGMA synchronous = NORMAL");
      try {
        return run(work);
      } finally {
        db.exec("PRAGMA synchronous = FULL");
      }
    },
    sync: () =>
      new Promise((resolve, reject) => {
        journal ??= openSync(join(dataDir, "record.db-wal"), "r+");
        fdatasync(journal, (error) => (error ? reject(error) : resolve()));
      }),
    backUp: (at) => backUp(db, dataDir, at),
    retain(now, days) {
      const oldest = dayOf(now - days * 86_400_000);
      const dropped = items.days().filter((day) => day < oldest && run(() => items.dropDay(day)));
      const [first] = dropped.length > 0 ? items.after(0, 1) : [];
      if (first) run(() => history.dropTexts(first.id));
      return dropped;
    },
    size: () => size("record.db") + size("record.db-wal"),
    close: () => {
      if (journal !== undefined) closeSync(journal);
      journal = undefined;
      db.close();
    },
  };
}
