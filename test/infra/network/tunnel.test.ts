// An agency's line over the Internet (WireGuard): the files that an engineer copies, keys that stay in the vault, a door at the hub that opens
// to the tunnel's own port and to nothing else. The kernel that runs this need not know WireGuard: packets stop at the hub's socket.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, test } from "node:test";
import { deploymentFor } from "../../../infra/deployment.ts";
import type { Plan } from "../../../infra/plan/types.ts";
import { writeTree } from "../../../infra/platforms/files/index.ts";
import { linkInputs } from "../../../infra/platforms/lab/model.ts";
import type { Deployment } from "../../../infra/platforms/platform.ts";
import { openVault, tunnelKey } from "../../../infra/vault/index.ts";
import { until } from "../../support/lab.ts";
import { openNet, type SmallNet, whyNoNet } from "../../support/small-net.ts";

const ROOT = join(import.meta.dirname, "../../..");
const GOLDEN = join(import.meta.dirname, "tunnel-golden.txt");
const [SITE, HUB, LINE] = ["phuong-an-xuyen", "hub3", "hub3~phuong-an-xuyen"];
const OUTER = { v4: "203.0.113.200", v6: "2001:db8:4000:300::3" };

const folder = mkdtempSync(join(tmpdir(), "tunnel-test-"));
after(() => rmSync(folder, { recursive: true }));
let deployment: Deployment;
let plan: Plan;
before(async () => {
  const text = readFileSync(join(ROOT, "province.yaml"), "utf8")
    .replace("{ id: hub3, role: hub }", `{ id: hub3, role: hub, internet: { ipv4: ${OUTER.v4}, ipv6: "${OUTER.v6}" } }`)
    .replace(/(id: phuong-an-xuyen,.*uplinks: )\[hub1\]/, "$1[hub1, { hub: hub3, medium: internet }]");
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

const privateKeys = () =>
  [HUB, SITE].map((end) => readFileSync(join(folder, "state/vault/wireguard", HUB, SITE, `${end}.key`), "utf8").trim());

test("the files of both ends are the golden ones, their keys by name alone", () => {
  const out = join(folder, "tree");
  writeTree(deployment, { out });
  const own = /(to-ag\d+|to-hub3|wan0)\.(netdev|network)$/;
  const shown = [HUB, SITE].flatMap((host) => {
    const dir = join(out, host, "root/etc/systemd/network");
    const names = readdirSync(dir).filter((n) => own.test(n) && (host === SITE || n.includes(deviceAt(HUB))));
    return names.sort().map((n) => `# ${host} /etc/systemd/network/${n}\n${readFileSync(join(dir, n), "utf8")}`);
  });
  const publicKeys = [HUB, SITE].map(
    (end) => tunnelKey(openVault(join(folder, "state/vault"), 0), LINE, end).publicKey,
  );
  const text = shown.join("").replaceAll(publicKeys[0]!, "HUB-KEY").replaceAll(publicKeys[1]!, "AGENCY-KEY");
  if (process.env["VONGGAC_GOLDEN"] === "write") writeFileSync(GOLDEN, text);
  assert.equal(text, readFileSync(GOLDEN, "utf8"));
  const manifest = JSON.parse(readFileSync(join(out, SITE, "manifest.json"), "utf8")) as {
    files: { path: string; secret?: string; mode: string; owner: string }[];
    devices: { device: string }[];
  };
  const key = manifest.files.find((f) => f.path.endsWith("to-hub3.key"))!;
  assert.deepEqual(
    [key.secret, key.mode, key.owner],
    [`wireguard/${HUB}/${SITE}/${SITE}.key`, "0640", "root:systemd-network"],
  );
  assert.deepEqual(manifest.devices.map((d) => d.device).sort(), ["to-hub1", "wan0"]);
  for (const file of readdirSync(out, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())) {
    const content = readFileSync(join(file.parentPath, file.name), "utf8");
    for (const secret of privateKeys()) assert.ok(!content.includes(secret), file.name);
  }
});

test("the engine is told of a plain line, and of no key", () => {
  const inputs = JSON.stringify(deployment.links.map(linkInputs));
  assert.ok(inputs.includes(LINE));
  for (const word of [...privateKeys(), "wireguard", "tunnel", "peerKey"]) assert.ok(!inputs.includes(word), word);
  assert.ok(JSON.stringify(deployment.links).includes("wireguard/"), "what is left out was there");
});

test("a key's public half is that of RFC 7748 §6.1, and is made once", () => {
  const vault = openVault(join(folder, "other"), 0);
  const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");
  vault.write("wireguard/a/b/a.key", base64(ALICE.own));
  assert.equal(tunnelKey(vault, "a~b", "a").publicKey, base64(ALICE.public));
  const made = tunnelKey(vault, "a~b", "b");
  assert.deepEqual(tunnelKey(vault, "a~b", "b"), made);
  assert.notEqual(made.publicKey, base64(ALICE.public));
});

const ALICE = {
  own: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
  public: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
};

/** The hub's device of the line. */
const deviceAt = (host: string) => plan.links.find((l) => l.id === LINE)!.ends.find((e) => e.host === host)!.device;

describe("the hub's door", { skip: whyNoNet }, () => {
  let net: SmallNet;
  before(async () => {
    net = await openNet(deployment, ["inet", "isp1", "br1", "core1", "core2", HUB, SITE]);
    await until("the Internet knows a way in", 40_000, async () =>
      (await net.birdc("inet", `show route for ${OUTER.v4} primary`)).some((l) => l.includes("to_isp1")),
    );
    await until("the border knows where the hub is", 40_000, async () =>
      (await net.birdc("br1", `show route for ${OUTER.v6} primary`)).some((l) => l.includes("to_core1")),
    );
  });
  after(async () => net?.close());

  const ports = () => {
    const { port } = plan.links.find((l) => l.id === LINE)!.tunnel!;
    return { open: port, closed: port + 1 };
  };
  const ECHO = `for (const family of ["udp4", "udp6"]) for (const port of process.argv.slice(1)) {
    const s = require("node:dgram").createSocket({ type: family, ipv6Only: family === "udp6" });
    s.on("message", (m, from) => s.send(m, from.port, from.address)).bind({ port: Number(port), address: family === "udp4" ? "${OUTER.v4}" : "${OUTER.v6}" });
  }`;
  const ASK = `const [address, port, source] = process.argv.slice(1);
    const s = require("node:dgram").createSocket(address.includes(":") ? "udp6" : "udp4");
    let tries = 0;
    s.on("message", () => { console.log("answered"); process.exit(0); });
    s.bind({ address: source }, () => setInterval(() => { if (++tries > 8) process.exit(0); s.send("?", Number(port), address); }, 200));`;

  it("carries BGP as any line does, where the platform lays a plain one", async () => {
    const family = (f: 4 | 6) => `${deviceAt(HUB).replaceAll("-", "_")}_${f}`;
    await until("both sessions stand", 30_000, async () => {
      const lines = await net.birdc(HUB, "show protocols");
      return ([4, 6] as const).every((f) => lines.some((l) => l.startsWith(family(f)) && l.includes("Established")));
    });
  });

  it("is no door at the agency: who comes by its Internet line as one of the province's own is dropped", () => {
    const rules = net.exec(SITE, "nft", "list", "chain", "inet", "province", "spoofed");
    assert.match(rules, /iifname "wan0" ip saddr 203\.0\.113\.200 udp sport 40126 accept/);
    assert.match(rules, /iifname "wan0" ip6 saddr @inside_v6 counter packets 0 bytes 0 drop/);
  });

  it("lets the tunnel's port in from the Internet, in both families, and nothing else", () => {
    const { open, closed } = ports();
    net.start(HUB, process.execPath, "-e", ECHO, String(open), String(closed));
    const source = plan.byId.get("inet")!.loopback!;
    for (const family of ["v4", "v6"] as const) {
      const ask = (port: number) =>
        net.exec("inet", process.execPath, "-e", ASK, OUTER[family], String(port), source[family]).trim();
      assert.equal(ask(open), "answered", family);
      assert.equal(ask(closed), "", `${family}: a port beside it`);
    }
    const managed = plan.byId.get(HUB)!.loopback!;
    assert.equal(net.exec("inet", process.execPath, "-e", ASK, managed.v6, String(open), source.v6).trim(), "");
  });
});
