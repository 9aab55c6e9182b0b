// The real Pulumi engine with the real provider, on a lab of three hosts: up, again, changed, broken, mended, killed, destroyed.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { forgetStack } from "../../../infra/engine/backend.ts";
import {
  destroy,
  ENGINE_VERSION,
  type Engine,
  engineBinary,
  letGo,
  preview,
  refresh,
  release,
  up,
} from "../../../infra/engine/engine.ts";
import { EngineError } from "../../../infra/engine/errors.ts";
import { sessionsDown } from "../../../infra/platforms/lab/bird.ts";
import { run } from "../../../infra/platforms/lab/exec.ts";
import { type HostInputs, hostInputs } from "../../../infra/platforms/lab/model.ts";
import { hostRoot, namespaceOf, prefixOf } from "../../../infra/platforms/lab/names.ts";
import { endProcesses, namespaces } from "../../../infra/platforms/lab/netns.ts";
import { inHost, pidOf } from "../../../infra/platforms/lab/process.ts";
import { Host, LabProvider } from "../../../infra/platforms/lab/resources.ts";
import { sessionsOf } from "../../../infra/platforms/lab/settle.ts";
import type { Deployment } from "../../../infra/platforms/platform.ts";
import { labProgram } from "../../../infra/program.ts";
import type { Topology } from "../../../infra/topology.ts";
import { freePort } from "../../support/port.ts";
import { leftovers, makeLab, textsBelow, whyNoLab } from "../platforms/lab/machine.ts";
import { birdConf, SECRET, smallDeployment, smallTopology } from "../platforms/lab/small.ts";

const engineAt = engineBinary();
const skip = whyNoLab || (!existsSync(engineAt) && `needs the Pulumi engine ${ENGINE_VERSION}: npm start installs it`);
const PORT = await freePort();
const lab = skip ? undefined! : makeLab("e");
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
  await assert.rejects(letGo(engine(), "r1"), (e) => e instanceof EngineError && e.code === "engine-unprotected");
  assert.deepEqual((await letGo(engine(), "c1")).sort(), ["c1", "r2~c1"]);
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

test("a deleted link and an edited file are found by refresh and mended by up", { skip }, async () => {
  const file = path.join(hostRoot(lab, "r2"), "etc/bird/bird.conf");
  writeFileSync(file, `${readFileSync(file, "utf8")}# by hand\n`);
  await run(["ip", "-n", namespaceOf(lab, "r1"), "link", "del", "r2"]);
  const found = await refresh(engine());
  assert.deepEqual([found["update"], found["delete"]], [1, 1]);
  assert.deepEqual(await up(engine()), { same: ALL - 2, update: 1, create: 1 });
  assert.doesNotMatch(readFileSync(file, "utf8"), /by hand/);
  await until("BGP again", async () => (await sessionsDown(lab)).length === 0);
  assert.deepEqual(await up(engine()), { same: ALL });
});

test("of a redundant pair the second is touched only when the first has its sessions again", { skip }, async () => {
  // Another hold time ends a session and begins it anew.
  const slower = (n: 1 | 2) => ({ text: birdConf(n).replaceAll("hold time 9", "hold time 12") });
  const both = changed((d) => {
    d.hosts[0]!.files[0]!.content = slower(1);
    d.hosts[1]!.files[0]!.content = slower(2);
  });
  const isNew = (host: string) =>
    readFileSync(path.join(hostRoot(lab, host), "etc/bird/bird.conf"), "utf8").includes("hold time 12");
  /** How many sessions r1 had while it was changed and r2 was not. */
  const between: number[] = [];
  let over = false;
  const watching = (async () => {
    while (!over) {
      if (isNew("r1")) {
        const sessions = (await sessionsOf(lab, "r1")).size;
        if (isNew("r2")) return;
        between.push(sessions);
      }
      await sleep(10);
    }
  })();
  assert.deepEqual(await up(both), { same: ALL - 2, update: 2 });
  over = true;
  await watching;
  assert.ok(between.includes(0), "r1 lost its sessions, and r2 was left alone meanwhile");
  assert.equal(between.at(-1), 2, "r2 was touched when r1 had both again");
  assert.deepEqual(await up(engine()), { same: ALL - 2, update: 2 });
});

test("a host that another stack takes over is imported as it stands; one that is not there is refused", {
  skip,
}, async () => {
  const bird = pidOf(lab, "r1", "bird");
  const taking = (inputs: HostInputs): Engine => ({
    ...lab,
    stack: `${lab.stack}i`,
    program: async () => {
      const provider = new LabProvider("lab", lab);
      // Retained: this stack must not end what is the other's.
      new Host(inputs, { provider, import: inputs.host, retainOnDelete: true });
      return {};
    },
  });
  const { inputs } = hostInputs(smallDeployment(PORT).hosts[0]!);
  assert.deepEqual(await up(taking(inputs)), { create: 2, import: 1 });
  assert.deepEqual(await up(taking(inputs)), { same: 3 });
  await destroy(taking(inputs));
  await assert.rejects(
    up(taking({ ...inputs, host: "r9" })),
    (e) => e instanceof EngineError && e.code === "engine-failed" && /r9.* does not exist/.test(e.message),
  );
  forgetStack({ ...lab, stack: `${lab.stack}i` });
  assert.equal(pidOf(lab, "r1", "bird"), bird);
  assert.deepEqual(await up(engine()), { same: ALL });
});

test("a host that moves to another place keeps its processes", { skip }, async () => {
  const formerly = { kind: "data-centre", name: "dc1" } as const;
  const moved: Topology = {
    ...smallTopology,
    placeOf: (host) => (host === "c1" ? { kind: "console", name: "console", formerly } : smallTopology.placeOf(host)),
  };
  const server = pidOf(lab, "c1", "console");
  assert.deepEqual(await up(engine(smallDeployment(PORT), moved)), { same: ALL, create: 1 });
  assert.equal(pidOf(lab, "c1", "console"), server);
  assert.deepEqual(await up(engine(smallDeployment(PORT), moved)), { same: ALL + 1 });
});

test("destroy leaves the durable folder and nothing else", { skip }, async () => {
  await end();
  assert.match(readFileSync(path.join(lab.stateDir, "console/starts"), "utf8"), /\d/);
  assert.deepEqual(leftovers(lab), []);
});
