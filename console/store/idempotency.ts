// Writes that a client may send again with the same key: the first is done and its answer kept; a second gets that answer.
import type { DatabaseSync } from "node:sqlite";
import type { Idempotency } from "../people/records.ts";

export function idempotencyOf(db: DatabaseSync): Idempotency {
  const select = db.prepare("SELECT request, status, body FROM idempotency WHERE account = ? AND key = ?");
  const insert = db.prepare("INSERT INTO idempotency (account, key, request, at) VALUES (?, ?, ?, ?)");
  const update = db.prepare("UPDATE idempotency SET status = ?, body = ? WHERE account = ? AND key = ?");
  const remove = db.prepare("DELETE FROM idempotency WHERE account = ? AND key = ?");
  const prune = db.prepare("DELETE FROM idempotency WHERE at < ?");
  return {
    get(account, key) {
      const row = select.get(account, key) as
        | { request: Uint8Array; status: number | null; body: string | null }
        | undefined;
      if (!row) return undefined;
      const done = row.status !== null && row.body !== null;
      return { request: row.request, ...(done ? { answer: { status: row.status!, body: row.body! } } : {}) };
    },
    begin(account, key, request, at) {
      insert.run(account, key, request, at);
    },
    end(account, key, status, body) {
      update.run(status, body, account, key);
    },
    forget(account, key) {
      remove.run(account, key);
    },
    prune(before) {
      prune.run(before);
    },
  };
}
