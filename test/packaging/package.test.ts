// Key, signature, command and offer of a package, and each way in which one is refused; by the command line where a person meets it. The
// real payload is made and installed by test/scenarios/62-field.test.ts; here it is a few bytes.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
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
import { join } from "node:path";
import { after, test } from "node:test";
import { fieldTrustOf } from "../../infra/field.ts";
import {
  installCommand,
  makePackage,
  newReleaseKey,
  offerRelease,
  readPackage,
  signPackage,
} from "../../packaging/index.ts";
import { releaseText } from "../../protocol/release.ts";

const CLI = new URL("../../cli/vonggac.ts", import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), "vonggac-package-"));
const key = join(work, "release.key");
const passphrase = "không ai đoán ra";
const passphraseFile = join(work, "passphrase");
writeFileSync(passphraseFile, `${passphrase}\n`);
after(() => rmSync(work, { recursive: true, force: true }));
newReleaseKey(key, passphrase);

let made = 0;
function unsigned(serial = 100): string {
  const folder = join(work, `p${++made}`);
  mkdirSync(folder);
  const payload = Buffer.from(`payload ${serial}`);
  const sha256 = createHash("sha256").update(payload).digest("hex");
  writeFileSync(join(folder, "payload.tar.gz"), payload);
  writeFileSync(
    join(folder, "release.txt"),
    releaseText({ version: "0.1.0", serial, arch: "x64", bytes: payload.length, sha256 }),
  );
  writeFileSync(join(folder, "install.sh"), "exit 0\n");
  return folder;
}
const vonggac = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, LC_ALL: "C" };
    execFile(process.execPath, [CLI, "agent", ...args], { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

test("the key is sealed, for its owner alone, and is never written over", () => {
  assert.match(readFileSync(key, "utf8"), /ENCRYPTED PRIVATE KEY/);
  assert.equal(statSync(key).mode & 0o777, 0o600);
  assert.throws(() => newReleaseKey(key, passphrase), { code: "EEXIST" });
  assert.throws(() => newReleaseKey(join(work, "weak.key"), "short"), { code: "release-key-unusable" });
  assert.ok(!existsSync(join(work, "weak.key")));
});

test("signed by the command line; the printed command holds what the shell's own tools then check", async () => {
  const folder = unsigned();
  const before = await vonggac("install-command", folder, "so-y-te");
  assert.equal(before.code, 1);
  assert.match(before.err, /\[package-unsigned\]/);
  const signed = await vonggac("sign", folder, "--key", key, "--passphrase-file", passphraseFile);
  assert.equal(signed.code, 0, signed.err);
  const printed = await vonggac("install-command", folder, "so-y-te");
  const command = printed.out.trim().split("\n").at(-1)!;
  const { sums } = await readPackage(folder);
  assert.equal(command, installCommand(sums, "so-y-te"));
  const check = command.split(" && sudo ")[0]!;
  execFileSync("sh", ["-c", check], { cwd: folder });
  writeFileSync(join(folder, "install.sh"), "exit 1\n");
  assert.throws(() => execFileSync("sh", ["-c", check], { cwd: folder, stdio: "pipe" }));
});

test("a wrong passphrase, a changed payload, a changed release: named, and nothing is signed or printed", async () => {
  const folder = unsigned();
  writeFileSync(join(work, "wrong"), "not this one\n");
  const refused = await vonggac("sign", folder, "--key", key, "--passphrase-file", join(work, "wrong"));
  assert.match(refused.err, /\[release-key-unusable\]/);
  assert.ok(!existsSync(join(folder, "release.sig")));
  await signPackage(folder, key, passphrase);
  writeFileSync(join(folder, "payload.tar.gz"), "another");
  await assert.rejects(readPackage(folder), { code: "package-incomplete" });
  const other = unsigned(200);
  await signPackage(other, key, passphrase);
  const text = readFileSync(join(other, "release.txt"), "utf8");
  writeFileSync(join(other, "release.txt"), text.replace("serial 200", "serial 201"));
  await assert.rejects(readPackage(other), { code: "package-signature-wrong" });
  writeFileSync(join(other, "release.txt"), "serial 5\n");
  await assert.rejects(signPackage(other, key, passphrase), { code: "package-incomplete" });
  const trust = {
    roots: "",
    configKey: "",
    console: { url: "", enrol: "", serverName: "" },
    metrics: { host: "", port: 1 },
  };
  await assert.rejects(makePackage(folder, trust, "0.1.0", 1), { code: "package-folder-exists" });
});

test("an offer: payload first, then the words; another share is another offer, another release takes the place of the old", async () => {
  const releases = join(work, "releases");
  const [one, two] = [unsigned(100), unsigned(200)];
  await assert.rejects(offerRelease(one, releases, 5), { code: "package-unsigned" });
  for (const folder of [one, two]) await signPackage(folder, key, passphrase);
  for (const share of [-1, 101, Number.NaN])
    await assert.rejects(offerRelease(one, releases, share), { code: "share-impossible" });
  await offerRelease(one, releases, 5);
  const offered = await vonggac("offer", one, "--share", "50", "--releases", releases);
  assert.equal(offered.code, 0, offered.err);
  assert.equal(JSON.parse(readFileSync(join(releases, "offer.json"), "utf8")).share, 50);
  await offerRelease(two, releases, 5);
  assert.deepEqual(readdirSync(releases).sort(), ["offer.json", "payload-200.tar.gz"]);
});

test("what agents trust is read from what is rendered for one; a plan without agents says so", () => {
  const file = (path: string, text: string) => ({ path, content: { text }, mode: "0644", owner: "root:root" });
  const config = { agent: "a", console: { url: "u", enrol: "e", serverName: "s" }, metrics: { host: "h", port: 1 } };
  const files = [
    file("/run/vonggac/agent.json", JSON.stringify(config)),
    file("/run/vonggac/roots.pem", "R"),
    file("/run/vonggac/config-key.pem", "K"),
  ];
  const { agent: _, ...facts } = config;
  assert.deepEqual(fieldTrustOf([{ files: [] }, { files }]), { roots: "R", configKey: "K", ...facts });
  assert.throws(() => fieldTrustOf([{ files: [] }]), /agent/);
});
