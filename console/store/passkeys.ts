// The table of passkeys (WebAuthn credentials): looked for by their account only, so that nobody's key opens another's.
import type { DatabaseSync } from "node:sqlite";
import type { Passkey, Passkeys } from "../people/records.ts";

interface Row {
  id: string;
  label: string;
  public_key: Uint8Array;
  counter: number;
  transports: string;
  created_at: number;
  used_at: number | null;
}
const passkeyOf = (r: Row): Passkey => ({
  id: r.id,
  label: r.label,
  publicKey: r.public_key,
  counter: r.counter,
  transports: JSON.parse(r.transports),
  createdAt: r.created_at,
  ...(r.used_at === null ? {} : { usedAt: r.used_at }),
});

export function passkeysOf(db: DatabaseSync): Passkeys {
  const select = db.prepare("SELECT * FROM passkey WHERE account = ? ORDER BY created_at");
  const insert = db.prepare(
    `INSERT INTO passkey (id, account, label, public_key, counter, transports, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  );
  const use = db.prepare("UPDATE passkey SET counter = ?, used_at = ? WHERE id = ? AND account = ?");
  const drop = db.prepare("DELETE FROM passkey WHERE id = ? AND account = ?");
  const dropAll = db.prepare("DELETE FROM passkey WHERE account = ?");
  return {
    of: (uid) => (select.all(uid) as unknown as Row[]).map(passkeyOf),
    add: (uid, k) =>
      insert.run(k.id, uid, k.label, k.publicKey, k.counter, JSON.stringify(k.transports), k.createdAt).changes === 1,
    used(uid, id, counter, at) {
      use.run(counter, at, id, uid);
    },
    drop: (uid, id) => drop.run(id, uid).changes === 1,
    dropAll(uid) {
      dropAll.run(uid);
    },
  };
}
