// The record meets the world: damage, a second console, a newer schema, a folder that cannot be written, a full disk.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { spine } from "../../../console/store/migrations/spine.ts";
import { MIGRATIONS } from "../../../console/store/migrations.ts";
import { isDiskFailure, openStore } from "../../../console/store/store.ts";
import { good, incident } from "../support/province.ts";

const root = mkdtempSync(join(tmpdir(), "vonggac-store-"));
after(() => rmSync(root, { recursive: true, force: true }));
let n = 0;
const fresh = () => join(root, `r${n++}`);
const TARGET = "xa-mot/certificate/portal";
const many = (from: number, count: number) => Array.from({ length: count }, (_, i) => good(TARGET, from + i));

test("opened twice in a row, the record is the same; a second console at once is refused", () => {
  const dir = fresh();
  const first = openStore(dir);
  first.transaction(() => first.items.append("a", 1, 1, many(1, 3), 5));
  assert.throws(() => openStore(dir), { code: "store-in-use" });
  first.close();
  const again = openStore(dir);
  assert.equal(again.items.lastSeq("a", 1), 3);
  again.close();
});

for (const [what, harm] of [
  ["no database at all", (f: string) => writeFileSync(f, "x".repeat(8_192))],
  [
    "pages overwritten",
    (f: string) => {
      const bytes = readFileSync(f);
      bytes.fill(0xa5, 4_096, 40_960);
      writeFileSync(f, bytes);
    },
  ],
] as const)
  test(`a damaged record is named at start: ${what}`, () => {
    const dir = fresh();
    const store = openStore(dir);
    store.transaction(() => store.items.append("a", 1, 1, many(1, 500), 5));
    store.close();
    harm(join(dir, "record.db"));
    assert.throws(() => openStore(dir), { code: "store-corrupt", remedy: /recover/ });
  });

test("a record of a newer console is left alone", () => {
  const dir = fresh();
  openStore(dir).close();
  const db = new DatabaseSync(join(dir, "record.db"));
  db.exec("INSERT INTO migration (name) VALUES ('of-next-year')");
  db.close();
  assert.throws(() => openStore(dir), { code: "store-newer", message: /of-next-year/ });
});

test("a record of the first schema is taken up: its log by the day, every item under the id and seq that it had", () => {
  const dir = fresh();
  mkdirSync(dir);
  const db = new DatabaseSync(join(dir, "record.db"));
  db.exec(`${spine.sql}; PRAGMA user_version = 1; INSERT INTO sequence VALUES ('a', 1, 3)`);
  const insert = db.prepare("INSERT INTO log VALUES (?, ?, 'a', 1, ?, 'report', ?, ?)");
  for (const [i, item] of many(1, 3).entries()) insert.run(i + 1, 86_400_000, i + 1, TARGET, JSON.stringify(item));
  db.close();
  for (let again = 0; again < 2; again++) {
    const store = openStore(dir);
    assert.equal(store.items.lastSeq("a", 1), 3);
    assert.deepEqual(store.items.days(), ["19700102"]);
    assert.deepEqual(
      store.items.after(1, 10).map((e) => [e.id, e.seq, e.item.at]),
      [
        [2, 2, 2],
        [3, 3, 3],
      ],
    );
    store.close();
  }
});

/** A record of the schema before `until`, with one incident in it. */
function olderRecord(dir: string, until: string): void {
  mkdirSync(dir, { recursive: true });
  const db = new DatabaseSync(join(dir, "record.db"));
  db.exec("CREATE TABLE migration (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT");
  for (const { name, sql = "", run } of MIGRATIONS.slice(
    0,
    MIGRATIONS.findIndex((m) => m.name === until),
  )) {
    db.exec(sql);
    run?.(db);
    db.exec(`INSERT INTO migration (name) VALUES ('${name}')`);
  }
  const i = incident("INC-000007", { agency: "xa-mot" });
  db.prepare("INSERT INTO incident VALUES (7, ?, ?, ?, ?, ?, 1, 1, ?)").run(
    ...[i.id, i.state, i.class, i.severity, i.cause.asset, JSON.stringify(i)],
  );
  db.close();
}

test("before its schema changes the record is copied, and the copy opens the version before; a new record has none", () => {
  const dir = fresh();
  olderRecord(dir, "enrolments");
  const store = openStore(dir);
  assert.deepEqual(store.incidents.get("INC-000007"), incident("INC-000007", { agency: "xa-mot" }));
  store.close();
  const copies = readdirSync(join(dir, "backups"));
  assert.equal(copies.length, 1);
  assert.match(copies[0]!, /^before-enrolments-\d{8}T\d{6}Z\.db$/);
  const copy = new DatabaseSync(join(dir, "backups", copies[0]!), { readOnly: true });
  assert.equal((copy.prepare("SELECT max(name = 'enrolments') AS n FROM migration").get() as { n: number }).n, 0);
  assert.equal((copy.prepare("SELECT count(*) AS n FROM incident").get() as { n: number }).n, 1);
  copy.close();
  openStore(dir).close();
  assert.equal(readdirSync(join(dir, "backups")).length, 1, "once a change");
  const another = fresh();
  openStore(another).close();
  assert.ok(!existsSync(join(another, "backups")));
});

test("a record that cannot be copied is left as it is", () => {
  const dir = fresh();
  olderRecord(dir, "enrolments");
  writeFileSync(join(dir, "backups"), "in the way");
  assert.throws(() => openStore(dir), { code: "store-not-copied" });
  const db = new DatabaseSync(join(dir, "record.db"));
  assert.equal((db.prepare("SELECT max(name = 'enrolments') AS n FROM migration").get() as { n: number }).n, 0);
  db.close();
});

test("a folder that is a file", () => {
  const dir = fresh();
  writeFileSync(dir, "");
  assert.throws(() => openStore(dir), { code: "store-unwritable" });
});

const tmpfs = process.getuid?.() === 0 ? false : "needs root to mount a small tmpfs";
test("a full disk: the commit fails whole, what was kept stays, and it goes on when there is room", {
  skip: tmpfs,
}, () => {
  const dir = fresh();
  mkdirSync(dir);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", dir]);
  try {
    const store = openStore(dir);
    writeFileSync(join(dir, "ballast"), Buffer.alloc(200_000));
    const put = (first: number) => store.transaction(() => store.items.append("a", 1, first, many(first, 50), 5));
    let kept = 0;
    let failure: unknown;
    while (!failure && kept < 1e6) {
      try {
        put(kept + 1);
        kept += 50;
      } catch (error) {
        failure = error;
      }
    }
    assert.ok(isDiskFailure(failure), String(failure));
    assert.ok(kept > 0);
    assert.equal(store.items.lastSeq("a", 1), kept);
    assert.equal(store.items.counts().items, kept);
    rmSync(join(dir, "ballast"));
    put(kept + 1);
    store.close();
    const again = openStore(dir);
    assert.equal(again.items.lastSeq("a", 1), kept + 50);
    again.close();
  } finally {
    execFileSync("umount", [dir]);
  }
});
