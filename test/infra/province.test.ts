// province.yaml is read whole or refused with every mistake named: one bad file a rule, each beginning with exactly what must
// be said of it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readIntent } from "../../infra/intent.ts";
import { subsetOf } from "../../infra/plan/subset.ts";
import { readCsv } from "../../infra/province/csv.ts";
import { schemaText } from "../../infra/province/json-schema.ts";
import type { ProblemCode } from "../../infra/province/problem.ts";
import { ProvinceError } from "../../infra/province/problem.ts";
import { hubOf } from "../../infra/province/schema.ts";
import { parseProvince, readProvince } from "../../infra/province.ts";

const here = join(import.meta.dirname, "province");
const sample = join(import.meta.dirname, "../../province.yaml");

function refusal(text: string, file: string): ProvinceError {
  try {
    parseProvince(text, file, (name) => readFileSync(join(here, "bad", name), "utf8"));
  } catch (error) {
    assert.ok(error instanceof ProvinceError, String(error));
    return error;
  }
  throw new Error(`${file} was taken`);
}

describe("a bad province", () => {
  const files = readdirSync(join(here, "bad")).filter((file) => file.endsWith(".yaml"));
  const codes = new Set<ProblemCode>();

  for (const file of files)
    it(`says what is wrong: ${file}`, () => {
      const text = readFileSync(join(here, "bad", file), "utf8");
      const said = [...text.matchAll(/^# says (.*)$/gm)].map((m) => m[1]);
      assert.ok(said.length > 0, "the file states what must be said");
      const error = refusal(text, file);
      assert.deepEqual(error.message.split("\n"), said);
      for (const { code } of error.problems) codes.add(code);
    });

  it("has a file for each code but those of the lock (test/infra/province-lock.test.ts)", () => {
    type Locks = `lock-${string}` | "number-taken" | "prefix-exhausted" | "prefix-changed";
    const all: Record<Exclude<ProblemCode, Locks>, true> = {
      "file-unreadable": true,
      "csv-invalid": true,
      "yaml-invalid": true,
      "key-missing": true,
      "key-unknown": true,
      "value-wrong": true,
      "id-repeated": true,
      "id-reserved": true,
      "role-unusable": true,
      "number-repeated": true,
      "reference-unknown": true,
      "prefix-wrong": true,
      "prefix-overlap": true,
      "network-wrong": true,
      "retention-too-short": true,
    };
    assert.deepEqual([...codes].sort(), Object.keys(all).sort());
    assert.ok(files.length >= 48, `${files.length} files`);
  });

  it("is refused by name when the file is not there", () => {
    assert.throws(
      () => readProvince(join(here, "absent.yaml")),
      (error: ProvinceError) => error.problems[0]?.code === "file-unreadable" && error.problems[0].line === 0,
    );
  });

  it("tells the line of the mistake in a long file", () => {
    const text = readFileSync(sample, "utf8");
    const line = text.split("\n").findIndex((l) => l.includes("id: xa-dat-mui, level:")) + 1;
    const error = refusal(text.replace(/(id: xa-dat-mui.*uplinks: \[)hub1/, "$1hub9"), "province.yaml");
    assert.deepEqual(
      error.problems.map((p) => [p.line, p.path]),
      [[line, "agencies[83].uplinks[0]"]],
    );
  });
});

describe("whatever is written", () => {
  const good = readFileSync(join(here, "good.yaml"), "utf8");
  const csv = readFileSync(join(here, "bad/csv-cells.csv"), "utf8");
  /** A text with a piece of it cut out, doubled or overwritten. */
  const spoilt = (text: string) =>
    fc
      .tuple(
        fc.nat(text.length),
        fc.nat(40),
        fc.oneof(fc.string(), fc.constantFrom('"', ";", "[", "{", "&a ", "*a", "\n", "- ")),
      )
      .map(([at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length));
  const take = (text: string, rows: string) => {
    try {
      parseProvince(text, "province.yaml", () => rows);
    } catch (error) {
      assert.ok(error instanceof ProvinceError, String((error as Error).stack));
      assert.ok(error.problems.length > 0);
      for (const p of error.problems) assert.ok(p.wrong !== "" && p.right !== "" && p.line >= 1, JSON.stringify(p));
    }
  };

  it("is taken or refused with a line and a remedy, never a crash", () => {
    fc.assert(
      fc.property(spoilt(good), (text) => take(text, csv)),
      { numRuns: 400 },
    );
    const withCsv = good.replace(/^agencies:[\s\S]*/m, "agencies: { csv: a.csv }");
    assert.ok(withCsv.includes("a.csv"));
    fc.assert(
      fc.property(spoilt(csv), (rows) => take(withCsv, rows)),
      { numRuns: 400 },
    );
  });

  it("ends where aliases grow without end", () => {
    const bomb = [
      "a: &a [x, x]",
      ..."bcdefghij"
        .split("")
        .map((c, i) => `${c}: &${c} [${"*abcdefghi"[0]}${"abcdefghi"[i]}, *${"abcdefghi"[i]}, *${"abcdefghi"[i]}]`),
    ];
    assert.equal(refusal(bomb.join("\n"), "province.yaml").problems[0]?.code, "yaml-invalid");
  });
});

describe("the schema for editors", () => {
  const root = join(import.meta.dirname, "../..");
  it("is the one that the reader holds files against", () => {
    const published = readFileSync(join(root, "docs/province.schema.json"), "utf8");
    assert.equal(published, schemaText(), "vonggac plan --schema > docs/province.schema.json");
  });
  it("is named by the sample, where the sample looks for it", () => {
    assert.equal(
      readFileSync(sample, "utf8").split("\n")[0],
      "# yaml-language-server: $schema=./docs/province.schema.json",
    );
  });
});

describe("agencies from a CSV", () => {
  const good = readFileSync(join(here, "good.yaml"), "utf8");
  const columns = "id,number,level,name_vi,name_en,uplinks";
  const withList = good.replace(
    /^agencies:\n([\s\S]*)/m,
    (_, list: string) => `agencies:\n  csv: a.csv\n  list:\n${list.replace(/^/gm, "  ")}`,
  );

  it("are the same as if they stood in the list", () => {
    const listed = parseProvince(good, "a.yaml").agencies;
    const rows = listed.map((a) =>
      [a.id, a.number, a.level, `"${a.name.vi}"`, a.name.en, a.uplinks.join(" ")].join(","),
    );
    const only = good.replace(/^agencies:[\s\S]*/m, "agencies: { csv: a.csv }");
    for (const text of [[columns, ...rows].join("\n"), `\ufeff${[columns, ...rows].join("\r\n")}\r\n`])
      assert.deepEqual(parseProvince(only, "a.yaml", () => text).agencies, listed);
  });

  it("stand behind those of the list", () => {
    const all = parseProvince(withList, "a.yaml", () => `${columns}\nxa-ba,,commune,Xã Ba,Three,hub2 hub1\n`).agencies;
    assert.deepEqual(
      all.map((a) => a.id),
      ["xa-mot", "xa-hai", "xa-ba"],
    );
    assert.deepEqual(all[2], {
      id: "xa-ba",
      level: "commune",
      name: { vi: "Xã Ba", en: "Three" },
      uplinks: ["hub2", "hub1"],
    });
  });

  it("keep what a quoted cell holds: separators, quotes, lines", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 4 }), { maxLength: 6 }), (cells) => {
        const rows = cells.map((row) => row.map((c) => c.replace(/\s+/g, " ")));
        const text = rows.map((row) => row.map((c) => `"${c.replaceAll('"', '""')}"`).join(",")).join("\n");
        const kept = rows.filter((row) => row.some((c) => c.trim() !== ""));
        assert.deepEqual(
          readCsv(`a,b\n${text}`)
            .records.slice(1)
            .map((r) => r.cells),
          kept,
        );
      }),
    );
  });
});

describe("the sample province", () => {
  const { intent: province } = readIntent(sample, { today: "2026-11-25", provisioned: true });

  it("has the size of a real one", () => {
    const count = (level: string) => province.agencies.filter((a) => a.level === level).length;
    assert.equal(count("province"), 20);
    assert.equal(count("commune"), 64);
    assert.equal(province.datacentres.length, 2);
    assert.equal(province.upstreams.length, 2);
  });

  it("gives every department two ways, to both data centres (level I)", () => {
    const home = new Map(province.datacentres.flatMap((dc) => dc.routers.map((r) => [r.id, dc.id] as const)));
    for (const { level, uplinks, id } of province.agencies)
      if (level === "province") assert.deepEqual(new Set(uplinks.map((u) => home.get(hubOf(u)))).size, 2, id);
  });

  it("uses documentation and private space only", () => {
    const { ipv6, ipv4, publicIpv4 } = province.province;
    const prefixes = [
      ipv6,
      ipv4,
      publicIpv4,
      ...[...province.upstreams, province.internet].flatMap((u) => [u.ipv6, u.ipv4]),
    ];
    for (const prefix of prefixes) assert.match(prefix, /^(2001:db8:|10\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.)/);
  });

  it("gives the lab 4 departments and 8 communes, six of them on one hub alone", () => {
    const { agencies } = subsetOf(province);
    assert.equal(agencies.filter((a) => a.level === "province").length, 4);
    const ways = agencies.filter((a) => a.level === "commune").map((a) => a.uplinks.map(hubOf).sort().join("+"));
    const times = (way: string) => ways.filter((w) => w === way).length;
    assert.deepEqual([times("hub1"), times("hub2"), times("hub1+hub2")], [4, 2, 2]);
  });

  it("gives more when more are asked for, those of the lab first", () => {
    const ids = (n: number) => subsetOf(province, n).agencies.map((a) => a.id);
    assert.deepEqual(
      ids(12),
      subsetOf(province).agencies.map((a) => a.id),
    );
    assert.deepEqual(ids(20).slice(0, 12), ids(12));
    assert.equal(new Set(ids(84)).size, 84);
    assert.equal(ids(1_000).length, 84);
  });
});
