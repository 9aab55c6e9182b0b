// Changes drawn at random: what `vonggac impact` foretold, against what probes from every site lost while `up` did it, and against
// the sessions that stand after it. The seed is printed; VONGGAC_SEED repeats it, VONGGAC_CHANGES makes it longer.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { type Document, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import type { Impact } from "../../infra/commands.ts";
import type { Registry } from "../../protocol/index.ts";
import { ensureLab, mustLab, namespaceOf, PORT, ROOT, run, runFolder, STACK, whyNoLab } from "../support/lab.ts";
import { lots } from "../support/lots.ts";

const skip = whyNoLab() ?? false;
const SEED = Number(process.env["VONGGAC_SEED"] ?? Date.now() % 1_000_000);
const CHANGES = Number(process.env["VONGGAC_CHANGES"] ?? 2);
const PROBE_SECONDS = 0.2;
/** So many probes in a row without an answer are a loss: BGP takes another way within that time. */
const LOSS = 8;
const random = lots(SEED);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const folder = skip ? "" : mkdtempSync(path.join(tmpdir(), "vonggac-impact-"));
const whole = path.join(ROOT, "province.yaml");

before(
  async () => {
    if (skip) return;
    console.log(`seed ${SEED} (VONGGAC_SEED=${SEED} repeats these changes)`);
    await ensureLab();
  },
  { timeout: 300_000 },
);
after(async () => {
  if (skip) return;
  await mustLab("up", "--port", String(PORT), "--province", whole);
  rmSync(folder, { recursive: true, force: true });
});

const agencies = (doc: Document) => (doc.get("agencies") as YAMLSeq<YAMLMap>).items;
const agencyOf = (doc: Document, id: string) => agencies(doc).find((a) => a.get("id") === id)!;
// Read as plain data: an edit before may have put a plain list there.
const namesIn = (doc: Document) => (doc.toJS() as { lab: { agencies: string[] } }).lab.agencies;
const uplinksOf = (doc: Document, id: string) => agencyOf(doc, id).toJSON().uplinks as string[];

/** What an engineer would write; each gives what it did in a few words. */
const EDITS: Record<string, (doc: Document) => string> = {
  removeUplink(doc) {
    // Level I with one line is refused by the policy pack.
    const level = (a: string) => agencyOf(doc, a).get("level");
    const id = pick(namesIn(doc).filter((a) => uplinksOf(doc, a).length > 1 && level(a) === "commune"));
    const left = uplinksOf(doc, id).slice(0, 1);
    agencyOf(doc, id).set("uplinks", left);
    return `${id} on ${left} alone`;
  },
  addUplink(doc) {
    const id = pick(namesIn(doc).filter((a) => uplinksOf(doc, a).length === 1));
    const both = [
      ...uplinksOf(doc, id),
      pick(["hub1", "hub2", "hub3", "hub4"].filter((h) => !uplinksOf(doc, id).includes(h))),
    ];
    agencyOf(doc, id).set("uplinks", both);
    return `${id} on ${both}`;
  },
  swapUplinks(doc) {
    const id = pick(namesIn(doc).filter((a) => uplinksOf(doc, a).length > 1));
    agencyOf(doc, id).set("uplinks", uplinksOf(doc, id).reverse());
    return `${id} prefers its other hub`;
  },
  addAgency(doc) {
    const id = pick(
      agencies(doc)
        .map((a) => String(a.get("id")))
        .filter((a) => !namesIn(doc).includes(a)),
    );
    doc.setIn(["lab", "agencies"], [...namesIn(doc), id]);
    return `${id} joins`;
  },
  removeAgency(doc) {
    const names = namesIn(doc);
    const id = pick(names);
    doc.setIn(
      ["lab", "agencies"],
      names.filter((a) => a !== id),
    );
    return `${id} leaves`;
  },
  rename(doc) {
    const id = pick(namesIn(doc));
    agencyOf(doc, id).setIn(["name", "en"], `Renamed ${Math.floor(random() * 1e6)}`);
    return `${id} is called otherwise`;
  },
};

const registryNow = (): Registry =>
  JSON.parse(readFileSync(path.join(runFolder("console"), "run/vonggac/registry.json"), "utf8"));
const sitesNow = () => registryNow().assets.flatMap((a) => (a.kind === "host" && a.role === "site" ? [a.id] : []));
const loopback = () => {
  const target = registryNow().targets.find((t) => t.kind === "datacentre");
  assert.ok(target?.kind === "datacentre");
  return target.expects.probes.find((p) => p.address.includes(":"))!.address;
};

/** Probes the data centre from one site until it is ended; then tells the longest run of probes without an answer. */
function probe(site: string, address: string): { end(): Promise<number> } {
  const argv = ["netns", "exec", namespaceOf(site), "ping", "-6", "-n", "-O", "-i", String(PROBE_SECONDS), address];
  const child: ChildProcess = spawn("ip", argv, { stdio: ["ignore", "pipe", "ignore"] });
  const lines: string[] = [];
  child.stdout!.on("data", (d: Buffer) => lines.push(...String(d).split("\n")));
  const ended = new Promise((resolve) => child.once("close", resolve));
  return {
    async end() {
      child.kill("SIGINT");
      await ended;
      let [longest, current] = [0, 0];
      for (const line of lines) {
        if (/bytes from/.test(line)) current = 0;
        else if (/no answer|nreachable/.test(line)) longest = Math.max(longest, ++current);
      }
      return longest;
    },
  };
}

const sessionsOf = async (site: string) => {
  const told = await run("birdc", ["-s", path.join(runFolder(site), "run/bird/bird.ctl"), "show", "protocols"]);
  return (told.stdout.match(/^\S+\s+BGP .*Established/gm) ?? []).length / 2;
};

async function foretell(file: string): Promise<Impact> {
  const ran = await run(process.execPath, [
    path.join(ROOT, "cli/vonggac.ts"),
    "impact",
    "--stack",
    STACK,
    "--province",
    file,
    "--json",
  ]);
  assert.equal(ran.code, 0, ran.stderr);
  return JSON.parse(ran.stdout) as Impact;
}

for (let n = 0; n < CHANGES; n++)
  test(`change ${n + 1}: who loses a path was foretold, and nobody else does`, { skip, timeout: 300_000 }, async () => {
    const doc = parseDocument(readFileSync(whole, "utf8"));
    const did = Object.keys(EDITS)
      .sort(() => random() - 0.5)
      .slice(0, 2)
      .map((name) => EDITS[name]!(doc));
    console.log(`  ${did.join("; ")}`);
    // Its allocations go with it: without them nothing is planned for a network that stands.
    const file = path.join(folder, "province.yaml");
    writeFileSync(file, doc.toString());
    cpSync(path.join(ROOT, "province.lock"), path.join(folder, "province.lock"));
    const impact = await foretell(file);
    assert.ok(impact.steps.length > 0, "it changes something");
    const sites = sitesNow();
    const paths = new Map(await Promise.all(sites.map(async (s) => [s, await sessionsOf(s)] as const)));
    const probes = sites.map((s) => [s, probe(s, loopback())] as const);
    await mustLab("up", "--port", String(PORT), "--province", file);
    const longest = new Map(await Promise.all(probes.map(async ([s, p]) => [s, await p.end()] as const)));

    const foretold = new Set([...impact.during.lost, ...impact.effects.flatMap((e) => e.lost ?? [])]);
    const lost = sites.filter((s) => longest.get(s)! >= LOSS);
    assert.deepEqual(
      lost.filter((s) => !foretold.has(s)),
      [],
      `lost without warning: ${JSON.stringify([...longest])}`,
    );
    const left = impact.effects.filter((e) => e.key === "agency-removed").map((e) => e.facts["agency"]);
    const joined = impact.effects.filter((e) => e.key === "agency-added").map((e) => e.facts["agency"]);
    assert.deepEqual(sitesNow().sort(), [...sites.filter((s) => !left.includes(s)), ...joined].sort());
    for (const site of sitesNow()) {
      const told = impact.effects.find(
        (e) => ["path-lost", "path-gained", "agency-added"].includes(e.key) && e.facts["agency"] === site,
      );
      const wanted = told ? (told.facts["after"] ?? told.facts["paths"]) : paths.get(site);
      assert.equal(await sessionsOf(site), wanted, `${site} has as many paths as was foretold`);
    }
  });
