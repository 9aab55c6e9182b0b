// The revocation list, and requests to enrol that wait for a person. All writes are meant to run inside a transaction of store.ts.
import type { DatabaseSync } from "node:sqlite";

export interface Revocation {
  agent: string;
  /** Certificates that were issued until then are refused. */
  at: number;
  account: string;
  reason: string;
}

export interface EnrolmentRequest {
  agent: string;
  /** SHA-256 of the public key's SPKI, hex: what a person compares with what the host shows. */
  keySha256: string;
  askedAt: number;
  address: string;
  state: "waiting" | "approved" | "refused";
  decidedAt?: number;
  account?: string;
}

export interface Enrolments {
  revoke(revocation: Revocation): void;
  revocations(): Revocation[];
  request(agent: string, keySha256: string): EnrolmentRequest | undefined;
  /** Keeps that it was asked; a decision that stands is not touched. */
  ask(agent: string, keySha256: string, at: number, address: string): void;
  /** False when nobody asked with that key. */
  decide(agent: string, keySha256: string, state: "approved" | "refused", at: number, account: string): boolean;
  /** Those that wait first, then the newest. */
  requests(): EnrolmentRequest[];
  /** Forgets what was asked with: the agent is enrolled, or its approvals no longer count. */
  forget(agent: string): void;
  waitingOf(agent: string): number;
}

interface Row {
  agent: string;
  key_sha256: string;
  asked_at: number;
  address: string;
  state: EnrolmentRequest["state"];
  decided_at: number | null;
  account: string | null;
}

export function enrolmentsOf(db: DatabaseSync): Enrolments {
  const revoke = db.prepare(
    `INSERT INTO revocation (agent, at, account, reason) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET at = excluded.at, account = excluded.account, reason = excluded.reason`,
  );
  const selectRevocations = db.prepare("SELECT agent, at, account, reason FROM revocation ORDER BY at DESC");
  const select = db.prepare("SELECT * FROM enrolment WHERE agent = ? AND key_sha256 = ?");
  const selectAll = db.prepare("SELECT * FROM enrolment ORDER BY state = 'waiting' DESC, asked_at DESC LIMIT 1000");
  const ask = db.prepare(
    `INSERT INTO enrolment (agent, key_sha256, asked_at, address, state) VALUES (?, ?, ?, ?, 'waiting')
     ON CONFLICT DO UPDATE SET address = excluded.address`,
  );
  const decide = db.prepare(
    "UPDATE enrolment SET state = ?, decided_at = ?, account = ? WHERE agent = ? AND key_sha256 = ?",
  );
  const forget = db.prepare("DELETE FROM enrolment WHERE agent = ?");
  const countOf = db.prepare("SELECT count(*) AS n FROM enrolment WHERE agent = ? AND state = 'waiting'");
  const requestOf = (r: Row): EnrolmentRequest => ({
    agent: r.agent,
    keySha256: r.key_sha256,
    askedAt: r.asked_at,
    address: r.address,
    state: r.state,
    ...(r.decided_at === null ? {} : { decidedAt: r.decided_at }),
    ...(r.account === null ? {} : { account: r.account }),
  });
  return {
    revoke(r) {
      revoke.run(r.agent, r.at, r.account, r.reason);
    },
    revocations: () => selectRevocations.all() as unknown as Revocation[],
    request(agent, keySha256) {
      const row = select.get(agent, keySha256) as Row | undefined;
      return row && requestOf(row);
    },
    ask(agent, keySha256, at, address) {
      ask.run(agent, keySha256, at, address);
    },
    decide: (agent, keySha256, state, at, account) => decide.run(state, at, account, agent, keySha256).changes === 1,
    requests: () => (selectAll.all() as unknown as Row[]).map(requestOf),
    forget(agent) {
      forget.run(agent);
    },
    waitingOf: (agent) => (countOf.get(agent) as { n: number }).n,
  };
}
