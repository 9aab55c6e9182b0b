// The audit's chain in a real record: every way of tampering is found, erasing personal data is not tampering, and the table
// itself refuses changes.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { type ChainEntry, type Personal, verifyChain } from "../../../console/people/audit-chain.ts";
import { spine } from "../../../console/store/migrations/spine.ts";
import { openStore } from "../../../console/store/store.ts";

const root = mkdtempSync(join(tmpdir(), "vonggac-audit-"));
after(() => rmSync(root, { recursive: true, force: true }));
const entry = (i: number, account = "lan") => ({
  at: 1_000 + i,
  account,
  act: "incident-close",
  subject: `INC-${i}`,
  detail: { b: "2", a: String(i) },
  personal: { resolution: `said by Lan ${i}`, address: "192.0.2.7" },
});
const store = openStore(join(root, "r"));
store.transaction(() => {
  store.accounts.save({
    uid: "p-1",
    name: "lan",
    display: "Lan",
    roles: ["engineer"],
    agencies: [],
    state: "active",
    hasPassword: false,
    hasSecondFactor: false,
    createdAt: 1,
    changedAt: 1,
  });
  for (let i = 1; i <= 6; i++) store.audit.write(entry(i, i === 4 ? "machine" : "lan"));
});
after(() => store.close());
const kept = (): [ChainEntry, Personal | null | undefined][] =>
  [...store.audit.all()].map(({ entry: e, personal }) => [structuredClone(e), structuredClone(personal)]);
const head = store.audit.head().hash;

test("a chain that nobody touched is whole; no name or free text is in it", () => {
  assert.deepEqual(verifyChain(kept(), head), { ok: true, entries: 6, head, erased: 0 });
  assert.doesNotMatch(JSON.stringify(kept().map(([e]) => e)), /lan|Lan|192\.0\.2/);
  assert.deepEqual(
    kept().map(([e]) => e.actor),
    ["p-1", "p-1", "p-1", "machine", "p-1", "p-1"],
  );
});

for (const [what, tamper, code] of [
  ["an entry is changed", (c) => void Object.assign(c[2]![0], { subject: "INC-9" }), "hash-wrong"],
  ["a detail is changed", (c) => void Object.assign(c[2]![0].detail, { a: "9" }), "hash-wrong"],
  ["another acted", (c) => void Object.assign(c[2]![0], { actor: "p-2" }), "hash-wrong"],
  ["an entry is taken out", (c) => void c.splice(2, 1), "number-wrong"],
  [
    "taken out, and the rest numbered anew",
    (c) => {
      c.splice(2, 1);
      for (const [i, [e]] of c.entries()) e.n = i + 1;
    },
    "previous-wrong",
  ],
  ["two change places", (c) => void c.splice(1, 2, c[2]!, c[1]!), "number-wrong"],
  ["one stands twice", (c) => void c.splice(2, 0, c[2]!), "number-wrong"],
  [
    "what stands beside is changed",
    (c) => void Object.assign(c[2]![1]!.data, { resolution: "other" }),
    "personal-wrong",
  ],
  ["a commitment is taken away", (c) => void Object.assign(c[2]![0], { personal: "" }), "hash-wrong"],
  ["the end is cut off", (c) => void c.pop(), "head-wrong"],
  ["all is gone", (c) => void c.splice(0), "head-wrong"],
] satisfies [string, (c: [ChainEntry, Personal | null | undefined][]) => void, string][])
  test(`found: ${what}`, () => {
    const chain = kept();
    tamper(chain);
    const verdict = verifyChain(chain, head);
    assert.equal(verdict.ok === false && verdict.code, code);
  });

test("the record itself takes no change of an entry, and no deletion", () => {
  const other = openStore(join(root, "r2"));
  other.transaction(() => other.audit.write(entry(1)));
  other.close();
  const db = new DatabaseSync(join(root, "r2", "record.db"));
  assert.throws(() => db.exec("UPDATE audit SET act = 'x'"), /append-only/);
  assert.throws(() => db.exec("DELETE FROM audit"), /append-only/);
  db.close();
});

test("erasing a person's data leaves the chain whole, and says how much was erased", () => {
  assert.equal(
    store.transaction(() => store.audit.erasePersonal("p-1")),
    5,
  );
  assert.deepEqual(verifyChain(kept(), head), { ok: true, entries: 6, head, erased: 5 });
});

test("entries from before there was a chain enter it once", () => {
  const dir = join(root, "old");
  mkdirSync(dir);
  const db = new DatabaseSync(join(dir, "record.db"));
  db.exec(`${spine.sql}; PRAGMA user_version = 1;
    INSERT INTO audit (at, account, act, subject, detail) VALUES (5, 'operator', 'signed-in', 'operator', '{"address":"::1"}')`);
  db.close();
  for (let again = 0; again < 2; again++) {
    const store = openStore(dir);
    const all = [...store.audit.all()];
    assert.deepEqual(
      all.map((k) => [k.entry.n, k.entry.act, k.personal?.data["address"]]),
      [[1, "signed-in", "::1"]],
    );
    store.close();
  }
});
