// API tokens: who they act for, how far, until when. Only the hash of the secret is kept.
import type { DatabaseSync } from "node:sqlite";
import type { Token, Tokens } from "../people/records.ts";

interface Row {
  id: string;
  hash: Uint8Array;
  account: string;
  label: string;
  roles: string;
  agencies: string;
  created_at: number;
  expires_at: number;
  used_at: number | null;
}

const tokenOf = (r: Row): Token => ({
  id: r.id,
  account: r.account,
  label: r.label,
  roles: JSON.parse(r.roles),
  agencies: JSON.parse(r.agencies),
  createdAt: r.created_at,
  expiresAt: r.expires_at,
  ...(r.used_at === null ? {} : { usedAt: r.used_at }),
});

export function tokensOf(db: DatabaseSync): Tokens {
  const insert = db.prepare(
    `INSERT INTO token (id, hash, account, label, roles, agencies, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const selectOne = db.prepare("SELECT * FROM token WHERE id = ?");
  const selectAll = db.prepare("SELECT * FROM token ORDER BY created_at DESC, id");
  const use = db.prepare("UPDATE token SET used_at = ? WHERE id = ?");
  const remove = db.prepare("DELETE FROM token WHERE id = ?");
  return {
    add(t, hash) {
      const [roles, agencies] = [JSON.stringify(t.roles), JSON.stringify(t.agencies)];
      insert.run(t.id, hash, t.account, t.label, roles, agencies, t.createdAt, t.expiresAt);
    },
    get(id) {
      const row = selectOne.get(id) as Row | undefined;
      return row && { token: tokenOf(row), hash: row.hash };
    },
    list: (account) =>
      (selectAll.all() as unknown as Row[]).map(tokenOf).filter((t) => account === undefined || t.account === account),
    used(id, at) {
      use.run(at, id);
    },
    revoke: (id) => remove.run(id).changes === 1,
  };
}
