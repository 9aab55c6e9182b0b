// A device that is not ours: its address is watched by the router beside it, nothing is made of it where machines are real, and its
// absence is an incident that names it. The check runs in a network of real neighbours, by the kernel's own word.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, test } from "node:test";
import { deploymentFor } from "../../../infra/deployment.ts";
import type { Plan } from "../../../infra/plan/types.ts";
import { writeTree } from "../../../infra/platforms/files/index.ts";
import type { Deployment } from "../../../infra/platforms/platform.ts";
import type { TargetOf } from "../../../protocol/target.ts";
import { openNet, type SmallNet, whyNoNet } from "../../support/small-net.ts";

const ROOT = join(import.meta.dirname, "../../..");
const [SITE, DEVICE, SWITCH] = ["phuong-an-xuyen", "ups-an-xuyen", "switch-dc1"];
const DEVICES = `devices:
  - { id: ${DEVICE}, managed: false, kind: ups, name: { vi: UPS, en: UPS }, at: ${SITE} }
  - { id: ${SWITCH}, managed: false, kind: switch, name: { vi: Bộ chuyển mạch, en: Switch }, at: dc1 }
`;

const folder = mkdtempSync(join(tmpdir(), "device-test-"));
after(() => rmSync(folder, { recursive: true }));
let deployment: Deployment;
let plan: Plan;
before(async () => {
  const text = readFileSync(join(ROOT, "province.yaml"), "utf8").replace(/^devices:\n( {2}- .*\n)+/m, DEVICES);
  writeFileSync(join(folder, "province.yaml"), text);
  copyFileSync(join(ROOT, "province.lock"), join(folder, "province.lock"));
  ({ deployment, plan } = await deploymentFor({
    provinceFile: join(folder, "province.yaml"),
    stateDir: join(folder, "state"),
    screenPort: 1,
    screenListen: "127.0.0.1",
    screenUrl: "http://127.0.0.1:1",
  }));
});

const targets = () => plan.registry.targets.filter((t): t is TargetOf<"device"> => t.kind === "device");

test("each is watched once, by the router beside it, at both addresses, and is an asset of its place", () => {
  assert.deepEqual(
    targets().map((t) => [t.agent, t.asset, t.agency, t.expects.addresses.length]),
    [
      ["core1", SWITCH, "dc1", 2],
      [SITE, DEVICE, SITE, 2],
    ],
  );
  const assets = plan.registry.assets.filter((a) => a.kind === "host" && a.role === "device");
  assert.deepEqual(
    assets.map((a) => [a.id, a.agency]),
    [
      [DEVICE, SITE],
      [SWITCH, "dc1"],
    ],
  );
  assert.ok(!plan.registry.agents.some((a) => [DEVICE, SWITCH].includes(a.host)), "no agent of ours stands on it");
});

test("where machines are real, no file is made for it or of it", () => {
  const out = join(folder, "tree");
  writeTree(deployment, { out });
  assert.ok(existsSync(join(out, SITE)));
  assert.ok(
    deployment.hosts.some((h) => h.id === DEVICE && h.standIn),
    "it was there to be left out",
  );
  for (const id of [DEVICE, SWITCH]) assert.ok(!existsSync(join(out, id)), id);
  for (const file of ["manifest.json", `${SITE}/manifest.json`])
    assert.ok(!readFileSync(join(out, file), "utf8").includes(DEVICE), file);
});

describe("the check", { skip: whyNoNet }, () => {
  let net: SmallNet;
  before(async () => {
    net = await openNet(deployment, [SITE, DEVICE]);
  });
  after(async () => net?.close());

  /** Runs it as the agent does, in the router's own network; subjects of its findings. */
  function look(): string[] {
    const script = `
      const { device } = await import(${JSON.stringify(join(ROOT, "agent/checks/device.ts"))});
      const { makeWorld } = await import(${JSON.stringify(join(ROOT, "agent/world/index.ts"))});
      const outcome = await device.run(JSON.parse(process.argv[1]), makeWorld());
      console.log(JSON.stringify(outcome.findings.map((f) => f.tag + " " + f.subject)));`;
    const target = JSON.stringify(targets().find((t) => t.asset === DEVICE));
    return JSON.parse(net.exec(SITE, process.execPath, "--input-type=module", "-e", script, target)) as string[];
  }
  const gone = () => plan.devices.find((d) => d.id === DEVICE)!.address;

  it("finds it there when it refuses, and when it answers nothing", () => {
    assert.deepEqual(look(), []);
    const silent = "table inet t { chain i { type filter hook input priority 0; tcp dport 9 drop; }; }";
    net.exec(DEVICE, "nft", silent);
    assert.deepEqual(look(), []);
  });

  it("misses one family when its address in it is wrong", () => {
    net.exec(DEVICE, "ip", "addr", "del", `${gone().v6}/64`, "dev", "eth0");
    net.exec(SITE, "ip", "neigh", "flush", "dev", "lan0");
    assert.deepEqual(look(), [`DEVICE_UNREACHABLE ${gone().v6}`]);
  });

  it("misses both when it is gone, and when the network's last cable is", () => {
    const both = [`DEVICE_UNREACHABLE ${gone().v4}`, `DEVICE_UNREACHABLE ${gone().v6}`];
    net.exec(DEVICE, "ip", "addr", "flush", "dev", "eth0", "scope", "global");
    net.exec(SITE, "ip", "neigh", "flush", "dev", "lan0");
    assert.deepEqual(look(), both);
    net.exec(DEVICE, "ip", "link", "set", "eth0", "down");
    assert.deepEqual(look(), both);
  });
});
