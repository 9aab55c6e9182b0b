// A machine on an agency's campus network configures itself from the gateway's announcements: in a network of real routers and rules it
// gets its address, its way out and the resolvers, and reaches the portal, and the gateway hears nobody announce. Without a way out of
// its own the gateway is nobody's.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseAddress } from "../../../agent/wire/address.ts";
import { deploymentFor } from "../../../infra/deployment.ts";
import type { Plan } from "../../../infra/plan/types.ts";
import { until } from "../../support/lab.ts";
import { openNet, type SmallNet, whyNoNet } from "../../support/small-net.ts";

const SITE = "phuong-an-xuyen";
/** Perl is on every Debian (perl-base), and Node has no raw sockets: waits for a router advertisement (RFC 4861 §4.2), prints it. */
const HEAR =
  "socket(S, AF_INET6, SOCK_RAW, 58) or die; while (recv(S, $m, 1500, 0)) { if (ord($m) == 134) { print $m; exit } }";
const LISTEN = `require("node:net").createServer((s) => s.end("portal")).listen(443, "::")`;
const ASK = `require("node:net").connect(443, process.argv[1]).on("data", (d) => process.stdout.write(d)).on("error", () => process.exit(1))`;

/** Options by type; their length is in units of eight octets (RFC 4861 §4.6). */
function optionsOf(announcement: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 16; at < announcement.length; at += 8 * announcement[at + 1]!)
    options.set(announcement[at]!, announcement.subarray(at, at + 8 * announcement[at + 1]!));
  return options;
}

describe("an agency's campus", { skip: whyNoNet }, () => {
  let folder: string;
  let net: SmallNet;
  let plan: Plan;
  let machine: string;
  let listener: ChildProcess;
  /** The first announcement's octets. */
  let announced = "";
  const at = (...argv: string[]) =>
    execFileSync("nsenter", [`--net=/run/netns/${machine}`, ...argv], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  const advertisementsHeard = () =>
    Number(/^Icmp6InRouterAdvertisements\s+(\d+)$/m.exec(net.exec(SITE, "cat", "/proc/net/dev_snmp6/lan0"))![1]);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "campus-test-"));
    const made = await deploymentFor({
      provinceFile: join(import.meta.dirname, "../../../province.yaml"),
      stateDir: folder,
      screenPort: 1,
      screenListen: "127.0.0.1",
      screenUrl: "http://127.0.0.1:1",
    });
    plan = made.plan;
    net = await openNet(made.deployment, ["inet", "isp1", "br1", "core1", "hub1", "web1", SITE]);
    machine = `${net.namespace(SITE)}-pc`;
    net.start("web1", process.execPath, "-e", LISTEN);
    await until("the gateway knows a way out", 40_000, async () =>
      (await net.birdc(SITE, "show route for ::/0 primary")).some((l) => l.includes("to_hub1")),
    );
    // As a person's machine is when it is plugged in: nothing of it is configured.
    execFileSync("ip", ["netns", "add", machine]);
    execFileSync("ip", [
      "link",
      "add",
      "eth0",
      "netns",
      machine,
      "type",
      "veth",
      "peer",
      "name",
      "pc0",
      "netns",
      net.namespace(SITE),
    ]);
    net.exec(SITE, "ip", "link", "set", "pc0", "master", "lan0", "up");
    listener = spawn("nsenter", [`--net=/run/netns/${machine}`, "perl", "-MSocket", "-e", HEAR], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    listener.stdout!.setEncoding("latin1").on("data", (text) => {
      announced += text;
    });
    at("ip", "link", "set", "eth0", "up");
  });
  after(async () => {
    listener?.kill();
    if (machine) execFileSync("ip", ["netns", "del", machine]);
    await net?.close();
    rmSync(folder, { recursive: true });
  });

  it("gives a machine that is plugged in its address and its way out", async () => {
    const prefix = plan.byId.get(SITE)!.lan!.prefix.v6;
    const within = prefix.replace(/::\/64$/, ":");
    assert.match(prefix, /::\/64$/);
    await until("the machine has an address", 30_000, async () =>
      at("ip", "-6", "addr", "show", "dev", "eth0", "scope", "global", "-tentative").includes(within),
    );
    assert.match(at("ip", "-6", "route", "show", "default"), /^default via fe80::\S+ dev eth0 proto ra /m);
  });

  it("tells it the province's resolvers and domain", async () => {
    await until("an announcement was heard", 20_000, async () => announced.length > 0);
    const options = optionsOf(Buffer.from(announced, "latin1"));
    // RFC 8106 §5.1: behind type, length, reserved and lifetime stand addresses.
    const servers = options.get(25)!.subarray(8).toString("hex").match(/.{32}/g)!;
    assert.deepEqual(
      servers,
      plan.resolvers.map(({ v6 }) => Buffer.from(parseAddress(v6)!).toString("hex")),
    );
    const domain = Buffer.from([5, ...Buffer.from("camau"), 3, ...Buffer.from("gov"), 2, ...Buffer.from("vn"), 0]);
    assert.deepEqual(options.get(31)!.subarray(8, 8 + domain.length), domain);
  });

  it("lets it reach the portal", () => {
    const portal = plan.hosts.find((h) => h.server?.task === "portal")!.server!.address.v6;
    assert.equal(at(process.execPath, "-e", ASK, portal), "portal");
  });

  it("is no announcement that the gateway itself would take for a stranger's", async () => {
    assert.equal(advertisementsHeard(), 0);
  });

  it("names no way out when the gateway has none", async () => {
    net.exec(
      "hub1",
      "ip",
      "link",
      "set",
      "dev",
      plan.links.find((l) => l.id === `hub1~${SITE}`)!.ends[0].device,
      "down",
    );
    await until("the machine's way out is gone", 30_000, async () => at("ip", "-6", "route", "show", "default") === "");
  });
});
