// The table of flows against packets: in a network of real routers and rules every pair of the matrix is asked for, in both families,
// and what answers is what the plan says, no more and no less. And sources that cannot be are dropped.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { deploymentFor } from "../../../infra/deployment.ts";
import { matrix, type Pair } from "../../../infra/plan/reach.ts";
import type { Plan } from "../../../infra/plan/types.ts";
import { until } from "../../support/lab.ts";
import { openNet, type SmallNet, whyNoNet } from "../../support/small-net.ts";

const SITES = ["so-noi-vu", "phuong-an-xuyen"];
/** Who asks: one of each kind. All hosts of the net are asked. */
const ASKERS = ["inet", "so-noi-vu", "hub1", "br1", "core2", "web1", "res1", "console", "bast1"];
const PROBE = join(import.meta.dirname, "../../../infra/verify/reach-probe.ts");

describe("who reaches whom", { skip: whyNoNet }, () => {
  let folder: string;
  let net: SmallNet;
  let plan: Plan;
  let pairs: Pair[];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "firewall-test-"));
    const made = await deploymentFor({
      provinceFile: join(import.meta.dirname, "../../../province.yaml"),
      stateDir: folder,
      screenPort: 1,
      screenListen: "127.0.0.1",
      screenUrl: "http://127.0.0.1:1",
    });
    plan = made.plan;
    const hosts = plan.hosts.filter((h) => h.role !== "site" || SITES.includes(h.id)).map((h) => h.id);
    // Answers that something is closed are answers here: none is held back.
    for (const h of made.deployment.hosts)
      Object.assign(h.sysctls, { "ipv4/icmp_ratelimit": "0", "ipv6/icmp/ratelimit": "0" });
    net = await openNet(made.deployment, hosts);
    pairs = matrix(plan, hosts).filter((p) => ASKERS.includes(p.from));
    const last = plan.byId.get("so-noi-vu")!.loopback!;
    await until(
      "the far ends know each other",
      40_000,
      async () =>
        [last.v4, last.v6].every((a) => net.exec("core2", "ip", "route", "get", a).includes("to-")) &&
        (await net.birdc("hub1", "show route for ::/0 primary")).some(
          (l) => l.includes("BGP") || l.includes("to_core1"),
        ) &&
        (await net.birdc("isp1", "show route for 203.0.113.0/24 primary")).some((l) => l.includes("to_br1")),
    );
  });
  after(async () => {
    await net?.close();
    rmSync(folder, { recursive: true });
  });

  const name = (p: Pair) => `${p.from} → ${p.to} ${p.service} IPv${p.family}`;

  /** Which of these pairs answered. */
  async function asked(from: string, list: Pair[]): Promise<Set<Pair>> {
    const ports = list.filter((p) => p.port !== undefined);
    const echoes = list.filter((p) => p.service === "echo");
    const argv = [`--net=/run/netns/${net.namespace(from)}`, process.execPath, PROBE];
    const answered = JSON.parse(await run("nsenter", argv, JSON.stringify(ports))) as number[];
    const script = echoes
      .map((p, i) => `(ping -nqc1 -W1 -I ${p.source} ${p.address} >/dev/null 2>&1 && echo ${i}) &`)
      .join("\n");
    const pinged = await run("nsenter", [argv[0]!, "sh"], `${script}\nwait\n`);
    return new Set([
      ...answered.map((i) => ports[i]!),
      ...pinged
        .trim()
        .split("\n")
        .filter(Boolean)
        .map((i) => echoes[Number(i)]!),
    ]);
  }

  it("is what the table says, pair by pair, in both families", async () => {
    let refused = 0;
    const wrong: string[] = [];
    const queue = [...ASKERS];
    const worker = async () => {
      for (let from = queue.shift(); from !== undefined; from = queue.shift()) {
        const own = pairs.filter((p) => p.from === from);
        const answered = await asked(from, own);
        refused += own.length - answered.size;
        for (const p of own)
          if (answered.has(p) !== p.reached)
            wrong.push(`${name(p)}: ${p.reached ? `not reached (${p.flow ?? p.reason})` : "reached"}`);
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    assert.deepEqual(wrong, []);
    assert.ok(pairs.length > 1_000 && refused > pairs.length / 2, `${pairs.length} pairs, ${refused} refused`);
  });

  it("never lets the outside reach what manages, by any service", () => {
    const managed = pairs.filter(
      (p) => p.from === "inet" && ["console", "core1", "hub1", "sign1", "res1", "br1"].includes(p.to),
    );
    assert.ok(managed.length >= 6 * 9 * 2);
    assert.deepEqual(managed.filter((p) => p.reached).map(name), []);
  });

  it("counts what it refuses", () => {
    const rules = net.exec("br1", "nft", "list", "chain", "inet", "province", "forward");
    assert.match(rules, /counter packets [1-9]\d* bytes \d+ drop comment "default-drop"/);
  });

  it("drops sources that cannot be: another's at a site's line, a stranger's at a server's, ours and nobody's at the border", async () => {
    const spoofed = (host: string) =>
      [...net.exec(host, "nft", "list", "chain", "inet", "province", "spoofed").matchAll(/packets (\d+) .*"spoofed"/g)]
        .map((m) => Number(m[1]))
        .reduce((a, b) => a + b, 0);
    const { v6, v4 } = plan.byId.get("dns2")!.server!.address;
    for (const [liar, guard, lies] of [
      ["so-noi-vu", "hub1", ["10.99.0.1", "2001:db8:4fff::1"]],
      ["bast1", "core1", ["10.99.0.2", "2001:db8:4fff::2"]],
      ["isp1", "br1", ["10.99.0.3", "2001:db8:4000:100::15", "192.168.7.7", "fd00::7"]],
    ] as const) {
      const before = spoofed(guard);
      for (const lie of lies) {
        net.exec(
          liar,
          "ip",
          "addr",
          "add",
          `${lie}/${lie.includes(":") ? "128" : "32"}`,
          "dev",
          "lo",
          ...(lie.includes(":") ? ["nodad"] : []),
        );
        await run(
          "nsenter",
          [`--net=/run/netns/${net.namespace(liar)}`, "sh"],
          `ping -nqc1 -W0.2 -I ${lie} ${lie.includes(":") ? v6 : v4} >/dev/null 2>&1 || true`,
        );
      }
      assert.equal(spoofed(guard) - before >= lies.length, true, `${guard} counted ${spoofed(guard) - before}`);
    }
  });
});

const run = (command: string, argv: string[], input: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(command, argv, { maxBuffer: 16e6 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    child.stdin!.end(input);
  });
