// A change that cuts a host off from where the province is provisioned is taken back: by the provisioner that waited for it in vain, and by
// the host itself when the provisioner is dead. Real namespaces, real BIRD; the way to r1 leads from c1 over r2, by BGP.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { changeHost, changeLink } from "../../../../infra/platforms/lab/change.ts";
import { TIMING } from "../../../../infra/platforms/lab/confirm.ts";
import { keepTexts } from "../../../../infra/platforms/lab/content.ts";
import { LabError } from "../../../../infra/platforms/lab/errors.ts";
import { KINDS } from "../../../../infra/platforms/lab/lifecycle.ts";
import { type HostInputs, hostInputs, linkInputs } from "../../../../infra/platforms/lab/model.ts";
import { hostRoot, notesDir } from "../../../../infra/platforms/lab/names.ts";
import { pidOf } from "../../../../infra/platforms/lab/process.ts";
import { answering, pathsTo } from "../../../../infra/platforms/lab/reach.ts";
import { CHECKOUT, leftovers, makeLab, whyNoLab } from "./machine.ts";
import { birdConf, smallDeployment } from "./small.ts";

const skip = whyNoLab;
const lab = skip ? undefined! : makeLab("c");
const { hosts, links } = smallDeployment(0);
/** The shipped times are longer, for a busy machine. */
const SOON = { confirmMs: 6_000, watchdogMs: 40_000 };
const MUTE = "router id 10.9.0.1;\nlog stderr all;\nprotocol device { }\n";

function router(text: string): HostInputs {
  const spec = structuredClone(hosts[0]!);
  spec.files[0]!.content = { text };
  const { inputs, texts } = hostInputs(spec);
  keepTexts(lab.stateDir, texts);
  return inputs;
}
const seen = async () => (await answering(lab, pathsTo(lab, "r1"))).length;
const config = () => readFileSync(path.join(hostRoot(lab, "r1"), "etc/bird/bird.conf"), "utf8");
async function until(what: string, holds: () => Promise<boolean> | boolean, withinMs = 30_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await holds()); await sleep(50))
    assert.ok(Date.now() < end, `not in time: ${what}`);
}

before(async () => {
  if (skip) return;
  for (const spec of hosts) {
    const { inputs, texts } = hostInputs(spec);
    keepTexts(lab.stateDir, texts);
    await KINDS.Host.apply(lab, inputs, undefined);
  }
  for (const spec of links) await KINDS.Link.apply(lab, linkInputs(spec), undefined);
  await until("r1 is seen in both families", async () => (await seen()) === 2);
});
after(async () => {
  if (!skip) await lab.end();
});

test("a change that cuts the host off fails by name and is taken back; the daemon is never restarted", {
  skip,
}, async () => {
  const pid = pidOf(lab, "r1", "bird");
  await assert.rejects(
    changeHost(lab, router(MUTE), SOON),
    (e) => e instanceof LabError && e.code === "cut-off" && e.where === "r1" && /IPv4 and IPv6/.test(e.message),
  );
  assert.equal(config(), birdConf(1));
  assert.equal(pidOf(lab, "r1", "bird"), pid);
  await until("r1 is seen again", async () => (await seen()) === 2);
  assert.ok(!existsSync(path.join(notesDir(lab, "r1"), "watchdog.json")), "nothing is pending");
});

test("a change of a line that cuts the host behind it off is taken back", { skip }, async () => {
  const wrong = linkInputs(structuredClone(links[0]!));
  wrong.a.addresses = ["10.99.1.0/31", "2001:db8:9999::/127"];
  await assert.rejects(changeLink(lab, wrong, SOON), /cut-off: r1/);
  assert.deepEqual(await KINDS.Link.read(lab, linkInputs(links[0]!)), linkInputs(links[0]!));
  await until("r1 is seen again", async () => (await seen()) === 2);
});

test("a change that its own daemon refuses leaves the host as it was", { skip }, async () => {
  await assert.rejects(KINDS.Host.apply(lab, router("nonsense;\n"), undefined), /syntax error/);
  assert.equal(config(), birdConf(1));
  assert.equal(await seen(), 2);
});

test("the provisioner is killed in the middle: the host restores itself within its time", { skip }, async () => {
  const order = { lab, inputs: router(MUTE), timing: { confirmMs: 60_000, watchdogMs: 3_000 } };
  const child: ChildProcess = spawn(
    process.execPath,
    [path.join(CHECKOUT, "test/infra/platforms/lab/cut-child.ts"), JSON.stringify(order)],
    { stdio: "ignore" },
  );
  await until("the host is cut off", async () => config() === MUTE && (await seen()) === 0);
  child.kill("SIGKILL");
  await until("the watchdog has restored it", () => config() === birdConf(1));
  await until("r1 is seen again", async () => (await seen()) === 2);
  await until("it says so", () =>
    /restored/.test(readFileSync(path.join(notesDir(lab, "r1"), "watchdog.log"), "utf8")),
  );
});

test("what was not seen before needs no confirmation: a host that is mended is not taken back", { skip }, async () => {
  process.kill(pidOf(lab, "r1", "bird")!, "SIGKILL");
  await until("r1 is gone", async () => (await seen()) === 0);
  await KINDS.Host.apply(lab, router(birdConf(1, "# mended\n")), undefined);
  assert.match(config(), /mended/);
  await until("r1 is seen again", async () => (await seen()) === 2);
});

test("the shipped times leave a host cut off for less than a minute", () => {
  assert.ok(TIMING.confirmMs < TIMING.watchdogMs && TIMING.watchdogMs < 55_000);
});

test("nothing is left", { skip }, async () => {
  await lab.end();
  assert.deepEqual(leftovers(lab), []);
});
