// The rendered texts in the hands of the daemons that they are for: every host's own `prepare` (bird -p, knotc conf-check, keymgr,
// unbound-checkconf, nginx -t, sshd -t), at the paths of production, in a network and a mount namespace of its own.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { deploymentFor } from "../../infra/deployment.ts";
import type { DaemonSpec, Deployment, HostSpec } from "../../infra/platforms/platform.ts";
import { readSecret } from "../../infra/vault/index.ts";

const TOOLS = [
  "bird",
  "knotd",
  "keymgr",
  "kzonecheck",
  "unbound-checkconf",
  "nginx",
  "postconf",
  "sshd",
  "nft",
  "unshare",
  "setpriv",
];
const missing = TOOLS.filter((t) => !["/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((d) => existsSync(join(d, t))));
const skip =
  process.getuid?.() !== 0
    ? "needs root: daemons' checks run in namespaces of their own"
    : missing.length > 0
      ? `not installed: ${missing.join(", ")}`
      : false;

/** Folders of the machine that a host covers with its own. */
const COVERED = [
  "/etc/bird",
  "/etc/knot",
  "/etc/unbound",
  "/etc/nginx",
  "/etc/postfix",
  "/etc/ssh",
  "/var/lib/knot",
  "/var/lib/nginx",
  "/var/lib/postfix",
  "/var/spool/postfix",
  "/var/log",
  "/run",
];

describe("the daemons", { skip }, () => {
  let folder: string;
  let deployment: Deployment;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "render-test-"));
    ({ deployment } = await deploymentFor({
      provinceFile: join(import.meta.dirname, "../../province.yaml"),
      stateDir: join(folder, "state"),
      screenPort: 8080,
      screenListen: "127.0.0.1",
      screenUrl: "http://127.0.0.1:8080",
    }));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** The host's files where its daemons look for them, below a folder of its own. */
  function lay(host: HostSpec): string {
    const root = join(folder, host.id);
    for (const path of COVERED) mkdirSync(root + path, { recursive: true });
    const own = ({ path, owner, mode }: { path: string; owner: string; mode: string }) => {
      if (owner.includes("vonggac")) return;
      execFileSync("chown", [owner, root + path]);
      execFileSync("chmod", [mode, root + path]);
    };
    for (const d of host.directories) {
      mkdirSync(root + d.path, { recursive: true });
      own(d);
    }
    for (const f of host.files) {
      mkdirSync(dirname(root + f.path), { recursive: true });
      const content = "text" in f.content ? f.content.text : readSecret(join(folder, "state/vault"), f.content.secret);
      writeFileSync(root + f.path, content);
      own(f);
    }
    return root;
  }

  function within(root: string, argv: string[], user = "root") {
    const covers = COVERED.filter((path) => existsSync(path)).map((path) => `mount --bind ${root}${path} ${path}`);
    const sysctls = ["ipv4", "ipv6"].map((f) => `echo 1 > /proc/sys/net/${f}/ip_nonlocal_bind`);
    const as = user === "root" ? [] : ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--init-groups", "--"];
    const script = `set -e; ${[...sysctls, ...covers].join("; ")}; exec "$@"`;
    return spawnSync("unshare", ["--net", "--mount", "sh", "-c", script, "sh", ...as, ...argv], { encoding: "utf8" });
  }

  const taken = (r: ReturnType<typeof within>, what: string) =>
    assert.equal(r.status, 0, `${what}: ${r.stdout}${r.stderr}`.slice(0, 2_000));

  for (const name of ["bird", "knot", "unbound", "nginx", "sshd"])
    it(`${name} takes what is rendered for it, on every host`, () => {
      let checks = 0;
      for (const host of deployment.hosts)
        for (const daemon of host.daemons.filter((d: DaemonSpec) => d.name === name)) {
          const root = lay(host);
          for (const argv of daemon.prepare ?? []) {
            taken(within(root, argv, daemon.user), `${host.id}: ${argv.join(" ")}`);
            checks++;
          }
        }
      assert.ok(checks > 0);
    });

  it("knot takes the zones, and knows the imported keys once", () => {
    const host = deployment.hosts.find((h) => h.id === "sign1")!;
    const root = lay(host);
    const { prepare, user } = host.daemons.find((d) => d.name === "knot")!;
    for (const argv of [...prepare!, ...prepare!]) taken(within(root, argv, user), argv.join(" "));
    const list = within(root, ["keymgr", "-c", "/etc/knot/knot.conf", "camau.gov.vn.", "list"], user);
    assert.equal(list.stdout.trim().split("\n").length, 2, list.stdout);
    for (const zone of ["camau.gov.vn", "bogus.camau.gov.vn"])
      taken(within(root, ["kzonecheck", "-o", zone, `/etc/knot/zones/${zone}.zone`], user), zone);
  });

  it("nft takes the rules of every host of ours", () => {
    const guarded = deployment.hosts.filter((h) => h.nftables !== undefined);
    const ours = deployment.hosts.filter((h) => !h.standIn);
    assert.equal(guarded.length, ours.length - 3, "all but the Internet and the upstreams");
    for (const host of guarded) {
      const root = lay(host);
      writeFileSync(join(root, "run/rules"), host.nftables!);
      taken(within(root, ["nft", "-c", "-f", "/run/rules"]), host.id);
    }
  });
});

describe("the deployment", () => {
  it("is the same twice, names no secret's content, and every file of a daemon is a file of its host", async () => {
    const folder = mkdtempSync(join(tmpdir(), "deployment-test-"));
    try {
      const make = async (agencies: number) =>
        deploymentFor({
          provinceFile: join(import.meta.dirname, "../../province.yaml"),
          stateDir: folder,
          subset: { agencies },
          screenPort: 8080,
          screenListen: "127.0.0.1",
          screenUrl: "http://127.0.0.1:8080",
          now: Date.UTC(2026, 0, 1),
        });
      const { deployment } = await make(84);
      const text = JSON.stringify(deployment);
      assert.equal(JSON.stringify((await make(84)).deployment), text);
      assert.doesNotMatch(text, /PRIVATE KEY|secret: [A-Za-z0-9+/]{20}/);
      const secrets = deployment.hosts.flatMap((h) =>
        h.files.flatMap((f) => ("secret" in f.content ? [f.content.secret] : [])),
      );
      assert.ok(secrets.length > 90, `${secrets.length} secrets`);
      for (const name of secrets)
        assert.ok(!text.includes(readSecret(join(folder, "vault"), name).toString().slice(30, 60)), name);
      for (const host of deployment.hosts) {
        const files = host.files.map((f) => f.path);
        assert.equal(new Set(files).size, files.length, host.id);
        for (const d of host.daemons) {
          for (const path of d.files) assert.ok(files.includes(path), `${host.id} ${d.name} ${path}`);
          for (const path of d.reload?.files ?? []) assert.ok(d.files.includes(path), `${host.id} ${d.name} ${path}`);
        }
      }
      // What is secret is readable by its owner alone.
      for (const f of deployment.hosts.flatMap((h) => h.files))
        if ("secret" in f.content) assert.match(f.mode, /^0[46]00$/, f.path);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
