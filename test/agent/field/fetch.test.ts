// An installed agent asks the real gateway for a release: what is offered to its ring is fetched and laid down; what is forged, older or
// damaged is refused before or after the fetch, and the console hears of it once.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { type FetchParts, look } from "../../../agent/field/fetch.ts";
import { isInRing, type ReleaseOutcome } from "../../../console/gateway/releases.ts";
import { parseRelease, releaseText } from "../../../protocol/release.ts";
import { post } from "../../console/support/client.ts";
import { startPeerless } from "../../console/support/gateway.ts";
import { agentLeaf } from "../../console/support/pki.ts";
import { Place } from "./place.ts";

const heard: [string, ReleaseOutcome][] = [];
const releases = mkdtempSync(join(tmpdir(), "vonggac-releases-"));
const place = new Place();
let gateway: Awaited<ReturnType<typeof startPeerless>>;
let parts: FetchParts;
const troubles: string[] = [];

before(async () => {
  gateway = await startPeerless(
    {},
    { releasesDir: releases, released: (agent, outcome) => heard.push([agent, outcome]) },
  );
  const { cert, key } = await agentLeaf(gateway.agentsCa, "xa-mot");
  const door = gateway.doorWith(undefined);
  parts = {
    console: { enrol: `https://localhost:${door.port}/enrol`, serverName: "console.test" },
    roots: door.roots,
    stateDir: place.state,
    outcomeFile: place.at("own/outcome.json"),
    here: { key: readFileSync(place.at("key.pem"), "utf8"), serial: 100, arch: process.arch },
    identity: () => ({ key, certificate: cert }),
    log() {},
    onTrouble: (trouble) => troubles.push(trouble.code),
  };
});
beforeEach(() => {
  heard.length = 0;
  troubles.length = 0;
  for (const path of [join(place.state, "incoming"), parts.outcomeFile, join(place.state, "told-release.json")])
    rmSync(path, { recursive: true, force: true });
});
after(async () => {
  await gateway.end();
  place.end();
  rmSync(releases, { recursive: true, force: true });
});

/** Offers what `lay` puts into incoming/, as `vonggac agent offer` does. */
function offer(share: number, lay: () => void): void {
  lay();
  const from = (name: string) => readFileSync(join(place.state, "incoming", name));
  const text = from("release.txt").toString();
  writeFileSync(join(releases, `payload-${parseRelease(text)!.serial}.tar.gz`), from("payload.tar.gz"));
  const signature = from("release.sig").toString("base64");
  writeFileSync(join(releases, "offer.json"), JSON.stringify({ release: text, signature, share }));
  rmSync(join(place.state, "incoming"), { recursive: true, force: true });
}

test("an offer to all is fetched, and the updater takes it from there; told once that it is installed", async () => {
  offer(100, () => place.fetched(200, "good"));
  assert.equal(await look(parts), "fetched");
  assert.equal(await look(parts), "nothing", "it lies there already");
  const ran = await place.update();
  assert.equal(place.told()?.outcome, "installed", ran.output);
  await look({ ...parts, here: { ...parts.here, serial: 200 } });
  await look({ ...parts, here: { ...parts.here, serial: 200 } });
  assert.deepEqual(heard, [["xa-mot", { serial: 200, version: "0.0.200", outcome: "installed" }]]);
});

test("a ring of none, no offer, an offer that is no JSON: nothing is fetched", async () => {
  offer(0, () => place.fetched(300, "good"));
  assert.equal(await look(parts), "nothing");
  writeFileSync(join(releases, "offer.json"), "{");
  assert.equal(await look(parts), "nothing");
  rmSync(join(releases, "offer.json"));
  assert.equal(await look(parts), "nothing");
  assert.deepEqual([heard, troubles], [[], []]);
});

test("another key, an older one, a payload that is another: refused by name, told once, and nothing lies there", async () => {
  const stranger = generateKeyPairSync("ed25519").privateKey;
  const damage = (serial: number) => {
    place.fetched(serial, "good");
    const payload = join(place.state, "incoming/payload.tar.gz");
    const bytes = readFileSync(payload);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(payload, bytes);
  };
  for (const [code, serial, lay] of [
    ["release-not-signed", 400, () => place.fetched(400, "good", stranger)],
    ["release-older", 50, () => place.fetched(50, "good")],
    ["release-damaged", 500, () => damage(500)],
  ] as const) {
    offer(100, lay);
    for (let i = 0; i < 2; i++) assert.equal(await look(parts), "refused");
    assert.deepEqual(heard, [["xa-mot", { serial, version: `0.0.${serial}`, outcome: "refused", code }]]);
    assert.deepEqual(troubles, [code, code]);
    assert.ok(!existsSync(join(place.state, "incoming")));
    heard.length = troubles.length = 0;
  }
});

test("what was taken back is not fetched again", async () => {
  offer(100, () => place.fetched(600, "good"));
  mkdirSync(place.at("own"), { recursive: true });
  writeFileSync(
    parts.outcomeFile,
    JSON.stringify({ serial: 600, version: "0.0.600", outcome: "rolled-back", code: "acks-stopped", at: 1 }),
  );
  assert.equal(await look(parts), "nothing");
  assert.deepEqual(heard, [
    ["xa-mot", { serial: 600, version: "0.0.600", outcome: "rolled-back", code: "acks-stopped" }],
  ]);
});

test("who has no certificate gets nothing; a console that is away is a named trouble", async () => {
  const away = { ...parts, console: { ...parts.console, enrol: "https://localhost:9/enrol" } };
  await assert.rejects(look(away), { code: "release-unfetched" });
  const { cert, key } = await agentLeaf(gateway.agentsCa, "nobody-here");
  await assert.rejects(look({ ...parts, identity: () => ({ key, certificate: cert }) }), /403/);
});

test("an agent that talks without end about releases is held back, the audit with it", async () => {
  const { cert, key } = await agentLeaf(gateway.agentsCa, "xa-hai");
  const door = gateway.doorWith({ cert, key });
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) {
    const words = JSON.stringify({ serial: i, version: "0", outcome: "refused", code: "x" });
    statuses.push((await post(door, "/release/outcome", words)).status);
  }
  assert.deepEqual(statuses.slice(9), [200, 429, 429]);
  assert.equal(heard.length, 10);
  const nonsense = await post(gateway.doorWith({ cert, key }), "/release/outcome", "{}", "PUT");
  assert.equal(nonsense.status, 404);
});

test("rings: a share is about that share, grows without losing anybody, and another release begins with others", () => {
  const agents = Array.from({ length: 5_000 }, (_, i) => `xa-${i}`);
  const ring = (serial: number, share: number) => agents.filter((a) => isInRing(a, serial, share));
  assert.deepEqual([ring(1, 0).length, ring(1, 100).length], [0, 5_000]);
  const five = ring(1, 5);
  assert.ok(five.length > 180 && five.length < 330, String(five.length));
  const wider = new Set(ring(1, 30));
  assert.ok(five.every((a) => wider.has(a)));
  const next = new Set(ring(2, 5));
  assert.ok(five.filter((a) => next.has(a)).length < five.length / 2);
});

test("a release as text: exact to the byte, or none", () => {
  const release = { version: "1.2.3", serial: 7, arch: "x64", bytes: 9, sha256: "a".repeat(64) };
  const text = releaseText(release);
  assert.deepEqual(parseRelease(text), release);
  for (const bad of [
    "",
    text.slice(0, -1),
    `${text}\n`,
    text.replace("serial 7", "serial 07"),
    text.replace("x64", "x64 y"),
    text.replace("bytes", "Bytes"),
    ` ${text}`,
  ])
    assert.equal(parseRelease(bad), undefined, bad);
});
