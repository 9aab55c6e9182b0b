// What engineers take along: drawings, address book, cable list, usage figures, configurations and sheets. The sample's are kept beside
// this test (VONGGAC_GOLDEN=write renews them): a change of them is a change that people will see.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { csvText } from "../../infra/papers/csv.ts";
import { papersOf } from "../../infra/papers/index.ts";
import { numbered } from "../../infra/plan/number.ts";
import { subsetOf } from "../../infra/plan/subset.ts";
import { readCsv } from "../../infra/province/csv.ts";
import type { Intent, Written } from "../../infra/province/schema.ts";
import { readProvince } from "../../infra/province.ts";
import { birdConfig } from "../../infra/render/index.ts";
import { plan, sample, sampleFile } from "./plan/sample.ts";

const golden = join(import.meta.dirname, "papers");
const GOLDEN = ["topology.vi.svg", "topology.en.svg", "address-book.csv", "cables.csv", "dedicated-network.csv"];
const written = readProvince(sampleFile);
const intentOf = (more: Partial<Written>): Intent => {
  const result = numbered({ ...written, ...more }, undefined, "2026-11-25");
  assert.ok("intent" in result, JSON.stringify(result));
  return result.intent;
};
const table = (text: string): Record<string, string>[] => {
  const [header, ...rows] = readCsv(text).records;
  return rows.map((r) => Object.fromEntries(header!.cells.map((c, i) => [c, r.cells[i]!])));
};
const bilingual = (name: string) => ({ vi: name, en: name });

describe("the sample's papers", async () => {
  const p = plan(sample);
  const papers = await papersOf(p, sample, undefined);

  for (const file of GOLDEN)
    it(`${file} is as it was`, () => {
      const text = papers.get(file)!;
      if (process.env["VONGGAC_GOLDEN"] === "write") {
        mkdirSync(golden, { recursive: true });
        writeFileSync(join(golden, file), text);
      }
      assert.ok(text === readFileSync(join(golden, file), "utf8"), "differs: look at it, then VONGGAC_GOLDEN=write");
    });

  it("draw every agency and every router, in both languages, each line once", () => {
    for (const language of ["vi", "en"] as const) {
      const svg = papers.get(`topology.${language}.svg`)!;
      const words = [...svg.matchAll(/>([^<>]+)<\/text>/g)].map((m) => m[1]!.replaceAll("&amp;", "&").trim());
      const all = words.join(" ").replaceAll("\u2003", "");
      for (const a of sample.agencies) assert.ok(all.includes(a.name[language]), a.id);
      for (const h of p.hosts.filter((h) => ["border", "core", "hub"].includes(h.role)))
        assert.ok(words.includes(h.id), h.id);
      assert.doesNotMatch(svg, /NaN|undefined/);
      const lines = [...svg.matchAll(/<title>([^<]+)<\/title><\/path>/g)].map((m) => m[1]!);
      assert.equal(new Set(lines).size, lines.length);
      assert.ok(lines.length > 30, `${lines.length}`);
    }
  });

  it("have the configuration of every host of the province, as it is rendered, and no key", () => {
    for (const h of p.hosts.filter((x) => x.role !== "internet" && x.role !== "upstream")) {
      assert.ok(papers.has(`hosts/${h.id}/addresses.txt`), h.id);
      if (h.asn !== undefined) assert.equal(papers.get(`hosts/${h.id}/etc/bird/bird.conf`), birdConfig(p, h));
    }
    for (const [path, text] of papers)
      assert.doesNotMatch(text, /PRIVATE KEY|BEGIN|secret:|no key has been made/, path);
    assert.ok(![...papers.keys()].some((path) => path.startsWith("ds/") || path.endsWith(".zone")));
  });

  it("have DS texts and zone files when there are keys", async () => {
    const ds = new Map(p.zones.map((z, i) => [z.name, `${i + 1} 13 2 AA`]));
    const more = await papersOf(p, sample, ds);
    const { domain } = sample.province;
    assert.match(more.get(`ds/${domain}.txt`)!, new RegExp(`^${domain}\\. IN DS ${ds.get(domain)}$`, "m"));
    assert.match(more.get(`ds/${domain}.txt`)!, /^ns2\.camau\.gov\.vn\. IN AAAA 2001:db8:/m);
    assert.ok(more.has(`hosts/sign1/etc/knot/zones/${domain}.zone`));
  });

  it("name every address of the plan once in the address book", () => {
    const rows = table(papers.get("address-book.csv")!);
    const keys = rows.map((r) => r["ipv6"]!.split("/")[0]);
    assert.equal(new Set(keys).size, keys.length);
    assert.equal(table(papers.get("cables.csv")!).length, p.links.length);
  });
});

describe("the usage figures of the dedicated network", () => {
  it("sum what is stated, leave empty what is not, and say where level I has one route", async () => {
    const line = { provider: "vnpt", contract: "HĐ-1/2026" };
    const intent = intentOf({
      providers: [{ id: "vnpt", name: bilingual("VNPT") }],
      agencies: [
        {
          id: "so-mot",
          level: "province",
          name: bilingual("Một"),
          capacityMbps: 100,
          ...line,
          uplinks: ["hub1", { hub: "hub3", capacityMbps: 50 }],
        },
        {
          id: "so-hai",
          level: "province",
          name: bilingual("Hai"),
          uplinks: ["hub1", { hub: "hub2", capacityMbps: 50 }],
        },
        {
          id: "xa-ba",
          level: "commune",
          name: bilingual("Ba"),
          dedicated: "II",
          uplinks: [{ hub: "hub1", medium: "leased" }],
        },
      ],
    });
    const papers = await papersOf(plan(intent), intent, undefined);
    const rows = table(papers.get("dedicated-network.csv")!);
    assert.deepEqual(
      rows.map((r) => [
        r["agency"],
        r["dedicated_level"],
        r["channels"],
        r["data_centres"],
        r["capacity_mbps"],
        r["providers"],
        r["contracts"],
        r["remark"],
      ]),
      [
        ["so-mot", "I", "2", "2", "150", "vnpt", "HĐ-1/2026", ""],
        ["so-hai", "I", "2", "1", "", "", "", "level I needs two channels on two routes"],
      ],
    );
    const cables = table(papers.get("cables.csv")!).filter((c) => c["lower_host"] === "xa-ba");
    assert.deepEqual(
      cables.map((c) => c["medium"]),
      ["leased"],
    );
  });
});

describe("devices that are not ours, and services", () => {
  const intent = intentOf({
    devices: [
      { id: "sw-so", managed: false, kind: "switch", name: bilingual("Switch"), at: "so-noi-vu" },
      {
        id: "sw-dc",
        managed: false,
        kind: "switch",
        name: bilingual("Core switch"),
        at: "dc1",
        contact: "VNPT 18001166",
      },
    ],
    services: [
      { id: "dich-vu-cong", kind: "public-service", name: bilingual("Cổng dịch vụ công"), on: "web1" },
      { id: "thu", kind: "mail", name: bilingual("Thư công vụ"), on: "mail1" },
    ],
  });
  const p = plan(intent);

  it("have addresses in their place's network that nobody else has, and a sheet that says so", async () => {
    const papers = await papersOf(p, intent, undefined);
    assert.match(papers.get("sheets/sw-so.txt")!, /IPv6: +2001:db8:4010:100::2\/64\n/);
    assert.match(papers.get("sheets/sw-dc.txt")!, /IPv4: +203\.0\.113\.\d+\/26\n[\s\S]*VNPT 18001166/);
    const servers = p.hosts.flatMap((h) => (h.server ? [h.server.address.v4] : []));
    assert.ok(!servers.includes(p.devices.find((d) => d.id === "sw-dc")!.address.v4));
    assert.ok(!p.hosts.some((h) => h.id.startsWith("sw-")), "never provisioned");
  });
  it("go with an agency that the lab leaves out", () => {
    assert.deepEqual(
      plan({ ...intent, agencies: subsetOf(intent).agencies.slice(1) }).devices.map((d) => d.id),
      ["sw-dc"],
    );
  });
  it("give each service a name in both families and a place in the registry", () => {
    const name = `dich-vu-cong.${sample.province.domain}`;
    const records = p.zones.find((z) => z.name === sample.province.domain)!.records.filter((r) => r.name === name);
    assert.deepEqual(
      records.map((r) => r.type),
      ["A", "AAAA"],
    );
    const asset = p.registry.assets.find((a) => a.id === "dich-vu-cong");
    assert.deepEqual(asset?.kind === "service" && asset.on, ["web1"]);
    const watched = p.registry.targets.some((t) => t.kind === "zone" && t.expects.names.some((n) => n.name === name));
    assert.ok(watched, "its answers are looked at");
  });
});

describe("a drawing", () => {
  it("of thousands of agencies is no longer than it is of a hundred", async () => {
    const agencies = Array.from({ length: 2_000 }, (_, i): Intent["agencies"][number] => ({
      ...sample.agencies[i % 84]!,
      id: `xa-so-${i}`,
      number: i + 1,
    }));
    const { topologySvg } = await import("../../infra/papers/drawing.ts");
    const svg = await topologySvg(plan({ ...sample, agencies }), "en");
    assert.ok(svg.length < 80_000, `${svg.length}`);
    assert.match(svg, /… and \d+ more agencies/);
  });
});

describe("a table", () => {
  it("is read by a spreadsheet as it was meant", () => {
    const text = csvText(
      ["a", "b"],
      [
        ["=1+1", 'x,"y"\nz'],
        [undefined, 3],
      ],
    );
    assert.equal(text, `\ufeffa,b\r\n'=1+1,"x,""y""\nz"\r\n,3\r\n`);
  });
});
