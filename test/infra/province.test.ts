// province.yaml is read whole or refused with every mistake named: one bad file a rule, each beginning with exactly what must
// be said of it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { subsetOf } from "../../infra/plan/subset.ts";
import type { ProblemCode } from "../../infra/province/problem.ts";
import { ProvinceError } from "../../infra/province/problem.ts";
import { parseProvince, readProvince } from "../../infra/province.ts";

const here = join(import.meta.dirname, "province");
const sample = join(import.meta.dirname, "../../province.yaml");

function refusal(text: string, file: string): ProvinceError {
  try {
    parseProvince(text, file);
  } catch (error) {
    assert.ok(error instanceof ProvinceError, String(error));
    return error;
  }
  throw new Error(`${file} was taken`);
}

describe("a bad province", () => {
  const files = readdirSync(join(here, "bad"));
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

  it("has a file for each code but the one of a missing file", () => {
    const all: Record<Exclude<ProblemCode, "file-unreadable">, true> = {
      "yaml-invalid": true,
      "key-missing": true,
      "key-unknown": true,
      "value-wrong": true,
      "id-repeated": true,
      "id-reserved": true,
      "number-repeated": true,
      "reference-unknown": true,
      "prefix-wrong": true,
      "prefix-overlap": true,
      "network-wrong": true,
    };
    assert.deepEqual([...codes].sort(), Object.keys(all).sort());
    assert.ok(files.length >= 40, `${files.length} files`);
  });

  it("is refused by name when the file is not there", () => {
    assert.throws(
      () => readProvince(join(here, "absent.yaml")),
      (error: ProvinceError) => error.problems[0]?.code === "file-unreadable" && error.problems[0].line === 0,
    );
  });

  it("tells the line of the mistake in a long file", () => {
    const text = readFileSync(sample, "utf8");
    const line = text.split("\n").findIndex((l) => l.includes("id: xa-dat-mui, number:")) + 1;
    const error = refusal(text.replace(/(id: xa-dat-mui.*uplinks: \[)hub1/, "$1hub9"), "province.yaml");
    assert.deepEqual(
      error.problems.map((p) => [p.line, p.path]),
      [[line, "agencies[83].uplinks[0]"]],
    );
  });
});

describe("the sample province", () => {
  const province = readProvince(sample);

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
      if (level === "province") assert.deepEqual(new Set(uplinks.map((u) => home.get(u))).size, 2, id);
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
    const ways = agencies.filter((a) => a.level === "commune").map((a) => [...a.uplinks].sort().join("+"));
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
