// The tree of files: the same texts as the lab's, secrets by name only, a manifest that names every file; judged by the programs that would read it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { FilesError } from "../../../../infra/platforms/files/errors.ts";
import { entriesOf, writeTree } from "../../../../infra/platforms/files/index.ts";
import { birdConf, SECRET, smallDeployment } from "../lab/small.ts";

const folder = mkdtempSync(path.join(tmpdir(), "vonggac-files-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const deployment = smallDeployment(8080);
const out = path.join(folder, "tree");
const read = (file: string) => readFileSync(path.join(out, file), "utf8");
const manifest = (host: string) =>
  JSON.parse(read(`${host}/manifest.json`)) as {
    files: { path: string; copiedTo?: string; mode: string; owner: string; sha256?: string; secret?: string }[];
    units: { unit: string; reloadWhenChanged: string[]; restartWhenChanged: string[] }[];
    devices: { device: string }[];
    apply: string[];
  };
const listed = (host: string) =>
  readdirSync(path.join(out, host, "root"), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => `/${path.relative(path.join(out, host, "root"), path.join(e.parentPath, e.name))}`);
const verify = "/usr/bin/systemd-analyze";

test("every file of the tree stands in its host's manifest with its hash, and every public one of the manifest in the tree", () => {
  const counts = writeTree(deployment, { out });
  assert.deepEqual(counts.hosts, 3);
  let seen = 0;
  for (const { id } of deployment.hosts) {
    const { files } = manifest(id);
    assert.deepEqual(
      listed(id).sort(),
      files
        .filter((f) => f.secret === undefined)
        .map((f) => f.path)
        .sort(),
    );
    for (const file of files.filter((f) => f.sha256 !== undefined)) {
      const bytes = readFileSync(path.join(out, id, "root", file.path));
      assert.equal(createHash("sha256").update(bytes).digest("hex"), file.sha256, file.path);
      seen++;
    }
  }
  assert.equal(seen, counts.files);
});

test("a daemon's text is the lab's own, and its reload is the unit's", () => {
  assert.equal(read("r1/root/etc/bird/bird.conf"), birdConf(1));
  const unit = read("r1/root/etc/systemd/system/vonggac-bird.service");
  assert.match(unit, /^ExecStartPre=\/usr\/sbin\/bird -p -c \/etc\/bird\/bird.conf$/m);
  assert.match(unit, /^ExecReload=\/usr\/sbin\/birdc configure$/m);
  assert.match(unit, /^Conflicts=bird.service$/m);
  assert.deepEqual(manifest("r1").units[0], {
    unit: "vonggac-bird.service",
    role: "network",
    reloadWhenChanged: ["/etc/bird/bird.conf"],
    restartWhenChanged: [],
  });
  assert.match(read("r2/root/etc/systemd/system/vonggac-agent.service"), /AmbientCapabilities=CAP_NET_BIND_SERVICE\n/);
});

test("addresses, routes, kernel settings and rules are those that the lab sets", () => {
  const eth0 = read("c1/root/etc/systemd/network/20-eth0.network");
  for (const line of ["Address=10.9.2.2/24", "Address=2001:db8:98::2/64", "Destination=::/0", "Gateway=2001:db8:98::1"])
    assert.ok(eth0.includes(`${line}\n`), line);
  assert.match(read("r1/root/etc/systemd/network/05-lo.network"), /Address=2001:db8:90::1\/128/);
  assert.match(read("r1/root/etc/sysctl.d/60-vonggac.conf"), /^net\/ipv6\/conf\/all\/forwarding = 1$/m);
  assert.match(read("c1/root/etc/nftables.conf"), /flush ruleset\ntable inet lab/);
  assert.ok(manifest("c1").apply.includes("nft -c -f /etc/nftables.conf"));
});

test("what belongs below /run is kept on the disk and copied at each start of the machine, as its owner's", () => {
  const file = manifest("c1").files.find((f) => f.copiedTo === "/run/vonggac/watched")!;
  assert.equal(file.path, "/etc/vonggac/boot/run/vonggac/watched");
  const lines = read("c1/root/etc/tmpfiles.d/vonggac.conf");
  assert.match(lines, /^C\+ \/run\/vonggac\/watched 0644 root root - \/etc\/vonggac\/boot\/run\/vonggac\/watched$/m);
  assert.match(lines, /^d \/var\/lib\/vonggac\/console 0750 vonggac-console vonggac-console - -$/m);
  assert.match(read("c1/root/etc/systemd/system/vonggac-console.socket"), /ListenStream=127.0.0.1:8080/);
  assert.match(read("c1/root/etc/sysusers.d/vonggac.conf"), /^u vonggac-console /m);
});

test("a secret is a name in the manifest and nothing in the tree, unless it is asked for", () => {
  const everything = () => readdirSync(out, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  for (const e of everything())
    assert.ok(!readFileSync(path.join(e.parentPath, e.name), "utf8").includes(SECRET), e.name);
  assert.equal(manifest("c1").files.find((f) => f.secret)?.secret, "test/secret");
  writeTree(deployment, { out, secret: () => Buffer.from(SECRET) });
  const file = path.join(out, "c1/root/etc/vonggac/boot/run/vonggac/secret");
  assert.equal(readFileSync(file, "utf8"), SECRET);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const missing = () => {
    throw new Error("not there");
  };
  assert.throws(
    () => writeTree(deployment, { out, secret: missing }),
    (e) => e instanceof FilesError && e.code === "secret-missing",
  );
  writeTree(deployment, { out });
  assert.ok(!existsSync(file), "an older tree's secrets do not stay");
});

test("the same deployment gives the same tree; another's folder is left alone", () => {
  const once = entriesOf(deployment.hosts[0]!, []);
  assert.deepEqual(entriesOf(smallDeployment(8080).hosts[0]!, []), once);
  const foreign = path.join(folder, "foreign");
  mkdirSync(foreign);
  writeFileSync(path.join(foreign, "thesis.txt"), "years of work");
  assert.throws(
    () => writeTree(deployment, { out: foreign }),
    (e) => e instanceof FilesError && e.code === "out-not-ours",
  );
  assert.equal(readFileSync(path.join(foreign, "thesis.txt"), "utf8"), "years of work");
});

test("systemd itself finds nothing wrong with the units", {
  skip: !existsSync(verify) && "needs systemd-analyze",
}, async () => {
  const unit = path.join(out, "r1/root/etc/systemd/system/vonggac-bird.service");
  const { stderr } = await promisify(execFile)(verify, ["verify", "--man=no", unit]);
  assert.ok(!stderr.includes("vonggac-bird.service"), stderr);
});
