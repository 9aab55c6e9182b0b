// The province's own rules, every version of each document.
import type { DatabaseSync } from "node:sqlite";

interface PolicyDocument {
  name: string;
  version: number;
  at: number;
  account: string;
  reason: string;
  text: string;
}

export interface PolicyVersions {
  /** The newest version of each document. */
  newest(): PolicyDocument[];
  history(name: string): PolicyDocument[];
  add(document: PolicyDocument): void;
}

export function policyVersionsOf(db: DatabaseSync): PolicyVersions {
  const columns = "name, version, at, account, reason, text";
  const selectNewest = db.prepare(
    `SELECT ${columns} FROM policy_document AS d
     WHERE version = (SELECT max(version) FROM policy_document WHERE name = d.name)`,
  );
  const selectHistory = db.prepare(`SELECT ${columns} FROM policy_document WHERE name = ? ORDER BY version`);
  const insert = db.prepare(`INSERT INTO policy_document (${columns}) VALUES (?, ?, ?, ?, ?, ?)`);
  return {
    newest: () => selectNewest.all() as unknown as PolicyDocument[],
    history: (name) => selectHistory.all(name) as unknown as PolicyDocument[],
    add(d) {
      insert.run(d.name, d.version, d.at, d.account, d.reason, d.text);
    },
  };
}
