// The platform without the engine: real namespaces, real BIRD, real processes.
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sessionsDown } from "../../../../infra/platforms/lab/bird.ts";
import { keepTexts } from "../../../../infra/platforms/lab/content.ts";
import { differences } from "../../../../infra/platforms/lab/diff.ts";
import { LabError } from "../../../../infra/platforms/lab/errors.ts";
import { openForward } from "../../../../infra/platforms/lab/forward.ts";
import { KINDS } from "../../../../infra/platforms/lab/lifecycle.ts";
import { type HostInputs, hostInputs, linkInputs, servicesInputs } from "../../../../infra/platforms/lab/model.ts";
import { hostRoot } from "../../../../infra/platforms/lab/names.ts";
import { inHost, pidOf, workerOf } from "../../../../infra/platforms/lab/process.ts";
import { statusOf } from "../../../../infra/platforms/lab/status.ts";
import type { HostSpec } from "../../../../infra/platforms/platform.ts";
import { freePort } from "../../../support/port.ts";
import { leftovers, makeLab, whyNoLab } from "./machine.ts";
import { birdConf, SECRET, smallDeployment } from "./small.ts";

const skip = whyNoLab;
const PHASES = ["services", "agents"] as const;
const PORT = await freePort();
const lab = skip ? undefined! : makeLab("l");
const { hosts, links } = smallDeployment(PORT);
const inputs = new Map<string, HostInputs>();

function given(spec: HostSpec): HostInputs {
  const { inputs: made, texts } = hostInputs(spec);
  keepTexts(lab.stateDir, texts);
  inputs.set(spec.id, made);
  return made;
}

before(async () => {
  if (skip) return;
  await Promise.all(hosts.map((spec) => KINDS.Host.apply(lab, given(spec), undefined)));
  await Promise.all(links.map((spec) => KINDS.Link.apply(lab, linkInputs(spec), undefined)));
  for (const phase of PHASES) await KINDS.Services.apply(lab, servicesInputs(hosts, phase), undefined);
});
after(async () => {
  if (!skip) await lab.end();
});

const text = (host: string, file: string) => readFileSync(path.join(hostRoot(lab, host), file), "utf8");
const fetchScreen = async () => (await fetch(`http://127.0.0.1:${PORT}/`, { headers: { connection: "close" } })).text();
async function until(what: string, holds: () => Promise<boolean> | boolean, withinMs = 8_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await holds()); await sleep(30))
    assert.ok(Date.now() < end, `not in time: ${what}`);
}

test("hosts, links and services stand, and reading them finds no difference", { skip }, async () => {
  await until("BGP", async () => (await sessionsDown(lab)).length === 0);
  for (const [, made] of inputs) assert.deepEqual(differences("Host", made, await KINDS.Host.read(lab, made)), []);
  for (const spec of links)
    assert.deepEqual(differences("Link", linkInputs(spec), await KINDS.Link.read(lab, linkInputs(spec))), []);
  for (const phase of PHASES) {
    const programs = servicesInputs(hosts, phase);
    assert.equal(Object.keys(programs.programs).length, 1, phase);
    assert.deepEqual(await KINDS.Services.read(lab, programs), programs);
  }
  const status = await statusOf(lab);
  assert.equal(status.up, true);
  assert.deepEqual([status.bgp.sessions, status.bgp.down], [4, []]);
});

test("an agent has its account, its one capability and the code read-only; no other host's files", {
  skip,
}, async () => {
  await until("the agent has spoken", () => text("r2", "var/log/agent.log").includes("code"));
  const said = text("r2", "var/log/agent.log");
  assert.match(said, /^vonggac-agent$/m);
  assert.match(said, /CapEff:\s+0000000000000400/);
  assert.match(said, /CapBnd:\s+0000000000000400/);
  assert.match(said, /NoNewPrivs:\s+1/);
  await assert.rejects(inHost(lab, "r2", ["touch", "/opt/vonggac/x"]), /Read-only file system/);
  await assert.rejects(inHost(lab, "r1", ["test", "-e", "/opt/vonggac/package.json"]));
  await assert.rejects(inHost(lab, "r1", ["test", "-e", "/run/vonggac"]));
});

test("the forwarded port reaches the server in its namespace, through restarts of the server", { skip }, async () => {
  await until("the server answers", () =>
    fetchScreen().then(
      (t) => t === `${SECRET}one`,
      () => false,
    ),
  );
  const worker = workerOf(lab, "c1", "console", "always")!;
  const supervisor = pidOf(lab, "c1", "console");
  process.kill(worker, "SIGKILL");
  await until("a new worker", () => ![undefined, worker].includes(workerOf(lab, "c1", "console", "always")));
  assert.equal(pidOf(lab, "c1", "console"), supervisor);
  await until("it answers again", () =>
    fetchScreen().then(
      (t) => t.endsWith("one"),
      () => false,
    ),
  );
  await assert.rejects(
    openForward({ daemon: "", port: PORT }),
    (e) => e instanceof LabError && e.code === "port-taken",
  );
});

test("a secret is on its host with its rights and nowhere in the notes", { skip }, () => {
  const file = path.join(hostRoot(lab, "c1"), "run/vonggac/secret");
  assert.equal(readFileSync(file, "utf8"), SECRET);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.doesNotMatch(text("c1", ".lab/host.json"), new RegExp(SECRET));
});

test("a changed bird.conf is reloaded: same process, sessions kept", { skip }, async () => {
  const pid = pidOf(lab, "r1", "bird");
  const since = await inHost(lab, "r1", ["birdc", "show", "protocols", "peer4"]);
  const spec = structuredClone(hosts[0]!);
  spec.files[0]!.content = { text: birdConf(1, "protocol static extra { ipv4; route 10.77.0.0/16 unreachable; }\n") };
  await KINDS.Host.apply(lab, given(spec), undefined);
  await until("the route arrives", async () =>
    (await inHost(lab, "r2", ["birdc", "show", "route", "10.77.0.0/16"]).catch(() => "")).includes("10.77"),
  );
  assert.equal(pidOf(lab, "r1", "bird"), pid);
  assert.equal(await inHost(lab, "r1", ["birdc", "show", "protocols", "peer4"]), since);
});

test("a file that its program watches is rewritten and nothing restarts; a file that it does not watch restarts it", {
  skip,
}, async () => {
  const supervisor = pidOf(lab, "c1", "console");
  const spec = structuredClone(hosts[2]!);
  spec.files.find((f) => f.path.endsWith("watched"))!.content = { text: "two" };
  await KINDS.Host.apply(lab, given(spec), undefined);
  assert.equal(await fetchScreen(), `${SECRET}two`);
  assert.equal(pidOf(lab, "c1", "console"), supervisor);
  const server = spec.files.find((f) => f.path.endsWith("server.mjs"))!;
  server.content = { text: `${(server.content as { text: string }).text}// changed\n` };
  await KINDS.Host.apply(lab, given(spec), undefined);
  assert.notEqual(pidOf(lab, "c1", "console"), supervisor);
  await until("it answers anew", () =>
    fetchScreen().then(
      (t) => t === `${SECRET}two`,
      () => false,
    ),
  );
});

test("a file that somebody else changed is put back, and its daemon reads it again", { skip }, async () => {
  const r1 = inputs.get("r1")!;
  const pid = pidOf(lab, "r1", "bird");
  const file = path.join(hostRoot(lab, "r1"), "etc/bird/bird.conf");
  writeFileSync(file, birdConf(1, "protocol static foreign { ipv4; route 10.66.0.0/16 unreachable; }\n"));
  await inHost(lab, "r1", ["birdc", "configure"]);
  const foreign = async () => (await inHost(lab, "r1", ["birdc", "show", "protocols"])).includes("foreign");
  await until("the foreign route", foreign);
  assert.deepEqual(
    differences("Host", r1, await KINDS.Host.read(lab, r1)).map((d) => d.path),
    ['files["/etc/bird/bird.conf"]'],
  );
  await KINDS.Host.apply(lab, r1, undefined);
  await until("it is gone", async () => !(await foreign()));
  assert.equal(pidOf(lab, "r1", "bird"), pid);
});

test("a dead daemon, a lost file, a downed link: read names each, apply mends it", { skip }, async () => {
  const r1 = inputs.get("r1")!;
  const link = linkInputs(links[0]!);
  process.kill(pidOf(lab, "r1", "bird")!, "SIGKILL");
  rmSync(path.join(hostRoot(lab, "r1"), "etc/bird/bird.conf"));
  await inHost(lab, "r1", ["ip", "addr", "del", "10.9.0.1/32", "dev", "lo"]);
  await inHost(lab, "r1", ["ip", "link", "set", "r2", "down"]);
  await until("bird is gone", () => pidOf(lab, "r1", "bird") === undefined);
  const found = differences("Host", r1, await KINDS.Host.read(lab, r1)).map((d) => `${d.change} ${d.path}`);
  assert.deepEqual(found.sort(), [
    "delete daemons.bird",
    'delete files["/etc/bird/bird.conf"]',
    "delete loopback[1]",
    "update loopback[0]",
  ]);
  assert.deepEqual(
    differences("Link", link, await KINDS.Link.read(lab, link)).map((d) => d.path),
    ["up"],
  );
  await KINDS.Host.apply(lab, r1, undefined);
  await KINDS.Link.apply(lab, link, link);
  assert.deepEqual(differences("Host", r1, await KINDS.Host.read(lab, r1)), []);
  assert.deepEqual(differences("Link", link, await KINDS.Link.read(lab, link)), []);
  await until("BGP again", async () => (await sessionsDown(lab)).length === 0);
});

test("a daemon that cannot start is an error with its own words", { skip }, async () => {
  const spec = structuredClone(hosts[0]!);
  spec.daemons[0]!.prepare = [];
  spec.files[0]!.content = { text: "nonsense;\n" };
  spec.daemons[0]!.argv.push("-d");
  await assert.rejects(
    KINDS.Host.apply(lab, given(spec), undefined),
    // On a busy machine its first moments may be over before it dies: then the host that is not seen any more tells, with the same words.
    (e) =>
      e instanceof LabError && (e.code === "daemon-died" || e.code === "cut-off") && /syntax error/.test(e.message),
  );
  spec.daemons[0]!.prepare = [["/usr/sbin/bird", "-p", "-c", "/etc/bird/bird.conf"]];
  await assert.rejects(
    KINDS.Host.apply(lab, given(spec), undefined),
    (e) => e instanceof LabError && e.code === "prepare-failed",
  );
  await KINDS.Host.apply(lab, given(hosts[0]!), undefined);
  await until("BGP again", async () => (await sessionsDown(lab)).length === 0);
});

test("what is gone is read as gone", { skip }, async () => {
  const nobody = { ...inputs.get("r1")!, host: "r9" };
  assert.equal(await KINDS.Host.read(lab, nobody), undefined);
  const link = linkInputs({ ...links[0]!, id: "r1~r9", b: { ...links[0]!.b, host: "r9" } });
  assert.equal(await KINDS.Link.read(lab, link), undefined);
  await assert.rejects(KINDS.Link.apply(lab, link, undefined), /namespace-missing/);
});

test("deleting leaves nothing but what is durable", { skip }, async () => {
  const record = path.join(lab.stateDir, "console/starts");
  for (const phase of PHASES) await KINDS.Services.delete(lab, servicesInputs(hosts, phase));
  await Promise.all(links.map((spec) => KINDS.Link.delete(lab, linkInputs(spec))));
  await Promise.all([...inputs.values()].map((made) => KINDS.Host.delete(lab, made)));
  await Promise.all([...inputs.values()].map((made) => KINDS.Host.delete(lab, made))); // again: no error
  assert.ok(readFileSync(record, "utf8").split("\n").length > 2);
  await new Promise<void>((resolve) =>
    connect(PORT, "127.0.0.1")
      .once("error", () => resolve())
      .once("connect", () => assert.fail("the port is still open")),
  );
  writeFileSync(path.join(lab.stateDir, "done"), "");
  assert.ok(!existsSync(hostRoot(lab, "r1")));
  await lab.end();
  assert.deepEqual(leftovers(lab), []);
});
