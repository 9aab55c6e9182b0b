// What routers believe and tell, in real BIRDs: lies of an upstream, the way out and its second, work on a border, and a leak.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { deploymentFor } from "../../../infra/deployment.ts";
import { birdConfig } from "../../../infra/render/index.ts";
import { until } from "../../support/lab.ts";
import { openNet, type SmallNet, whyNoNet } from "../../support/small-net.ts";
import { plan, sample } from "../plan/sample.ts";

const ROUTERS = ["inet", "isp1", "isp2", "br1", "br2", "core1", "core2", "hub1", "hub3", "so-noi-vu"];
const LIMIT = 40;
const intent = {
  ...sample,
  // The first upstream alone: what it tells too much of, the second hears by the Internet and tells too.
  upstreams: sample.upstreams.map((u, i) => (i > 0 ? u : { ...u, maxPrefixes: { ipv4: LIMIT, ipv6: LIMIT } })),
};

describe("routes", { skip: whyNoNet }, () => {
  let folder: string;
  let net: SmallNet;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "routing-test-"));
    const { deployment } = await deploymentFor({
      provinceFile: join(import.meta.dirname, "../../../province.yaml"),
      stateDir: folder,
      screenPort: 1,
      screenListen: "127.0.0.1",
      screenUrl: "http://127.0.0.1:1",
    });
    const p = plan(intent);
    for (const host of deployment.hosts)
      for (const file of host.files)
        if (file.path === "/etc/bird/bird.conf") file.content = { text: birdConfig(p, p.byId.get(host.id)!) };
    net = await openNet(deployment, ROUTERS);
    await until("the province has a way out by its first upstream", 30_000, async () =>
      (await Promise.all(["br1", "br2", "core1", "core2", "so-noi-vu"].map((h) => wayOut(h)))).every(
        (w) => w === "isp1",
      ),
    );
  });
  after(async () => {
    await net?.close();
    rmSync(folder, { recursive: true });
  });

  const table = async (host: string, what = "all") => (await net.birdc(host, `show route ${what}`)).join("\n");
  const asn = (id: string) => sample.upstreams.find((u) => u.id === id)!.asn;
  /** By which upstream a host's default routes leave, when those of both families agree. */
  async function wayOut(host: string): Promise<string> {
    const ways = await Promise.all(
      ["0.0.0.0/0", "::/0"].map(async (to) => {
        const text = await table(host, `for ${to} primary all`);
        return ["isp1", "isp2"].find((id) => new RegExp(`as_path:.* ${asn(id)}\\b`).test(text));
      }),
    );
    return ways[0] === ways[1] ? (ways[0] ?? "none") : ways.join(" and ");
  }
  const allBy = (host: string[], upstream: string) => async () =>
    (await Promise.all(host.map(wayOut))).every((w) => w === upstream);
  /** Lets an upstream announce more; gives back what undoes it. */
  async function lie(upstream: string, v4: string[], v6: string[]): Promise<() => Promise<void>> {
    const honest = birdConfig(plan(intent), plan(intent).byId.get(upstream)!);
    const routes = (list: string[]) => list.map((r) => `route ${r};`).join(" ");
    const lies = `protocol static lies4 { ipv4; ${routes(v4)} }\nprotocol static lies6 { ipv6; ${routes(v6)} }\n`;
    await net.reconfigure(upstream, honest + lies);
    return () => net.reconfigure(upstream, honest);
  }

  it("tells the outside the aggregates and nothing narrower", async () => {
    for (const upstream of ["isp1", "isp2"]) {
      const told = (await table(upstream, "primary")).match(/^(203\.|10\.|2001:db8:4)\S+/gm);
      assert.deepEqual(told?.sort(), ["2001:db8:4000::/40", "203.0.113.0/24"], upstream);
    }
  });

  it("takes the world from an upstream, and of the lies in it none", async () => {
    const bad = {
      v4: ["203.0.113.0/24", "203.0.113.128/25", "10.0.0.0/9", "192.168.0.0/16", "100.64.0.0/10", "11.22.33.128/25"],
      v6: ["2001:db8:4000::/41", "2001:db8:4000::/40", "fd00::/8", "2001:db8:5::/48", "2a00:1::/49"],
    };
    const good = { v4: "11.22.0.0/16", v6: "2a00:2::/32" };
    const path = (n: number) => `unreachable { bgp_path.prepend(${n}); }`;
    const undo = await lie(
      "isp1",
      [...[...bad.v4, good.v4].map((r) => `${r} unreachable`), `11.33.0.0/16 ${path(65_001)}`],
      [...[...bad.v6, good.v6].map((r) => `${r} unreachable`), `2a00:3::/32 ${path(sample.province.asn)}`],
    );
    await until("what is good arrives at the other border too", 10_000, async () => {
      const text = await table("br2", "primary");
      return text.includes(good.v4) && text.includes(good.v6);
    });
    const taken = new Set(
      [await table("br1", "protocol to_isp1_4"), await table("br1", "protocol to_isp1_6")].flatMap((text) =>
        [...text.matchAll(/^(\S+\/\d+) /gm)].map((m) => m[1]!),
      ),
    );
    assert.ok(taken.has(good.v4) && taken.has(good.v6));
    for (const prefix of [...bad.v4, ...bad.v6, "11.33.0.0/16", "2a00:3::/32"])
      assert.ok(!taken.has(prefix), `br1 took ${prefix}`);
    assert.ok(!(await table("core1", "primary")).includes(good.v4), "the world stays at the borders");
    await undo();
  });

  it("goes out by the second upstream when the first is gone, and comes back", async () => {
    const all = ["br1", "br2", "core1", "core2", "so-noi-vu"];
    net.exec("isp1", "ip", "link", "set", "to-inet", "down");
    net.exec("isp1", "ip", "link", "set", "to-br1", "down");
    await until("everybody leaves by isp2", 15_000, allBy(all, "isp2"));
    net.exec("isp1", "ip", "link", "set", "to-inet", "up");
    net.exec("isp1", "ip", "link", "set", "to-br1", "up");
    await until("everybody leaves by isp1 again", 30_000, allBy(all, "isp1"));
  });

  it("prefers the first upstream also where the second is nearer", async () => {
    net.exec("br1", "ip", "link", "set", "to-br2", "down");
    await until("the way from br2 leads by the cores to isp1", 20_000, async () => {
      const text = await table("br2", "for ::/0 primary all");
      return text.includes(`${asn("isp1")}`) && text.includes("to_core2_6");
    });
    net.exec("br1", "ip", "link", "set", "to-br2", "up");
  });

  it("empties a border before work on it (RFC 8326), without a session lost", async () => {
    const calm = net.birdText("br1");
    const p = plan({
      ...intent,
      datacentres: intent.datacentres.map((dc) => ({
        ...dc,
        routers: dc.routers.map((r) => (r.id === "br1" ? { ...r, drain: true } : r)),
      })),
    });
    const since = async () => (await net.birdc("br1", "show protocols to_core1_6")).at(-1);
    const before = await since();
    await net.reconfigure("br1", birdConfig(p, p.byId.get("br1")!));
    await until("the cores leave by isp2, and isp1 is told", 20_000, async () => {
      const told = await table("isp1", "for 2001:db8:4000::/40 all");
      return (await allBy(["core1", "core2"], "isp2")()) && /65535,\s*0/.test(told);
    });
    assert.equal(await since(), before);
    await net.reconfigure("br1", calm);
    await until("everybody leaves by isp1 again", 20_000, allBy(["core1", "core2", "so-noi-vu"], "isp1"));
  });

  const STAYRTR = "/usr/bin/stayrtr";
  it("refuses what a validator calls invalid, as soon as it says so", {
    skip: existsSync(STAYRTR) ? false : "stayrtr is not installed",
  }, async () => {
    const [border, calm] = ["br1", net.birdText("br1")];
    const roas = join(folder, "roas.json");
    writeFileSync(
      roas,
      JSON.stringify({ metadata: {}, roas: [{ prefix: "2a00:5::/32", maxLength: 32, asn: "AS64999" }] }),
    );
    net.start(border, STAYRTR, "-bind", "[::1]:8282", "-cache", roas, "-checktime=false", "-metrics.addr", "");
    await until("the validator listens", 10_000, async () => net.exec(border, "ss", "-ltnH").includes(":8282"));
    const undo = await lie("isp1", [], ["2a00:5::/32 unreachable", "2a00:6::/32 unreachable"]);
    await until("both are taken", 10_000, async () => /2a00:5::/.test(await table(border, "primary")));
    const p = plan({ ...intent, province: { ...intent.province, validators: [{ address: "::1", port: 8282 }] } });
    await net.reconfigure(border, birdConfig(p, p.byId.get(border)!));
    await until("the invalid one is gone, the unknown one stays", 15_000, async () => {
      const text = await table(border, "protocol to_isp1_6");
      return !text.includes("2a00:5::/32 ") && text.includes("2a00:6::/32 ");
    });
    await undo();
    await net.reconfigure(border, calm);
  });

  it("ends the session with an upstream that tells too much, and lives by the other", async () => {
    const many = Array.from({ length: LIMIT + 1 }, (_, i) => `11.${i}.0.0/16 unreachable`);
    await lie("isp1", many, []);
    await until("the session stands still, disabled by its limit", 15_000, async () =>
      (await net.birdc("br1", "show protocols all to_isp1_4")).some((l) => /limit exceeded/i.test(l)),
    );
    await until("IPv4 leaves by isp2", 15_000, async () =>
      (await table("core1", "for 0.0.0.0/0 primary all")).includes(`${asn("isp2")}`),
    );
  });
});
