// One-time sign-in codes and sessions. Only hashes are kept: who reads the record can sign in as nobody.
import { timingSafeEqual } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";

export interface Session {
  account: string;
  createdAt: number;
  expiresAt: number;
}

export interface Accounts {
  saveCode(hash: Uint8Array, account: string, expiresAt: number): void;
  /** Takes the code out of the record, so that it works once. Gives its account; nothing for a code that never was. */
  useCode(hash: Uint8Array, now: number): { account: string } | "expired" | undefined;
  saveSession(hash: Uint8Array, session: Session): void;
  session(hash: Uint8Array, now: number): Session | undefined;
  endSession(hash: Uint8Array): void;
  /** Forgets what has expired. */
  prune(now: number): void;
}

/** An expired code is kept this long, so that its owner is told that it expired and not that it is wrong. */
const CODES_KEPT_MS = 3_600_000;

export function accountsOf(db: DatabaseSync): Accounts {
  const insertCode = db.prepare("INSERT INTO signin_code (hash, account, expires_at) VALUES (?, ?, ?)");
  const selectCodes = db.prepare("SELECT hash, account, expires_at FROM signin_code");
  const deleteCode = db.prepare("DELETE FROM signin_code WHERE hash = ?");
  const insertSession = db.prepare("INSERT INTO session (hash, account, created_at, expires_at) VALUES (?, ?, ?, ?)");
  const selectSession = db.prepare(
    "SELECT account, created_at, expires_at FROM session WHERE hash = ? AND expires_at > ?",
  );
  const deleteSession = db.prepare("DELETE FROM session WHERE hash = ?");
  const pruneCodes = db.prepare("DELETE FROM signin_code WHERE expires_at <= ?");
  const pruneSessions = db.prepare("DELETE FROM session WHERE expires_at <= ?");
  return {
    saveCode(hash, account, expiresAt) {
      insertCode.run(hash, account, expiresAt);
    },
    useCode(hash, now) {
      // Every code is compared, each in constant time: neither the index nor an early end tells how near a guess was.
      let found: { account: string; expires_at: number } | undefined;
      for (const row of selectCodes.all() as unknown as { hash: Uint8Array; account: string; expires_at: number }[])
        if (row.hash.length === hash.length && timingSafeEqual(row.hash, hash)) found = row;
      if (!found || deleteCode.run(hash).changes !== 1) return undefined;
      return now < found.expires_at ? { account: found.account } : "expired";
    },
    saveSession(hash, s) {
      insertSession.run(hash, s.account, s.createdAt, s.expiresAt);
    },
    session(hash, now) {
      const row = selectSession.get(hash, now) as
        | { account: string; created_at: number; expires_at: number }
        | undefined;
      return row && { account: row.account, createdAt: row.created_at, expiresAt: row.expires_at };
    },
    endSession(hash) {
      deleteSession.run(hash);
    },
    prune(now) {
      pruneCodes.run(now - CODES_KEPT_MS);
      pruneSessions.run(now);
    },
  };
}
