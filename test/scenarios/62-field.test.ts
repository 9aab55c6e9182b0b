// An agent is installed from its package on a bare Debian without a network, by the command that is printed, and reports; and what the
// installer refuses. The unit is judged by systemd's own tools, and its command line is run with the account and the capabilities that it
// names (there is no systemd in such a tree).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  installCommand,
  makeDeadmanPackage,
  makePackage,
  newReleaseKey,
  offerRelease,
  readPackage,
  signPackage,
} from "../../packaging/index.ts";
import type { AgentStatus } from "../../protocol/index.ts";
import { makeCa, serverLeaf } from "../console/support/pki.ts";
import { type Process, prepareProcesses, run } from "../console/support/processes.ts";
import { sampleRegistry } from "../console/support/province.ts";
import { until } from "../support/lab.ts";
import { Machine, whyNoMachine } from "./field/machine.ts";

let skip: string | false = whyNoMachine() ?? false;
const AGENT = "xa-mot";
/** The account and the capabilities of the unit, by hand. */
const AS_AGENT =
  "setpriv --reuid=vonggac-agent --regid=vonggac-agent --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all";
const PASSPHRASE = "correct horse battery";
const EXPOSED_AT_MOST = 2;
const work = mkdtempSync(join(tmpdir(), "vonggac-field-"));
const folder = join(work, "package");
const key = join(work, "release.key");
const releases = join(work, "releases");
const machine = new Machine();
const started: Process[] = [];
let files: Awaited<ReturnType<typeof prepareProcesses>>;
let sums = "";

before(
  async () => {
    if (skip) return;
    skip = machine.make() ?? false;
    if (skip) return;
    files = await prepareProcesses((config) => {
      config.releasesDir = releases;
    });
    writeFileSync(files.config.registryFile, JSON.stringify(sampleRegistry("v1", [])));
    writeFileSync(files.config.assignmentsFile, JSON.stringify([files.signed(AGENT, 1, [])]));
    const within = machine.within;
    started.push(await files.startConsole({ within }), run("console/enrol-ca/main.ts", files.caFile, { within }));
    const settings = JSON.parse(readFileSync(await files.agentFile(AGENT), "utf8"));
    const { console: at, metrics, rootsFile, configKeyFile } = settings;
    const trust = {
      roots: readFileSync(rootsFile, "utf8"),
      configKey: readFileSync(configKeyFile, "utf8"),
      console: at,
      metrics,
    };
    newReleaseKey(key, PASSPHRASE);
    await makePackage(folder, trust, "0.1.0", Date.now());
    sums = await signPackage(folder, key, PASSPHRASE);
  },
  { timeout: 600_000 },
);
after(async () => {
  if (existsSync(machine.path("run/agent.pid"))) await machine.shell("kill -9 $(cat /run/agent.pid)");
  await Promise.all(started.map((p) => p.kill("SIGKILL")));
  machine.end();
  files?.end();
  rmSync(work, { recursive: true, force: true });
});

/** The printed command; who is root already has no sudo. */
const command = (agent = AGENT, pinned = sums): string =>
  `cd /package && ${installCommand(pinned, agent).replace("sudo ", "")}`;
const tried = (name: string, body: (t: { skip(why: string): void }) => Promise<void>) =>
  test(name, { timeout: 300_000 }, async (t) => (skip ? t.skip(skip) : body(t)));
const nothingRuns = () => {
  assert.ok(!existsSync(machine.path("opt/vonggac-agent/current")), "nothing was installed");
  assert.ok(!existsSync(machine.path("var/lib/vonggac-agent/identity.pem")), "nobody was enrolled");
};
/** A package with one file changed, and the list of hashes made to fit, as somebody would who can write everything but the command. */
function forged(change: () => void, pinned: "old" | "new"): string {
  machine.bring(folder);
  change();
  if (pinned === "old") return sums;
  execFileSync("sh", ["-c", "sha256sum $(ls | grep -v SHA256SUMS) > SHA256SUMS"], { cwd: machine.path("package") });
  return execFileSync("sha256sum", [machine.path("package/SHA256SUMS")], { encoding: "utf8" }).split(" ")[0]!;
}

tried("a file that was changed: the printed command itself refuses, and nothing of the package has run", async () => {
  for (const name of ["install.sh", "payload.tar.gz", "roots.pem"]) {
    const pinned = forged(() => writeFileSync(machine.path(`package/${name}`), "touch /ran\n"), "old");
    const said = await machine.shell(command(AGENT, pinned), files.newToken(AGENT));
    assert.notEqual(said.code, 0);
    assert.match(said.out, /FAILED/);
  }
  const pinned = forged(() => writeFileSync(machine.path("package/SHA256SUMS"), ""), "old");
  assert.notEqual((await machine.shell(command(AGENT, pinned), "")).code, 0);
  assert.ok(!existsSync(machine.path("ran")));
  nothingRuns();
});

tried("signed by another key: refused by name, with and without OpenSSL there", async () => {
  const other = join(work, "other.key");
  newReleaseKey(other, PASSPHRASE);
  const signature = readFileSync(join(folder, "release.sig"));
  signature[0]! ^= 1;
  const pinned = forged(() => writeFileSync(machine.path("package/release.sig"), signature), "new");
  const said = await machine.shell(command(AGENT, pinned), files.newToken(AGENT));
  assert.equal(said.code, 1, said.out);
  assert.match(said.out, /\[wrong-signature\]/);
  nothingRuns();
});

tried("a system that is not known, a token that is missing, a name that is none", async () => {
  machine.bring(folder);
  const release = machine.read("etc/os-release");
  execFileSync("rm", ["-f", machine.path("etc/os-release")]);
  machine.write("etc/os-release", 'ID=plan9\nID_LIKE=""\n');
  const unknown = await machine.shell(command(), files.newToken(AGENT));
  machine.write("etc/os-release", release);
  assert.match(unknown.out, /\[unknown-os\][^\n]*plan9/);
  assert.match((await machine.shell(command("Xa_Mot"), "t")).out, /\[usage\]/);
  assert.match((await machine.shell(command(), "")).out, /\[token-missing\]/);
  assert.ok(!existsSync(machine.path("var/lib/vonggac-agent/identity.pem")));
});

tried("no space: said before anything is unpacked; nothing is left of it", async () => {
  machine.bring(folder);
  await machine.shell("rm -rf /opt/vonggac-agent && mkdir -p /opt/vonggac-agent");
  const small = "mount -t tmpfs -o size=20m tmpfs @/opt/vonggac-agent";
  const said = await machine.shell(
    `${command()}; echo "left: $(ls -A /opt/vonggac-agent/releases)"`,
    files.newToken(AGENT),
    small,
  );
  assert.match(said.out, /^left: $/m);
  assert.match(said.out, /\[no-space\]/);
});

tried("one printed command installs and enrols; the unit's own command line then reports", async () => {
  machine.bring(folder);
  const token = files.newToken(AGENT);
  const said = await machine.shell(command(), `${token}\n`);
  assert.equal(said.code, 0, said.out);
  assert.ok(
    !said.out.includes(token) && !command().includes(token),
    "the token stands in no command line and no output",
  );
  assert.ok(!existsSync(machine.path("var/lib/vonggac-agent/token")), "it is used up and gone");
  assert.match(
    (await machine.shell("stat -c '%U %a' /var/lib/vonggac-agent /var/lib/vonggac-agent/identity.pem")).out,
    /vonggac-agent 700\nvonggac-agent 600/,
  );
  assert.match(
    (await machine.shell("find /opt/vonggac-agent /etc/vonggac-agent ! -user root")).out,
    /^$/,
    "it cannot change what it runs",
  );

  const unit = machine.read("etc/systemd/system/vonggac-agent.service");
  const line = /^ExecStart=(.*)$/m.exec(unit)![1]!;
  const agent = machine.start(`${AS_AGENT} env -i LD_LIBRARY_PATH=/opt/vonggac-agent/current/lib ${line}`);
  try {
    await until("it reports", 30_000, async () =>
      (await files.admin<AgentStatus[]>("/agents")).some((a) => a.agent === AGENT && a.presence === "live"),
    ).catch((error: Error) => assert.fail(`${error.message}\n${agent.output()}`));
    await until("acks leave their mark", 10_000, async () =>
      existsSync(machine.path("var/lib/vonggac-agent/acked.json")),
    );
    const { release } = await readPackage(folder);
    assert.equal(JSON.parse(machine.read("var/lib/vonggac-agent/acked.json")).serial, release.serial);
  } finally {
    await agent.stop();
  }
  const again = await machine.shell(command(), "");
  assert.equal(again.code, 0, `the same command again needs no token: ${again.out}`);
});

tried(
  "an installed agent is offered a newer release: fetched, swapped in by the updater, acknowledged, told",
  async () => {
    const next = join(work, "next");
    cpSync(folder, next, { recursive: true });
    const text = readFileSync(join(next, "release.txt"), "utf8");
    const serial = Number(/^serial (\d+)$/m.exec(text)![1]) + 1;
    writeFileSync(join(next, "release.txt"), text.replace(/^serial .*$/m, `serial ${serial}`));
    await signPackage(next, key, PASSPHRASE);
    await offerRelease(next, releases, 100);

    const config = JSON.parse(machine.read("etc/vonggac-agent/agent.json"));
    config.upgrade.everySeconds = 1;
    machine.write("etc/vonggac-agent/agent.json", JSON.stringify(config));
    const unit = (name: string) => /^ExecStart=(.*)$/m.exec(machine.read(`etc/systemd/system/${name}`))![1]!;
    const library = "LD_LIBRARY_PATH=/opt/vonggac-agent/current/lib";
    // What systemd would do at a restart.
    const restart = [
      "#!/bin/sh",
      "[ ! -f /run/agent.pid ] || kill -9 $(cat /run/agent.pid)",
      `setsid ${AS_AGENT} env -i ${library} ${unit("vonggac-agent.service")} >>/tmp/agent.log 2>&1 </dev/null &`,
      "echo $! > /run/agent.pid",
    ];
    machine.write("restart.sh", `${restart.join("\n")}\n`, 0o755);
    await machine.shell("/restart.sh");
    await until("it has fetched the release", 60_000, async () =>
      existsSync(machine.path("var/lib/vonggac-agent/incoming/ready")),
    ).catch((error: Error) => assert.fail(`${error.message}\n${machine.read("tmp/agent.log")}`));
    const times = "--ack-within-ms 20000 --watch-ms 5000 --restart /restart.sh";
    const updated = await machine.shell(`${library} ${unit("vonggac-agent-update.service")} ${times}`);
    assert.match(updated.out, /"outcome":"installed"/, `${updated.out}\n${machine.read("tmp/agent.log")}`);
    assert.equal((await machine.shell("readlink /opt/vonggac-agent/current")).out.trim(), `releases/${serial}`);
    assert.equal(JSON.parse(machine.read("var/lib/vonggac-agent/acked.json")).serial, serial);
    await until("the audit says so", 20_000, async () =>
      JSON.stringify(await files.admin("/api/audit?limit=200")).includes("release-installed"),
    );
    await machine.shell("kill -9 $(cat /run/agent.pid); rm /run/agent.pid");
  },
);

tried("a token that was used: refused by the console's own word, and nothing is started", async () => {
  machine.bring(folder);
  const token = files.newToken("xa-hai");
  const first = await machine.shell(`rm -rf /opt/vonggac-agent /var/lib/vonggac-agent/*; ${command("xa-hai")}`, token);
  assert.equal(first.code, 0, first.out);
  const said = await machine.shell(`rm -rf /var/lib/vonggac-agent/*; ${command("xa-hai")}`, token);
  assert.equal(said.code, 1, said.out);
  assert.match(said.out, /token-used[\s\S]*\[not-enrolled\]/);
});

tried("an older release does not go over a newer one, nor another key over the pinned one", async () => {
  machine.bring(folder);
  const current = await machine.shell("readlink /opt/vonggac-agent/current");
  await machine.shell("sed -i 's/^serial .*/serial 99999999999/' /opt/vonggac-agent/current/release.txt");
  assert.match((await machine.shell(command(), "")).out, /\[older-release\]/);
  await machine.shell("echo other > /etc/vonggac-agent/release-key.pem");
  assert.match((await machine.shell(command(), "")).out, /\[other-key\]/);
  assert.equal((await machine.shell("readlink /opt/vonggac-agent/current")).out, current.out);
});

tried(
  "the watcher: one printed command installs it, a wrong configuration is refused, the unit's command line hears and speaks",
  async () => {
    const watcher = join(work, "watcher");
    const command = `cd /package && ${installCommand(await makeDeadmanPackage(watcher)).replace("sudo ", "")}`;
    machine.bring(watcher);
    machine.write("package/deadman.json.example", "{}");
    assert.match((await machine.shell(command)).out, /deadman\.json\.example: FAILED/, "a file that was changed");
    assert.ok(!existsSync(machine.path("opt/vonggac-deadman")));
    machine.bring(watcher);
    const first = await machine.shell(command);
    assert.equal(first.code, 0, first.out);
    assert.match(first.out, /Copy \S+deadman\.json\.example/);

    const ca = await makeCa("watch");
    const leaf = await serverLeaf(ca, "watch.test");
    const conf = "etc/vonggac-deadman";
    const config = JSON.parse(machine.read(`${conf}/deadman.json.example`));
    config.listen.host = "127.0.0.1";
    config.silentAfterSeconds = 5;
    machine.write(`${conf}/watch.crt`, leaf.cert);
    machine.write(`${conf}/watch.key`, leaf.key, 0o640);
    for (const name of ["heartbeat-key", "smtp-password"])
      machine.write(`${conf}/secrets/${name}`, `${name}-5501`, 0o644);
    machine.write(`${conf}/deadman.json`, JSON.stringify(config), 0o640);
    const exposed = await machine.shell(`chgrp -R vonggac-deadman /${conf}; ${command}`);
    assert.match(exposed.out, /secret-exposed[\s\S]*\[config-wrong\]/, "others may read a secret");
    const again = await machine.shell(`chmod 0440 /${conf}/secrets/*; ${command}`);
    assert.equal(again.code, 0, again.out);
    assert.match(again.out, /configuration is right/);
    assert.match((await machine.shell("find /opt/vonggac-deadman ! -user root")).out, /^$/);

    const unit = machine.read("etc/systemd/system/vonggac-deadman.service");
    const line = /^ExecStart=(.*)$/m.exec(unit)![1]!;
    const library = /^Environment=(LD_LIBRARY_PATH=.*)$/m.exec(unit)![1]!;
    const running = machine.start(
      `${AS_AGENT.replaceAll("vonggac-agent", "vonggac-deadman")} env -i ${library} ${line}`,
    );
    const why = (error: Error) => assert.fail(`${error.message}\n${running.output()}`);
    try {
      await until("it listens", 20_000, async () => running.output().includes("deadman-started")).catch(why);
      writeFileSync(join(work, "watch-ca.pem"), ca.cert);
      const beat = (secret: string) => {
        const argv = [
          join(import.meta.dirname, "field/beat.ts"),
          "8460",
          secret,
          join(work, "watch-ca.pem"),
          "watch.test",
        ];
        return execFileSync("ip", [...machine.within.slice(1), process.execPath, ...argv], { encoding: "utf8" });
      };
      assert.equal(beat("another key"), "401");
      assert.equal(beat("heartbeat-key-5501"), "204");
      await until("silence is said", 20_000, async () => running.output().includes("console-silent")).catch(why);
      assert.equal(beat("heartbeat-key-5501"), "204");
      await until("and its end", 10_000, async () => running.output().includes("console-back")).catch(why);
      assert.doesNotMatch(running.output(), /-5501/, "no secret is logged");
    } finally {
      await running.stop();
    }
  },
);

tried("systemd takes the units as they are, and finds little exposed", async (t) => {
  if (!existsSync("/usr/bin/systemd-analyze")) return t.skip("needs systemd-analyze");
  // The tree has no systemd of its own; the units need the targets that they name.
  cpSync("/lib/systemd/system", machine.path("lib/systemd/system"), { recursive: true, verbatimSymlinks: true });
  const names = [
    "vonggac-agent.service",
    "vonggac-agent-update.service",
    "vonggac-agent-update.path",
    "vonggac-deadman.service",
  ];
  for (const name of names)
    machine.write(
      `etc/systemd/system/${name}`,
      readFileSync(new URL(`../../packaging/files/${name}`, import.meta.url), "utf8"),
    );
  const units = ["vonggac-agent.service", "vonggac-agent-update.path", "vonggac-deadman.service"].map((u) =>
    machine.path(`etc/systemd/system/${u}`),
  );
  // What stands at ExecStart is looked for: the release is installed in this tree.
  const verified = execFileSync(
    "systemd-analyze",
    ["verify", `--root=${machine.root}`, "--man=no", ...units.map((u) => u.slice(machine.root.length))],
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
  );
  assert.equal(verified.trim(), "");
  for (const unit of ["vonggac-agent.service", "vonggac-deadman.service"]) {
    const judged = execFileSync("systemd-analyze", ["security", "--offline=true", `--root=${machine.root}`, unit], {
      encoding: "utf8",
    });
    const score = Number(/exposure level for \S+: ([\d.]+)/.exec(judged)?.[1]);
    assert.ok(score > 0 && score <= EXPOSED_AT_MOST, judged.split("\n").at(-2) ?? judged);
  }
});
