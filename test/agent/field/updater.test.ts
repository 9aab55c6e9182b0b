// An upgrade that is good stays; one that is not comes back by itself; a power cut at any step leaves an agent that runs.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { appendFileSync, existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Place } from "./place.ts";

const timeout = 90_000;
const placed = (name: string, body: (place: Place) => Promise<void>) =>
  test(name, { timeout, concurrency: true }, async (t) => {
    const place = new Place();
    t.after(() => place.end());
    await body(place);
  });

placed("a good release: swapped in, watched, kept, and the one before it too", async (p) => {
  p.fetched(200, "good");
  const { code, output } = await p.update();
  assert.equal(code, 0, output);
  assert.deepEqual([p.current(), p.told()?.outcome, p.acked()], [200, "installed", 200]);
  assert.deepEqual(readdirSync(p.at("base/releases")).sort(), ["100", "200"]);
  assert.ok(!existsSync(join(p.state, "incoming")) && !existsSync(p.at("own/state.json")));
  const idle = await p.update();
  assert.match(idle.output, /"outcome":"nothing"/);
});

for (const [behaviour, why] of [
  ["crash", "it ends at its start"],
  ["mute", "acks come and then stop"],
] as const)
  placed(`${why}: back to the one before within the stated time, and it is not tried again`, async (p) => {
    p.fetched(200, behaviour);
    const { code, output } = await p.update();
    assert.equal(code, 0, output);
    assert.deepEqual([p.current(), p.told()?.outcome, p.told()?.code], [100, "rolled-back", "acks-stopped"]);
    assert.deepEqual(readdirSync(p.at("base/releases")), ["100"]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(p.acked(), 100, "the old one runs again");
  });

placed(
  "another key, an older release, another machine's, a payload that was changed, a link in its place: refused, nothing changes",
  async (p) => {
    const stranger = generateKeyPairSync("ed25519").privateKey;
    const payload = join(p.state, "incoming/payload.tar.gz");
    const cases: [string, () => void][] = [
      ["release-not-signed", () => p.fetched(200, "good", stranger)],
      ["release-older", () => p.fetched(99, "good")],
      ["release-older", () => p.fetched(100, "good")],
      ["release-other-machine", () => p.fetched(200, "good", p.key.privateKey, "riscv64")],
      [
        "release-damaged",
        () => {
          p.fetched(200, "good");
          appendFileSync(payload, "x");
        },
      ],
      [
        "release-damaged",
        () => {
          p.fetched(200, "good");
          rmSync(payload);
          symlinkSync("/etc/shadow", payload);
        },
      ],
      [
        "release-not-signed",
        () => {
          p.fetched(200, "good");
          writeFileSync(join(p.state, "incoming/release.sig"), "");
        },
      ],
    ];
    for (const [code, lay] of cases) {
      lay();
      const ran = await p.update();
      assert.equal(ran.code, 0, ran.output);
      assert.deepEqual([p.told()?.outcome, p.told()?.code, p.current()], ["refused", code, 100]);
      assert.ok(!existsSync(join(p.state, "incoming")), "it is not looked at again");
      assert.deepEqual(readdirSync(p.at("base/releases")), ["100"]);
    }
    assert.ok(!existsSync(p.at("restarts")), "the agent was left alone");
  },
);

const GOOD = [
  "copied",
  "verified",
  "unpacked",
  "placed",
  "cleared",
  "decided",
  "swapped",
  "noted",
  "restarted",
  "watched",
];
for (const step of GOOD)
  placed(`a power cut after "${step}": the next start of the updater ends what was begun`, async (p) => {
    p.fetched(200, "good");
    const cut = await p.update(step);
    assert.equal(cut.code, null, `it was cut off: ${cut.output}`);
    assert.ok([100, 200].includes(p.current()), "what `current` is stands there whole");
    const after = await p.update();
    assert.equal(after.code, 0, after.output);
    // Between "cleared" and "decided" the fetched files are gone and nothing is decided: the agent fetches again.
    assert.deepEqual([p.current(), p.told()?.outcome], step === "cleared" ? [100, undefined] : [200, "installed"]);
    assert.ok(!readdirSync(p.at("base/releases")).some((name) => name.startsWith(".")), "no half is left");
  });

for (const step of ["pointed-back", "restarted-old"])
  placed(`a power cut while it is taken back, after "${step}": the old release stays`, async (p) => {
    p.fetched(200, "crash");
    assert.equal((await p.update(step)).code, null);
    assert.equal(p.current(), 100);
    const after = await p.update();
    assert.equal(after.code, 0, after.output);
    assert.deepEqual([p.current(), p.told()?.outcome], [100, "rolled-back"]);
  });
