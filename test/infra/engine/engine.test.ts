// The real Pulumi engine with the real provider, on a lab of three hosts: up, again, changed, broken, mended, killed, destroyed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  destroy,
  ENGINE_VERSION,
  type Engine,
  engineBinary,
  preview,
  refresh,
  release,
  up,
} from "../../../infra/engine/engine.ts";
import { EngineError } from "../../../infra/engine/errors.ts";
import { sessionsDown } from "../../../infra/platforms/lab/bird.ts";
import { run } from "../../../infra/platforms/lab/exec.ts";
import { hostRoot, namespaceOf, prefixOf } from "../../../infra/platforms/lab/names.ts";
import { endProcesses, namespaces } from "../../../infra/platforms/lab/netns.ts";
import { inHost, pidOf } from "../../../infra/platforms/lab/process.ts";
import type { Deployment } from "../../../infra/platforms/platform.ts";
import { labProgram } from "../../../infra/program.ts";
import type { Topology } from "../../../infra/topology.ts";
import { leftovers, makeLab, textsBelow, whyNoLab } from "../platforms/lab/machine.ts";
import { birdConf, SECRET, smallDeployment, smallTopology } from "../platforms/lab/small.ts";

const engineAt = engineBinary();
const skip = whyNoLab || (!existsSync(engineAt) && `needs the Pulumi engine ${ENGINE_VERSION}: npm start installs it`);
const lab = skip ? undefined! : makeLab("e");
const PORT = 30_000 + (process.pid % 10_000);
const engine = (deployment: Deployment = smallDeployment(PORT), topology: Topology = smallTopology): Engine => ({
  ...lab,
  program: labProgram({ deployment, topology, lab }),
});
const changed = (change: (deployment: Deployment) => void): Engine => {
  const deployment = smallDeployment(PORT);
  change(deployment);
  return engine(deployment);
};
/** As `lab down` ends it. */
const end = async () => {
  await release(engine());
  await destroy(engine());
};
/** Hosts, links, the two phases of programs; two places; provider and stack. */
const ALL = 3 + 2 + 2 + 2 + 2;

before(async () => {
  if (!skip) assert.deepEqual(await up(engine()), { create: ALL });
});
after(async () => {
  if (!skip) await lab.end();
});

async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await holds()); await sleep(5))
    assert.ok(Date.now() < end, `not in time: ${what}`);
}

test("after up the network stands, and up again changes nothing", { skip }, async () => {
  assert.deepEqual(await sessionsDown(lab), []);
  const bird = pidOf(lab, "r1", "bird");
  assert.deepEqual(await up(engine()), { same: ALL });
  assert.equal(pidOf(lab, "r1", "bird"), bird);
});

test("no secret is in the engine's state, and the state stays small", { skip }, () => {
  const files = textsBelow(path.join(lab.stateDir, "pulumi"));
  assert.ok(
    files.some(([file]) => file.endsWith(`${lab.stack}.json`)),
    "there is a state to look at",
  );
  for (const [file, text] of files) assert.ok(!text.includes(SECRET), file);
  const state = files.find(([file]) => file.endsWith(`stacks/vonggac/${lab.stack}.json`))![1];
  assert.ok(!state.includes("protocol bgp"), "texts are in the state as hashes only");
});

test("a preview says what would change and changes nothing", { skip }, async () => {
  const more = changed((d) => (d.hosts[0]!.files[0]!.content = { text: birdConf(1, "# new\n") }));
  assert.deepEqual(await preview(more), { same: ALL - 1, update: 1 });
  assert.doesNotMatch(readFileSync(path.join(hostRoot(lab, "r1"), "etc/bird/bird.conf"), "utf8"), /# new/);
});

test("what the policy pack refuses is refused by name before anything is touched", { skip }, async () => {
  const key = "-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n";
  const exposed = changed((d) => (d.hosts[0]!.files[0]!.content = { text: `# ${key}` }));
  for (const run of [preview, up])
    await assert.rejects(
      run(exposed),
      (e) =>
        e instanceof EngineError &&
        e.code === "policy-refused" &&
        /no-secret-in-clear: .*Host r1: \/etc\/bird\/bird\.conf holds a private key/.test(e.message),
    );
  assert.doesNotMatch(readFileSync(path.join(hostRoot(lab, "r1"), "etc/bird/bird.conf"), "utf8"), /PRIVATE/);
});

test("an edited host is updated in place: its BIRD keeps its process and its sessions", { skip }, async () => {
  const bird = pidOf(lab, "r1", "bird");
  const since = await inHost(lab, "r1", ["birdc", "show", "protocols", "peer6"]);
  const edited = changed((d) => (d.hosts[0]!.files[0]!.content = { text: birdConf(1, "# new\n") }));
  assert.deepEqual(await up(edited), { same: ALL - 1, update: 1 });
  assert.match(readFileSync(path.join(hostRoot(lab, "r1"), "etc/bird/bird.conf"), "utf8"), /# new/);
  assert.equal(pidOf(lab, "r1", "bird"), bird);
  assert.equal(await inHost(lab, "r1", ["birdc", "show", "protocols", "peer6"]), since);
  assert.deepEqual(await up(engine()), { same: ALL - 1, update: 1 });
});

test("killed daemons are found by refresh and mended by up", { skip }, async () => {
  process.kill(pidOf(lab, "r1", "bird")!, "SIGKILL");
  process.kill(pidOf(lab, "r2", "agent")!, "SIGKILL");
  while (pidOf(lab, "r1", "bird") ?? pidOf(lab, "r2", "agent")) await sleep(10);
  assert.equal((await refresh(engine()))["update"], 2);
  assert.deepEqual(await up(engine()), { same: ALL - 2, update: 2 });
  assert.ok(pidOf(lab, "r1", "bird") && pidOf(lab, "r2", "agent"));
});

test("a host that is gone, as after a restart of the machine, is made again with its links", { skip }, async () => {
  await endProcesses([namespaceOf(lab, "r2")]);
  await run(["ip", "netns", "del", namespaceOf(lab, "r2")]);
  await up(engine());
  assert.deepEqual(await up(engine()), { same: ALL });
  await until("BGP again", async () => (await sessionsDown(lab)).length === 0);
});

test("a host taken out of the province is removed, and put back", { skip }, async () => {
  const without = changed((d) => {
    d.hosts = d.hosts.filter((h) => h.id !== "c1");
    d.links = d.links.filter((l) => l.id !== "r2~c1");
  });
  // It keeps a record: the engine refuses until it is told to let go.
  await assert.rejects(
    up(without),
    (e) => e instanceof EngineError && e.code === "engine-protected" && /c1/.test(e.message),
  );
  assert.ok(namespaces(prefixOf(lab.stack)).includes(namespaceOf(lab, "c1")));
  await release(engine());
  const fewer = await up(without);
  assert.equal(fewer["delete"], 3); // host, link, place
  assert.ok(!namespaces(prefixOf(lab.stack)).includes(namespaceOf(lab, "c1")));
  assert.equal((await up(engine()))["create"], 3);
});

test("an engine that works on the stack is told from one that is dead", { skip }, async () => {
  const first = up(changed((d) => (d.hosts[0]!.files[0]!.content = { text: birdConf(1, "# first\n") })));
  const locks = path.join(lab.stateDir, "pulumi/.pulumi/locks/organization/vonggac", lab.stack);
  while (!existsSync(locks) || readdirSync(locks).filter((f) => f.endsWith(".json")).length === 0) await sleep(5);
  const locked = { pid: process.pid, hostname: "elsewhere", username: "x", timestamp: "now" };
  await up(engine()); // waits for the first
  await first;
  writeFileSync(path.join(locks, "x.json"), JSON.stringify(locked));
  await assert.rejects(
    up(engine()),
    (e) => e instanceof EngineError && e.code === "engine-busy" && /elsewhere/.test(e.message),
  );
  writeFileSync(path.join(locks, "x.json"), JSON.stringify({ ...locked, hostname: hostname() }));
  await up(engine()); // this process is no engine: the lock is stale
});

test("a failed up says why, by the host's and the daemon's name", { skip }, async () => {
  const broken = changed((d) => (d.hosts[0]!.files[0]!.content = { text: "nonsense;\n" }));
  await assert.rejects(
    up(broken),
    (e) =>
      e instanceof EngineError && e.code === "engine-failed" && /r1/.test(e.message) && /syntax error/.test(e.message),
  );
  await up(engine());
  assert.deepEqual(await up(engine()), { same: ALL });
});

for (const victim of ["command", "engine", "provider"] as const)
  test(`kill -9 of the ${victim} in the middle of an up: the next one heals, and destroy leaves nothing`, {
    skip,
    timeout: 120_000,
  }, async () => {
    await end();
    const child = spawn(
      process.execPath,
      [path.join(import.meta.dirname, "up-child.ts"), JSON.stringify({ lab, port: PORT })],
      { stdio: "ignore" },
    );
    const ended = once(child, "exit");
    await until("it begins", () => namespaces(prefixOf(lab.stack)).length > 0);
    const pids = { command: child.pid!, engine: childOf(child.pid!, "pulumi"), provider: 0 };
    if (victim === "provider") pids.provider = childOf(pids.engine, "node");
    process.kill(pids[victim], "SIGKILL");
    await ended;
    const made = await up(engine());
    assert.equal((made["create"] ?? 0) + (made["same"] ?? 0) + (made["update"] ?? 0), ALL);
    assert.deepEqual(await sessionsDown(lab), []);
    assert.deepEqual(await up(engine()), { same: ALL });
    await end();
    assert.deepEqual(namespaces(prefixOf(lab.stack)), []);
  });

test("the durable folder is kept, and nothing else is left", { skip }, async () => {
  assert.match(readFileSync(path.join(lab.stateDir, "console/starts"), "utf8"), /\d/);
  await lab.end();
  assert.deepEqual(leftovers(lab), []);
});

/** A child process by the name of its program, at whatever depth a shell or npm puts it. */
function childOf(parent: number, name: string): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
  const threads = readdirSync(`/proc/${parent}/task`).flatMap((t) =>
    readFileSync(`/proc/${parent}/task/${t}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
  );
  const found = [...new Set([...children, ...threads])].find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0]!.endsWith(name),
  );
  assert.ok(found !== undefined, `no child ${name} of ${parent}`);
  return found;
}
