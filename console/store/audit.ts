// Who did what with a privilege, and who looked at whose data: append-only and hash-chained (people/audit-chain.ts). Personal
// data stands in a table beside it. All writes are meant to run inside a transaction of store.ts.
import { randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { type ChainEntry, commitmentOf, GENESIS, hashOf } from "../people/audit-chain.ts";
import type { Audit, AuditEntry, KeptEntry } from "../people/records.ts";

interface Row extends Omit<ChainEntry, "detail"> {
  detail: string;
  salt: string | null;
  json: string | null;
}

const COLUMNS = `a.n, a.at, a.actor, a.act, a.subject, a.detail, a.personal, a.previous, a.hash, p.salt, p.json
  FROM audit a LEFT JOIN audit_personal p ON p.n = a.n`;
const AT_A_TIME = 500;

export function auditOf(db: DatabaseSync): Audit {
  const insert = db.prepare(
    `INSERT INTO audit (n, at, actor, act, subject, detail, personal, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertPersonal = db.prepare("INSERT INTO audit_personal (n, salt, json) VALUES (?, ?, ?)");
  const selectHead = db.prepare("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1");
  const selectUid = db.prepare("SELECT uid FROM account WHERE name = ?");
  const selectBefore = db.prepare(`SELECT ${COLUMNS} WHERE a.n < ? ORDER BY a.n DESC LIMIT ?`);
  const selectAfter = db.prepare(`SELECT ${COLUMNS} WHERE a.n > ? ORDER BY a.n LIMIT ?`);
  const erase = db.prepare(
    "DELETE FROM audit_personal WHERE n IN (SELECT n FROM audit WHERE actor = ? OR subject = ?)",
  );

  const head = () => (selectHead.get() as { n: number; hash: string } | undefined) ?? { n: 0, hash: GENESIS };
  const actorOf = (account: string): string => (selectUid.get(account) as { uid: string } | undefined)?.uid ?? account;

  const write = (e: AuditEntry): void => {
    const { n, hash: previous } = head();
    const personal = e.personal && { salt: randomBytes(16).toString("hex"), data: e.personal };
    const entry = {
      n: n + 1,
      at: e.at,
      actor: actorOf(e.account),
      act: e.act,
      subject: e.subject,
      detail: e.detail,
      personal: commitmentOf(personal),
      previous,
    };
    const detail = JSON.stringify(entry.detail);
    insert.run(
      entry.n,
      entry.at,
      entry.actor,
      entry.act,
      entry.subject,
      detail,
      entry.personal,
      previous,
      hashOf(entry),
    );
    if (personal) insertPersonal.run(entry.n, personal.salt, JSON.stringify(personal.data));
  };
  adoptOld(db, write);

  return {
    write,
    page: (before, limit) => rows(selectBefore.all(before ?? Number.MAX_SAFE_INTEGER, limit)),
    *all() {
      for (let last = 0; ; ) {
        const some = rows(selectAfter.all(last, AT_A_TIME));
        yield* some;
        if (some.length < AT_A_TIME) return;
        last = some.at(-1)!.entry.n;
      }
    },
    erasePersonal: (uid) => Number(erase.run(uid, uid).changes),
    head,
  };
}

const rows = (found: unknown): KeptEntry[] =>
  (found as Row[]).map(({ salt, json, detail, ...entry }) => ({
    entry: { ...entry, detail: JSON.parse(detail) },
    personal:
      salt !== null && json !== null ? { salt, data: JSON.parse(json) } : entry.personal === "" ? undefined : null,
  }));

/** Entries from before there was a chain enter it once, in their order; from here on they cannot be changed unseen. */
function adoptOld(db: DatabaseSync, write: (entry: AuditEntry) => void): void {
  const old = db.prepare("SELECT at, account, act, subject, detail FROM audit_before_chain ORDER BY id").all();
  if (old.length === 0) return;
  db.exec("BEGIN IMMEDIATE");
  for (const { detail, ...row } of old as unknown as (AuditEntry & { detail: string })[])
    write({ ...row, detail: { adopted: "yes" }, personal: JSON.parse(detail) });
  db.exec("DELETE FROM audit_before_chain; COMMIT");
}
