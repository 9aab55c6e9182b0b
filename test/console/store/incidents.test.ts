// Incidents and what grows of them: whatever is done to evidence and history, what is read is what was saved.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import fc from "fast-check";
import { openStore } from "../../../console/store/store.ts";
import type { Incident } from "../../../protocol/index.ts";
import { incident } from "../support/province.ts";

const root = mkdtempSync(join(tmpdir(), "vonggac-incidents-"));
after(() => rmSync(root, { recursive: true, force: true }));
let n = 0;
const fresh = () => join(root, `r${n++}`);
const base = incident("INC-000001", { agency: "xa-mot" });
const piece = (k: number, agency = "xa-mot") => ({ ...base.evidence[0]!, agency, since: k });

test("random growth, cuts and rewrites of evidence and history: what is read is what was saved, also after a restart", () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant("append" as const), k: fc.nat(50) }),
    fc.record({ kind: fc.constant("cut" as const), k: fc.nat(5) }),
    fc.record({ kind: fc.constant("rewrite" as const), k: fc.nat(50) }),
    fc.record({ kind: fc.constant("drop-second" as const), k: fc.constant(0) }),
    fc.record({ kind: fc.constant("insert" as const), k: fc.nat(8) }),
    fc.record({ kind: fc.constant("many" as const), k: fc.nat(50) }),
    fc.record({ kind: fc.constant("fail" as const), k: fc.nat(50) }),
    fc.record({ kind: fc.constant("restart" as const), k: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 25 }), (changes) => {
      const dir = fresh();
      let store = openStore(dir);
      let kept: Incident | undefined;
      let now: Incident = { ...base, evidence: [piece(0)], history: [...base.history] };
      for (const { kind, k } of changes) {
        const { evidence } = now;
        if (kind === "append" || kind === "fail") now = { ...now, evidence: [...evidence, piece(k)].slice(-8) };
        else if (kind === "cut") now = { ...now, evidence: evidence.slice(0, k) };
        else if (kind === "rewrite") now = { ...now, evidence: evidence.map((_, i) => piece(k + i)) };
        else if (kind === "insert") now = { ...now, evidence: evidence.toSpliced(k, 0, piece(k + 100)) };
        else if (kind === "many")
          now = { ...now, evidence: [...evidence, ...Array.from({ length: 70 }, (_, i) => piece(i + k))] };
        else if (kind === "drop-second") now = { ...now, evidence: evidence.filter((_, i) => i !== 1) };
        const event = { at: k, by: "machine", what: "evidence-added", reason: { key: "x", facts: {} } } as const;
        now = { ...now, history: [...now.history, event].slice(-6) };
        if (kind === "restart") {
          store.close();
          store = openStore(dir);
        }
        if (kind === "fail") {
          const failing = () =>
            store.transaction(() => {
              store.incidents.save(now, 1);
              throw new Error("as told");
            });
          assert.throws(failing, /as told/);
        } else {
          store.transaction(() => store.incidents.save(now, 1));
          kept = now;
        }
        assert.deepEqual(store.incidents.get(base.id), kept);
      }
      store.close();
    }),
    { numRuns: 25 },
  );
});

test("one more piece of evidence is one more row, and tells the record whom the incident concerns", () => {
  const dir = fresh();
  let store = openStore(dir);
  const evidence = Array.from({ length: 200 }, (_, k) => piece(k));
  store.transaction(() => store.incidents.save({ ...base, evidence }, 1));
  store.transaction(() => store.incidents.save({ ...base, evidence: [...evidence, piece(200, "xa-hai")] }, 2));
  assert.ok(store.scoped.concerned(new Set(["xa-hai"]), base.id));
  assert.ok(!store.scoped.concerned(new Set(["bast1"]), base.id));
  // Since when: that of the first of several; nobody who sees everything joins.
  const [first, second] = [new Set([piece(0).agency]), new Set(["xa-hai"])];
  assert.deepEqual(
    [first, second, undefined].map((scope) => store.scoped.joinedAt(scope, base.id)),
    [1, 2, undefined],
  );
  assert.equal(store.scoped.joinedAt(new Set([...first, ...second]), base.id), 1);
  assert.equal(store.scoped.joinedAt(new Set(["bast1"]), base.id), undefined);
  const rows = () => {
    store.close();
    const db = new DatabaseSync(join(dir, "record.db"), { readOnly: true });
    const found = db.prepare("SELECT i, json_array_length(json) AS n FROM incident_part WHERE kind = 'evidence'").all();
    db.close();
    store = openStore(dir);
    return found.map((row) => [row["i"], row["n"]]);
  };
  const first32 = Array.from({ length: 6 }, (_, k) => [k + 1, 32]);
  assert.deepEqual(rows(), first32, "the newest stand in the head, and the first 192 were not written anew");
  const all = store.incidents.get(base.id)!.evidence;
  store.transaction(() => store.incidents.save({ ...base, evidence: all.toSpliced(40, 1) }, 3));
  const [one, , ...rest] = first32;
  assert.deepEqual(rows(), [one, [2, 31], ...rest], "of what leaves, only its row");
  const more = Array.from({ length: 16 }, (_, k) => piece(300 + k));
  store.transaction(() => store.incidents.save({ ...base, evidence: [...all.toSpliced(40, 1), ...more] }, 4));
  assert.deepEqual(rows(), [one, [2, 31], ...rest, [7, 17]], "what has grown old in the head moves out");
  assert.deepEqual(store.incidents.get(base.id)!.evidence, [...all.toSpliced(40, 1), ...more]);
  store.close();
});
