// A copy made while the record is written to is whole; a harmed one is named; a restored one goes on where it was; and days leave whole.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { restoreBackup, verifyBackup } from "../../../console/store/backup.ts";
import { openStore } from "../../../console/store/store.ts";
import { good } from "../support/province.ts";

const root = mkdtempSync(join(tmpdir(), "vonggac-backup-"));
after(() => rmSync(root, { recursive: true, force: true }));
const TARGET = "xa-mot/certificate/portal";
const DAY = 86_400_000;
const put = (store: ReturnType<typeof openStore>, first: number, count: number, at: number) =>
  store.transaction(() =>
    store.items.append(
      "a",
      1,
      first,
      Array.from({ length: count }, (_, i) => good(TARGET, first + i)),
      at,
    ),
  );

test("a copy made between writes verifies, and restores to what it was; what stood there is kept", async () => {
  const dir = join(root, "live");
  const store = openStore(dir);
  for (let i = 0; i < 40; i++) put(store, 1 + i * 50, 50, DAY);
  const making = store.backUp(5 * DAY);
  put(store, 2_001, 50, DAY);
  const made = await making;
  assert.ok(made.items === 2_000 || made.items === 2_050, `${made.items}`);
  assert.equal(made.newestAt, DAY);
  await assert.rejects(restoreBackup(made.file, dir, 1), { code: "store-in-use" });
  put(store, 2_051, 50, DAY);
  store.close();
  const restored = await restoreBackup(made.file, dir, 1);
  assert.equal(restored.sha256, made.sha256);
  assert.ok(restored.kept?.endsWith("before-restore-1"));
  const again = openStore(dir);
  assert.equal(again.items.counts().items, made.items);
  assert.equal(again.items.lastSeq("a", 1), made.items);
  again.close();
});

test("a copy that is harmed, missing, of a newer console or at odds with itself is refused by name", async () => {
  const store = openStore(join(root, "harm"));
  for (let i = 0; i < 40; i++) put(store, 1 + i * 50, 50, DAY);
  const { file } = await store.backUp(DAY);
  store.close();
  const bytes = readFileSync(file);
  const variant = (name: string, sql: string) => {
    const path = join(root, name);
    writeFileSync(path, bytes);
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
    return path;
  };
  const harmed = join(root, "harmed.db");
  writeFileSync(harmed, Buffer.from(bytes).fill(0xa5, 32_768, 98_304));
  await assert.rejects(verifyBackup(harmed), { code: "backup-damaged" });
  await assert.rejects(verifyBackup(join(root, "none.db")), { code: "backup-missing" });
  await assert.rejects(verifyBackup(variant("newer.db", "INSERT INTO migration (name) VALUES ('of-next-year')")), {
    code: "backup-newer",
  });
  await assert.rejects(verifyBackup(variant("odds.db", "UPDATE sequence SET last_seq = 7")), {
    code: "backup-inconsistent",
  });
});

test("retention drops whole days that are old enough, never the one being written; ids and seqs go on", () => {
  const store = openStore(join(root, "days"));
  for (let day = 1; day <= 5; day++) put(store, (day - 1) * 10 + 1, 10, day * DAY);
  assert.equal(store.items.days().length, 5);
  assert.deepEqual(store.retain(5.5 * DAY, 2), ["19700102", "19700103"]);
  assert.deepEqual(store.items.counts().items, 30);
  assert.deepEqual(
    store.items.after(0, 1).map((e) => [e.id, e.seq]),
    [[21, 21]],
  );
  assert.deepEqual(store.retain(500 * DAY, 2).length, 2);
  put(store, 51, 10, 6 * DAY);
  assert.equal(store.items.lastSeq("a", 1), 60);
  assert.equal(store.items.counts().items, 20);
  store.close();
});
