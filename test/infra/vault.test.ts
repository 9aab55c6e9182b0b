// The vault makes each thing once, keeps it, renews what ages, and what it says of DNSSEC keys is what Knot and the RFCs say.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey, verify, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { dnskeyRdata, dsOf, dsText, keyTag } from "../../infra/vault/dnssec.ts";
import {
  agentTokens,
  auditKey,
  configKey,
  forgetRootKey,
  openPki,
  openVault,
  readSecret,
  restoreRootKey,
  sealedRootKey,
  signedAssignments,
  transferKey,
  VaultError,
  wrongDs,
  zoneKeys,
} from "../../infra/vault/index.ts";
import type { Target } from "../../protocol/target.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);
const folders: string[] = [];
const fresh = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "vault-test-"));
  folders.push(dir);
  return join(dir, "vault");
};
after(() => {
  for (const dir of folders) rmSync(dir, { recursive: true });
});

describe("the vault", () => {
  it("keeps what it made, for its owner alone", () => {
    const dir = fresh();
    const made = zoneKeys(openVault(dir, NOW), "camau.gov.vn");
    assert.deepEqual(zoneKeys(openVault(dir, NOW + DAY_MS), "camau.gov.vn"), made);
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    for (const name of [made.kskSecret, made.zskSecret]) assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(dir, "dns")).sort(), ["camau.gov.vn.ksk.pem", "camau.gov.vn.zsk.pem"]);
  });

  it("tells by a fingerprint that a secret changed, and nothing of the secret", () => {
    const vault = openVault(fresh(), NOW);
    vault.write("a/b", "one");
    const first = vault.fingerprint("a/b");
    assert.match(first, /^[0-9a-f]{32}$/);
    vault.write("a/b", "two");
    assert.notEqual(vault.fingerprint("a/b"), first);
  });

  it("refuses a name that leaves the folder, and tells what is missing", () => {
    const dir = fresh();
    openVault(dir, NOW);
    for (const name of ["../x", "/etc/passwd", "a/../b", "a b", ""])
      assert.throws(
        () => readSecret(dir, name),
        (e: VaultError) => e instanceof VaultError && e.code === "secret-name",
        name,
      );
    assert.throws(
      () => readSecret(dir, "pki/absent.key"),
      (e: VaultError) => e.code === "secret-missing",
    );
  });
});

describe("the province's PKI", () => {
  it("issues a chain that OpenSSL takes under its strict rules", async () => {
    const dir = fresh();
    const pki = await openPki(openVault(dir, Date.now()), "Cà Mau");
    const { chain } = await pki.server("portal", ["portal.camau.gov.vn", "*.camau.gov.vn"]);
    writeFileSync(join(dir, "root.pem"), pki.root);
    writeFileSync(join(dir, "chain.pem"), chain);
    const check = (name: string) =>
      spawnSync(
        "openssl",
        ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", name].concat([
          "-CAfile",
          join(dir, "root.pem"),
          "-untrusted",
          join(dir, "chain.pem"),
          join(dir, "chain.pem"),
        ]),
        { encoding: "utf8" },
      );
    for (const name of ["portal.camau.gov.vn", "xa-dat-mui.camau.gov.vn"])
      assert.equal(check(name).status, 0, check(name).stderr);
    assert.notEqual(check("camau.example").status, 0);
  });

  it("keeps agents' certificates and servers' under different roots", async () => {
    const pki = await openPki(openVault(fresh(), NOW), "Cà Mau");
    const [root, enrolment] = [new X509Certificate(pki.root), new X509Certificate(pki.enrolment.certificate)];
    assert.ok(root.ca && enrolment.ca && enrolment.checkIssued(enrolment));
    assert.equal(enrolment.checkIssued(root), false);
  });

  it("renews a server's certificate below a third of its life, or when its names change, and not before", async () => {
    const dir = fresh();
    const leaf = async (days: number, names = ["a.vn"]) =>
      new X509Certificate((await (await openPki(openVault(dir, NOW + days * DAY_MS), "P")).server("s", names)).chain)
        .serialNumber;
    const first = await leaf(0);
    assert.equal(await leaf(59), first);
    const renewed = await leaf(61);
    assert.notEqual(renewed, first);
    assert.equal(await leaf(62), renewed);
    assert.notEqual(await leaf(62, ["a.vn", "b.vn"]), renewed);
  });
});

describe("the root's key", () => {
  const PASS = "correct horse battery staple";
  const open = (dir: string, days = 0) => openPki(openVault(dir, NOW + days * DAY_MS), "P");

  it("is not needed for daily work: servers' certificates go on without it", async () => {
    const dir = fresh();
    await open(dir);
    const vault = openVault(dir, NOW);
    const sealed = sealedRootKey(vault, PASS);
    assert.match(sealed, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    const plain = vault.read("pki/root.key");
    forgetRootKey(vault);
    assert.equal(existsSync(join(dir, "pki/root.key")), false);
    const first = (await (await open(dir)).server("s", ["a.vn"])).chain;
    const renewed = (await (await open(dir, 80)).server("s", ["a.vn"])).chain;
    assert.notEqual(renewed, first);
    restoreRootKey(vault, sealed, PASS);
    assert.equal(createPrivateKey(vault.read("pki/root.key")).equals(createPrivateKey(plain)), true);
  });

  it("is asked for when an issuing CA must be made, and is refused when it is another's", async () => {
    const [dir, other] = [fresh(), fresh()];
    await open(dir);
    await open(other);
    const vault = openVault(dir, NOW);
    const foreign = sealedRootKey(openVault(other, NOW), PASS);
    const code = (c: string) => (e: unknown) => e instanceof VaultError && e.code === c;
    assert.throws(() => sealedRootKey(vault, "short"), code("passphrase-weak"));
    assert.throws(() => restoreRootKey(vault, foreign, PASS), code("root-key-wrong"));
    assert.throws(() => restoreRootKey(vault, sealedRootKey(vault, PASS), `${PASS}!`), code("root-key-wrong"));
    forgetRootKey(vault);
    assert.throws(() => sealedRootKey(vault, PASS), code("root-key-absent"));
    await open(dir, 1_500);
    await assert.rejects(open(dir, 1_900), code("root-key-absent"));
  });

  it("has a key ready before it is used: what TLSA said before a renewal holds after it", async () => {
    const dir = fresh();
    const at = async (days: number) => (await open(dir, days)).server("s", ["a.vn"]);
    const [before, after_] = [await at(0), await at(61)];
    assert.equal(before.publicKeys[1], after_.publicKeys[0]);
    const key = new X509Certificate(after_.chain).publicKey.export({ type: "spki", format: "der" });
    assert.equal(createHash("sha256").update(key).digest("hex"), after_.publicKeys[0]);
  });
});

describe("DNSSEC keys", () => {
  // RFC 6605 §6.1: the key and its DS as printed there.
  it("gives the key tag and the DS that RFC 6605 prints", () => {
    const rdata = Buffer.concat([
      Buffer.from([1, 1, 3, 13]),
      Buffer.from("GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==", "base64"),
    ]);
    const digest = "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17";
    assert.equal(dsOf("example.net", rdata), `55648 13 2 ${digest.toUpperCase()}`);
  });

  it("has a different tag for the same key in the other role, and a DS that fits no key where that is wanted", () => {
    const vault = openVault(fresh(), NOW);
    const { kskSecret, ds } = zoneKeys(vault, "bogus.vn");
    const pem = vault.read(kskSecret);
    assert.notEqual(keyTag(dnskeyRdata(pem, "ksk")), keyTag(dnskeyRdata(pem, "zsk")));
    assert.equal(ds, dsText("bogus.vn", pem));
    assert.notEqual(wrongDs(vault, "bogus.vn"), ds);
    assert.equal(wrongDs(vault, "bogus.vn"), wrongDs(vault, "bogus.vn"));
  });

  const keymgr = existsSync("/usr/sbin/keymgr");
  for (const zone of ["camau.gov.vn", ""])
    it(`agrees with Knot on the DS of "${zone}."`, {
      skip: keymgr ? false : "keymgr (Debian's knot) is not installed",
    }, () => {
      const dir = fresh();
      const vault = openVault(dir, NOW);
      const { kskSecret, ds } = zoneKeys(vault, zone);
      const kasp = mkdtempSync(join(tmpdir(), "kasp-test-"));
      folders.push(kasp);
      const run = (...args: string[]) =>
        execFileSync("/usr/sbin/keymgr", ["-D", kasp, `${zone}.`, ...args], { encoding: "utf8" });
      const once = ["import-pem", join(dir, kskSecret), "algorithm=13", "ksk=yes", "zsk=no"];
      run(...once);
      run(...once);
      assert.equal(run("list").trim().split("\n").length, 1, "a second import changes nothing");
      const said = run("ds")
        .split("\n")
        .map((l) => l.split(" DS ")[1]?.toUpperCase());
      assert.ok(said.includes(ds), `${ds} among ${said}`);
    });

  it("keeps one key for zone transfers, as Knot includes it", () => {
    const vault = openVault(fresh(), NOW);
    const text = vault.read(transferKey(vault));
    assert.match(
      text,
      /^key:\n {2}- id: province-transfer\n {4}algorithm: hmac-sha256\n {4}secret: [A-Za-z0-9+/]{43}=\n$/,
    );
    assert.equal(vault.read(transferKey(vault)), text);
    const audit = vault.read(auditKey(vault));
    assert.match(audit, /- id: province-audit\n/);
    const secretOf = (conf: string) => /secret: (\S+)/.exec(conf)![1];
    assert.notEqual(secretOf(audit), secretOf(text), "the auditor cannot pass for a name server");
  });
});

describe("what agents are given", () => {
  const target = (everyMs: number): Target => ({
    id: "a/ssh-log/sshd",
    agency: "a",
    agent: "a",
    asset: "a",
    everyMs,
    kind: "ssh-log",
    expects: { path: "/var/log/x", failures: 5, windowMs: 60_000 },
  });

  it("signs what an agent can verify with the public key, and raises the serial only when the targets change", () => {
    const vault = openVault(fresh(), NOW);
    const issue = (everyMs: number) => signedAssignments(vault, ["a", "b"], [target(everyMs)]);
    const [first] = issue(500);
    const key = createPublicKey(configKey(vault));
    assert.ok(verify(null, Buffer.from(first!.payload), key, Buffer.from(first!.signature, "base64")));
    assert.equal(verify(null, Buffer.from(`${first!.payload} `), key, Buffer.from(first!.signature, "base64")), false);
    const serial = (everyMs: number) => issue(everyMs).map((s) => JSON.parse(s.payload).serial);
    assert.deepEqual(serial(500), [1, 1]);
    assert.deepEqual(serial(900), [2, 1]);
    assert.deepEqual(serial(500), [3, 1], "back to the old content is a new issue");
  });

  it("shows whoever only looks what would be made, and neither makes nor raises anything", () => {
    const dir = fresh();
    assert.equal(signedAssignments(openVault(dir, NOW, { look: true }), ["a"], [target(500)]).length, 1);
    assert.ok(!existsSync(dir), "not even the folder");
    signedAssignments(openVault(dir, NOW), ["a"], [target(500)]);
    agentTokens(openVault(dir, NOW), ["a"]);
    const files = () =>
      readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((e) => e.isFile())
        .map((e) => [e.name, readFileSync(join(e.parentPath, e.name), "utf8")]);
    const before = files();
    const look = openVault(dir, NOW, { look: true });
    const serials = signedAssignments(look, ["a", "b"], [target(900)]).map((s) => JSON.parse(s.payload).serial);
    assert.deepEqual(serials, [2, 1], "what the next provisioning would issue");
    assert.deepEqual(
      agentTokens(look, ["a", "b"]).map((t) => t.agent),
      ["a", "b"],
    );
    assert.match(look.fingerprint("tokens/b"), /^[0-9a-f]{32}$/);
    look.remove("tokens/a");
    assert.equal(look.has("tokens/a"), false);
    assert.throws(() => look.read("tokens/a"), VaultError);
    assert.deepEqual(files(), before);
  });

  it("keeps an agent's serial while the agent is away", () => {
    const vault = openVault(fresh(), NOW);
    signedAssignments(vault, ["a"], [target(500)]);
    signedAssignments(vault, ["a"], [target(600)]);
    signedAssignments(vault, [], []);
    assert.equal(JSON.parse(signedAssignments(vault, ["a"], [target(700)])[0]!.payload).serial, 3);
  });

  it("gives each agent a token whose hash is all that the CA is told", () => {
    const dir = fresh();
    const tokens = agentTokens(openVault(dir, NOW), ["a", "b"]);
    assert.deepEqual(agentTokens(openVault(dir, NOW), ["a", "b"]), tokens);
    for (const { agent, sha256, expiresAt } of tokens) {
      const token = readSecret(dir, `tokens/${agent}`).toString();
      assert.ok(token.length >= 43 && expiresAt === NOW + 30 * DAY_MS);
      assert.equal(createHash("sha256").update(token).digest("hex"), sha256);
      assert.ok(!readFileSync(join(dir, "tokens.json"), "utf8").includes(token));
    }
    assert.equal(new Set(tokens.map((t) => t.sha256)).size, 2);
  });

  it("gives an agent that left and comes back another token, since its first was used; a look changes nothing", () => {
    const dir = fresh();
    const hashes = (agents: string[], preview?: boolean) =>
      new Map(agentTokens(openVault(dir, NOW), agents, preview).map((t) => [t.agent, t.sha256]));
    const first = hashes(["a", "b"]);
    hashes(["a"], true);
    assert.deepEqual(hashes(["a", "b"]), first);
    hashes(["a"]);
    const again = hashes(["a", "b"]);
    assert.equal(again.get("a"), first.get("a"));
    assert.notEqual(again.get("b"), first.get("b"));
  });

  it("makes a token anew that ends soon or that was damaged", () => {
    const dir = fresh();
    const hash = (days: number) => agentTokens(openVault(dir, NOW + days * DAY_MS), ["a"])[0]!.sha256;
    const first = hash(0);
    assert.equal(hash(19), first);
    const second = hash(21);
    assert.notEqual(second, first);
    writeFileSync(join(dir, "tokens/a"), "");
    assert.notEqual(hash(21), second);
  });
});
