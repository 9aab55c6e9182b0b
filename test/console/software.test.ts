// What runs at the agents, through a whole console: the version that each said, the release on offer with what became of it, and names
// that two went by.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { after, before, test } from "node:test";
import { isInRing } from "../../console/gateway/releases.ts";
import { releaseText } from "../../protocol/release.ts";
import type { AgentSoftware } from "../../protocol/software.ts";
import { connectPeer, helloOf, join, post } from "./support/client.ts";
import { type Rig, startRig } from "./support/rig.ts";

const SERIAL = 1_790_000_000;

let rig: Rig;
let releasesDir = "";
before(async () => {
  rig = await startRig((config) => {
    releasesDir = joinPath(config.dataDir, "../releases");
    mkdirSync(releasesDir);
    config.releasesDir = releasesDir;
  });
});
after(() => rig.end());

const software = () => rig.admin<AgentSoftware>("/api/software");
function offer(share: number) {
  const release = releaseText({ version: "0.2.0", serial: SERIAL, arch: "x64", bytes: 1, sha256: "0".repeat(64) });
  writeFileSync(joinPath(releasesDir, "offer.json"), JSON.stringify({ release, signature: "", share }));
}
const tell = async (agent: string, outcome: string, serial = SERIAL, code?: string) => {
  const words = { serial, version: "0.2.0", outcome, ...(code && { code }) };
  assert.equal((await post(await rig.door(agent), "/release/outcome", JSON.stringify(words))).status, 200);
};

test("who came in with which version; no offer, no news", async () => {
  assert.deepEqual(await software(), { heard: [], news: [] });
  const peer = await join(await rig.door("bast1"), "bast1");
  await peer.end();
  const { heard } = await software();
  assert.deepEqual(
    heard.map((h) => [h.agent, h.version, h.address.replace("::ffff:", "")]),
    [["bast1", "0", "127.0.0.1"]],
    "also when it is gone again",
  );
});

test("an offer: whom it reaches, and how each ended; what was told of other releases does not count", async () => {
  offer(100);
  await tell("bast1", "installed", SERIAL - 1);
  await tell("bast1", "rolled-back", SERIAL, "acks-stopped");
  await tell("xa-mot", "refused", SERIAL, "release-damaged");
  await tell("xa-mot", "installed");
  await tell("xa-mot", "installed");
  const all = (await rig.admin<{ items: { id: string }[] }>("/api/agents")).items.length;
  const said = await software();
  const { offer: standing, news } = said;
  const counts = { installed: 1, rolledBack: 1, refused: 0 };
  assert.deepEqual(standing, { serial: SERIAL, version: "0.2.0", share: 100, ring: all, ...counts });
  assert.deepEqual(
    news.map((n) => [n.agent, n.act, n.detail["serial"], n.detail["code"]]),
    [
      ["xa-mot", "release-installed", String(SERIAL), undefined],
      ["xa-mot", "release-installed", String(SERIAL), undefined],
      ["xa-mot", "release-refused", String(SERIAL), "release-damaged"],
      ["bast1", "release-rolled-back", String(SERIAL), "acks-stopped"],
      ["bast1", "release-installed", String(SERIAL - 1), undefined],
    ],
  );
  offer(30);
  const agents = (await rig.admin<{ items: { agent: string }[] }>("/api/agents")).items;
  assert.equal((await software()).offer!.ring, agents.filter((a) => isInRing(a.agent, SERIAL, 30)).length);
  writeFileSync(joinPath(releasesDir, "offer.json"), "{");
  assert.equal((await software()).offer, undefined, "what cannot be read is no offer");
  rmSync(joinPath(releasesDir, "offer.json"));
});

test("a name that two go by is news with the place where one of them stands", async () => {
  const door = await rig.door("xa-hai");
  for (const instance of ["one", "two", "one"]) await (await join(door, "xa-hai", { instance })).end();
  const [clone] = (await software()).news;
  assert.deepEqual([clone!.agent, clone!.act], ["xa-hai", "agent-cloned"]);
  assert.match(clone!.detail["from"]!, /127\.0\.0\.1/);
});

test("a version that a terminal would obey is refused, by hello and by outcome, and is shown to nobody", async () => {
  const version = "0.1.0\u001b[2J";
  const door = await rig.door("bast1");
  const peer = await connectPeer(door);
  peer.send(helloOf("bast1", { version }));
  assert.equal((await peer.next("refuse")).code, "frame-invalid");
  await peer.end();
  const words = JSON.stringify({ serial: SERIAL, version, outcome: "installed" });
  assert.equal((await post(door, "/release/outcome", words)).body.code, "request-invalid");
  assert.ok(!JSON.stringify(await software()).includes("[2J"));
});
