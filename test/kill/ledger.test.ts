// `kill -9` of console and agent at random moments while detections flow at 200 a second: what the log outside says happened is
// what the record says happened, once each. The ledger is the log itself: this test writes sshd's lines, so it knows every attack.
// VONGGAC_KILLS (20) sets the number of kills, VONGGAC_SEED repeats their moments.
import assert from "node:assert/strict";
import { appendFileSync, cpSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { everyEntry } from "../../console/store/log.ts";
import type { Incident, Registry } from "../../protocol/index.ts";
import { admin, ensureLab, namespaceOf, RECORD, run, runFolder, until, whyNoLab } from "../support/lab.ts";
import { lots } from "../support/lots.ts";

const skip = whyNoLab() ?? false;
const KILLS = Number(process.env["VONGGAC_KILLS"] ?? 20);
const SEED = Number(process.env["VONGGAC_SEED"] ?? Date.now() % 1_000_000);
const PER_SECOND = 200;
const TICK_MS = 50;
const random = lots(SEED);

before(
  async () => {
    if (!skip) await ensureLab();
  },
  { timeout: 300_000 },
);

/** Attackers of the ledger, by number: each a documentation address of its own. */
const actorOf = (n: number) => `2001:db8:bad:${Math.floor(n / 65_536).toString(16)}::${(n % 65_536).toString(16)}`;

/** The detections and incidents of the record that speak of the ledger's attackers, storms among them. */
function readRecord(): { detections: string[]; sequences: string[]; incidents: Incident[] } {
  // The console holds the record exclusively: read a copy, as a backup would.
  const copy = mkdtempSync(path.join(tmpdir(), "vonggac-record-"));
  try {
    for (const f of globSync(`${RECORD}*`)) cpSync(f, path.join(copy, path.basename(f)));
    const db = new DatabaseSync(path.join(copy, "record.db"));
    const rows = everyEntry(db).filter((e) => e.item.type === "detection");
    const incidents = (db.prepare("SELECT json FROM incident").all() as { json: string }[]).map(
      (r) => JSON.parse(r.json) as Incident,
    );
    db.close();
    const ours = rows
      .map((r) => ({ ...r, actor: (r.item as { actor?: string }).actor ?? "" }))
      .filter((r) => r.actor.startsWith("2001:db8:bad:"));
    return {
      detections: ours.map((r) => r.actor),
      sequences: ours.map((r) => `${r.agent} ${r.epoch} ${r.seq}`),
      incidents: incidents.filter(
        (i) => (i.storm?.count && i.class === "intrusion") || i.cause.actor?.startsWith("2001:db8:bad:"),
      ),
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Ends one of the lab's own processes, by its id, found by the program that it runs. */
async function kill(host: string, program: string): Promise<boolean> {
  const pids = (await run("ip", ["netns", "pids", namespaceOf(host)])).stdout.trim().split(/\s+/).filter(Boolean);
  let killed = false;
  for (const pid of pids) {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      if (!argv[0]?.endsWith("node") || !argv.some((a) => a.endsWith(program))) continue;
      process.kill(Number(pid), "SIGKILL");
      killed = true;
    } catch {
      // It ended by itself between listing and looking.
    }
  }
  return killed;
}

test(`${KILLS} kills while ${PER_SECOND} detections a second flow: nothing lost, nothing doubled`, {
  skip,
  timeout: 600_000,
}, async () => {
  console.log(`seed ${SEED}`);
  const registry = JSON.parse(
    readFileSync(path.join(runFolder("console"), "run/vonggac/registry.json"), "utf8"),
  ) as Registry;
  const target = registry.targets.find((t) => t.kind === "ssh-log")!;
  assert.ok(target.kind === "ssh-log");
  const log = path.join(runFolder(target.agent), target.expects.path);

  let written = 0;
  let flowing = true;
  const flow = (async () => {
    while (flowing) {
      let text = "";
      for (let i = 0; i < (PER_SECOND * TICK_MS) / 1_000; i++) {
        const actor = actorOf(written++);
        for (let k = 0; k < target.expects.failures; k++)
          text += `Failed password for root from ${actor} port ${40_000 + k} ssh2\n`;
      }
      appendFileSync(log, text);
      await sleep(TICK_MS);
    }
  })();

  const started = Date.now();
  let kills = 0;
  while (kills < KILLS) {
    await sleep(300 + random() * 3_500);
    const victim: [string, string] =
      random() < 0.5 ? ["console", "/console/main.ts"] : [target.agent, "/agent/main.ts"];
    if (await kill(...victim)) kills++;
    assert.ok(Date.now() - started < 400_000, `only ${kills} kills in 400 s: does it come back by itself?`);
  }
  flowing = false;
  await flow;
  console.log(`${written} attacks in ${Math.round((Date.now() - started) / 1_000)} s, ${kills} kills`);

  await until("everything written has arrived", 120_000, async () => {
    const { detections } = readRecord();
    if (detections.length < written) await sleep(2_000);
    return detections.length >= written;
  }).catch((error: Error) => {
    const { detections } = readRecord();
    const have = new Set(detections);
    const missing = Array.from({ length: written }, (_, n) => n).filter((n) => !have.has(actorOf(n)));
    throw new Error(`${error.message}; ${missing.length} missing: numbers ${missing.slice(0, 20)}`);
  });
  await sleep(3_000);
  const record = readRecord();
  const expected = Array.from({ length: written }, (_, n) => actorOf(n)).sort();
  assert.deepEqual(record.detections.toSorted(), expected, "each attack of the ledger stands in the record once");
  assert.equal(new Set(record.sequences).size, record.sequences.length, "no (agent, epoch, seq) twice");
  // The first attackers have incidents of their own; so many at once are a storm, which counts the others.
  const own = record.incidents.flatMap((i) => i.cause.actor ?? []);
  assert.equal(new Set(own).size, own.length, "no attacker has two incidents");
  const counted = record.incidents.reduce((n, i) => n + (i.storm?.count ?? 1), 0);
  const storms = record.incidents.flatMap((i) => (i.storm ? [`${i.id} ${i.class} ${i.storm.count}`] : []));
  assert.equal(counted, written, `each attacker is answered for once, by an incident or a storm; storms: ${storms}`);
  const detections = record.incidents.reduce((n, i) => n + (i.detections ?? 0), 0);
  assert.equal(detections, written, "and each attack is counted once");
  const agents = await admin<{ agent: string; presence: string }[]>("/agents");
  assert.deepEqual(
    agents.filter((a) => a.presence !== "live"),
    [],
    "everybody is back",
  );
});
