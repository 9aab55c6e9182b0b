// People's accounts, what they prove themselves with, and their sessions. Only hashes are kept of codes, cookies, passwords and
// recovery codes; a TOTP secret, which must be read again, is kept sealed (people's key: seal.ts). Hashes and sealed bytes in
// and out: nothing here knows a secret.
import { timingSafeEqual } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Misses } from "../people/lockout.ts";
import type { Account, AccountState, Accounts, Session } from "../people/records.ts";

/** An expired code is kept this long, so that its owner is told that it expired and not that it is wrong. */
const CODES_KEPT_MS = 3_600_000;

interface AccountRow {
  uid: string;
  name: string;
  display: string;
  roles: string;
  agencies: string;
  state: AccountState;
  subject: string | null;
  has_password: number;
  has_factor: number;
  created_at: number;
  changed_at: number;
}
const ACCOUNT = `SELECT uid, name, display, roles, agencies, state, subject, password IS NOT NULL AS has_password,
  totp_confirmed OR EXISTS (SELECT 1 FROM passkey WHERE passkey.account = account.uid) AS has_factor, created_at, changed_at FROM account`;
const SESSION = `SELECT id, account, method, address, created_at AS createdAt, proved_at AS provedAt,
  expires_at AS expiresAt FROM session`;

const accountOf = (r: AccountRow): Account => ({
  uid: r.uid,
  name: r.name,
  display: r.display,
  roles: JSON.parse(r.roles),
  agencies: JSON.parse(r.agencies),
  state: r.state,
  ...(r.subject === null ? {} : { subject: r.subject }),
  hasPassword: r.has_password === 1,
  hasSecondFactor: r.has_factor === 1,
  createdAt: r.created_at,
  changedAt: r.changed_at,
});

export function accountsOf(db: DatabaseSync): Accounts {
  return { ...codesOf(db), ...sessionsOf(db), ...peopleOf(db), ...secretsOf(db) };
}

function codesOf(db: DatabaseSync): Pick<Accounts, "saveCode" | "useCode" | "prune"> {
  const insert = db.prepare("INSERT INTO signin_code (hash, account, expires_at) VALUES (?, ?, ?)");
  const selectAll = db.prepare("SELECT hash, account, expires_at FROM signin_code");
  const remove = db.prepare("DELETE FROM signin_code WHERE hash = ?");
  const pruneCodes = db.prepare("DELETE FROM signin_code WHERE expires_at <= ?");
  const pruneSessions = db.prepare("DELETE FROM session WHERE expires_at <= ?");
  return {
    saveCode(hash, account, expiresAt) {
      insert.run(hash, account, expiresAt);
    },
    useCode(hash, now) {
      // Every code is compared, each in constant time: neither the index nor an early end tells how near a guess was.
      let found: { account: string; expires_at: number } | undefined;
      for (const row of selectAll.all() as unknown as { hash: Uint8Array; account: string; expires_at: number }[])
        if (row.hash.length === hash.length && timingSafeEqual(row.hash, hash)) found = row;
      if (!found || remove.run(hash).changes !== 1) return undefined;
      return now < found.expires_at ? { account: found.account } : "expired";
    },
    prune(now) {
      pruneCodes.run(now - CODES_KEPT_MS);
      pruneSessions.run(now);
    },
  };
}

type SessionPart = "saveSession" | "session" | "proved" | "endSession" | "sessions" | "revoke";
function sessionsOf(db: DatabaseSync): Pick<Accounts, SessionPart> {
  const insert = db.prepare(
    `INSERT INTO session (hash, id, account, method, address, created_at, proved_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const selectOne = db.prepare(`${SESSION} WHERE hash = ? AND expires_at > ?`);
  const selectAll = db.prepare(`${SESSION} WHERE expires_at > ? ORDER BY created_at DESC`);
  const prove = db.prepare("UPDATE session SET proved_at = ? WHERE hash = ?");
  const remove = db.prepare("DELETE FROM session WHERE hash = ?");
  const removeById = db.prepare("DELETE FROM session WHERE id = ?");
  const removeByAccount = db.prepare("DELETE FROM session WHERE account = ?");
  return {
    saveSession(hash, s) {
      insert.run(hash, s.id, s.account, s.method, s.address, s.createdAt, s.provedAt, s.expiresAt);
    },
    session: (hash, now) => selectOne.get(hash, now) as Session | undefined,
    proved(hash, now) {
      prove.run(now, hash);
    },
    endSession(hash) {
      remove.run(hash);
    },
    sessions: (now, account) =>
      (selectAll.all(now) as unknown as Session[]).filter((s) => account === undefined || s.account === account),
    revoke: (which) => Number(("id" in which ? removeById.run(which.id) : removeByAccount.run(which.account)).changes),
  };
}

function peopleOf(db: DatabaseSync): Pick<Accounts, "count" | "list" | "byName" | "bySubject" | "save"> {
  const count = db.prepare("SELECT count(*) AS n FROM account");
  const selectAll = db.prepare(`${ACCOUNT} ORDER BY name`);
  const selectName = db.prepare(`${ACCOUNT} WHERE name = ?`);
  const selectSubject = db.prepare(`${ACCOUNT} WHERE subject = ?`);
  const upsert = db.prepare(
    `INSERT INTO account (uid, name, display, roles, agencies, state, subject, created_at, changed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (uid) DO UPDATE SET display = excluded.display, roles = excluded.roles, agencies = excluded.agencies,
       state = excluded.state, subject = excluded.subject, changed_at = excluded.changed_at`,
  );
  const one = (row: unknown) => (row === undefined ? undefined : accountOf(row as AccountRow));
  return {
    count: () => (count.get() as { n: number }).n,
    list: () => (selectAll.all() as unknown as AccountRow[]).map(accountOf),
    byName: (name) => one(selectName.get(name)),
    bySubject: (subject) => one(selectSubject.get(subject)),
    save(a) {
      const [roles, agencies] = [JSON.stringify(a.roles), JSON.stringify(a.agencies)];
      upsert.run(a.uid, a.name, a.display, roles, agencies, a.state, a.subject ?? null, a.createdAt, a.changedAt);
    },
  };
}

type SecretPart =
  | "secrets"
  | "setPassword"
  | "setTotp"
  | "takeStep"
  | "setRecovery"
  | "useRecovery"
  | "misses"
  | "setMisses";
function secretsOf(db: DatabaseSync): Pick<Accounts, SecretPart> {
  const select = db.prepare("SELECT password, totp, totp_confirmed, totp_step FROM account WHERE uid = ?");
  const password = db.prepare("UPDATE account SET password = ? WHERE uid = ?");
  const totp = db.prepare("UPDATE account SET totp = ?, totp_confirmed = 0, totp_step = 0 WHERE uid = ?");
  const step = db.prepare("UPDATE account SET totp_step = ?, totp_confirmed = 1 WHERE uid = ? AND totp_step < ?");
  const dropRecovery = db.prepare("DELETE FROM recovery_code WHERE account = ?");
  const addRecovery = db.prepare("INSERT INTO recovery_code (hash, account) VALUES (?, ?)");
  const useRecovery = db.prepare("DELETE FROM recovery_code WHERE hash = ? AND account = ?");
  const misses = db.prepare(
    "SELECT wrong, wrong_at AS wrongAt, locked_until AS lockedUntil FROM account WHERE uid = ?",
  );
  const setMisses = db.prepare("UPDATE account SET wrong = ?, wrong_at = ?, locked_until = ? WHERE uid = ?");
  return {
    secrets(uid) {
      const row = select.get(uid) as
        | { password: string | null; totp: Uint8Array | null; totp_confirmed: number; totp_step: number }
        | undefined;
      return {
        ...(row?.password ? { password: row.password } : {}),
        ...(row?.totp ? { totp: row.totp } : {}),
        totpConfirmed: row?.totp_confirmed === 1,
        totpStep: row?.totp_step ?? 0,
      };
    },
    setPassword(uid, hash) {
      password.run(hash, uid);
    },
    setTotp(uid, sealed) {
      totp.run(sealed ?? null, uid);
      dropRecovery.run(uid);
    },
    takeStep: (uid, at) => step.run(at, uid, at).changes === 1,
    setRecovery(uid, hashes) {
      dropRecovery.run(uid);
      for (const hash of hashes) addRecovery.run(hash, uid);
    },
    useRecovery: (uid, hash) => useRecovery.run(hash, uid).changes === 1,
    misses: (uid) => (misses.get(uid) as Misses | undefined) ?? { wrong: 0, wrongAt: 0, lockedUntil: 0 },
    setMisses(uid, m) {
      setMisses.run(m.wrong, m.wrongAt, m.lockedUntil, uid);
    },
  };
}
