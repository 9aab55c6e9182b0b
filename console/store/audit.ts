// Who did what with a privilege, and when. Append-only.
import type { DatabaseSync } from "node:sqlite";
import type { ActKind } from "../../protocol/lifecycle.ts";

export interface AuditEntry {
  at: number;
  account: string;
  act: "signin-code-issued" | "signed-in" | "signed-out" | `incident-${ActKind}`;
  /** What it was done to: an incident's id, an account. */
  subject: string;
  detail: Record<string, string>;
}

export interface Audit {
  write(entry: AuditEntry): void;
  /** The `limit` newest, newest first. */
  newest(limit: number): AuditEntry[];
}

export function auditOf(db: DatabaseSync): Audit {
  const insert = db.prepare("INSERT INTO audit (at, account, act, subject, detail) VALUES (?, ?, ?, ?, ?)");
  const select = db.prepare("SELECT at, account, act, subject, detail FROM audit ORDER BY id DESC LIMIT ?");
  return {
    write(e) {
      insert.run(e.at, e.account, e.act, e.subject, JSON.stringify(e.detail));
    },
    newest: (limit) =>
      (select.all(limit) as unknown as (Omit<AuditEntry, "detail"> & { detail: string })[]).map((r) => ({
        ...r,
        detail: JSON.parse(r.detail) as Record<string, string>,
      })),
  };
}
