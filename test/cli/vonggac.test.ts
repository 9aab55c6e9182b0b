// The command line as a user meets it: help, mistakes, rights. What the verbs do to a lab is in test/scenarios.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const ROOT = path.resolve(import.meta.dirname, "../..");
const MAIN = path.join(ROOT, "cli/vonggac.mjs");

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}
const ran = (file: string, args: string[], env: Record<string, string> = {}): Promise<Ran> =>
  new Promise((resolve) => {
    const options = { cwd: ROOT, env: { PATH: process.env["PATH"], LC_ALL: "C", ...env } };
    execFile(file, args, options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
const vonggac = (args: string[], env?: Record<string, string>) => ran(process.execPath, [MAIN, ...args], env);

const VERBS = [
  ["lab", "up"],
  ["lab", "down"],
  ["lab", "status"],
  ["lab", "fault"],
  ["lab", "heal"],
  ["lab", "let-go"],
  ["plan"],
  ["signin"],
  ["check", "dnssec"],
  ["check"],
  ["lab"],
  [],
];
for (const verb of VERBS)
  test(`vonggac ${verb.join(" ")} --help: usage on standard output, code 0`, async () => {
    const { code, stdout } = await vonggac([...verb, "--help"]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`Usage: vonggac ?${verb.join(" ")}`));
    assert.doesNotMatch(stdout, /(help|option|argument)\.[a-z]+/, "a text is missing");
  });

const WRONG: [string[], RegExp][] = [
  [["nonsense"], /unknown command 'nonsense'/],
  [["lab", "nonsense"], /unknown command 'nonsense'/],
  [["lab", "up", "--agencies", "0"], /whole number from 1 to 1000/],
  [["lab", "up", "--agencies", "1e2"], /whole number/],
  [["lab", "up", "--port", "70000"], /whole number from 1 to 65535/],
  [["lab", "up", "--listen", "localhost"], /IPv4 or IPv6 address/],
  [["lab", "up", "--nonsense"], /unknown option/],
  [["lab", "fault", "nonsense"], /no fault named 'nonsense'; there are: hub-down,/],
  [["lab", "fault"], /no fault named/],
];
for (const [args, words] of WRONG)
  test(`vonggac ${args.join(" ")}: not understood, code 2`, async () => {
    const { code, stderr } = await vonggac(args);
    assert.equal(code, 2);
    assert.match(stderr, words);
  });

test("check dnssec: what is not understood or cannot be looked at is code 3, with a name", async () => {
  const rows: [string[], RegExp][] = [
    [["--nonsense"], /unknown option/],
    [["a..b"], /\[zone-name-invalid\] a domain name is needed/],
    [[], /\[zone-name-invalid\]/],
    [["vn", "--at", "soon"], /\[time-invalid\] not a time[\s\S]*where: --at soon[\s\S]*remedy: write 2026-11-23/],
    [["vn", "--server", "ns1"], /\[address-invalid\] an IPv4 or IPv6 address is needed/],
    [["vn", "--anchor", "/nonexistent"], /\[file-unreadable\][\s\S]*ENOENT/],
    [["--explain", "NONSENSE"], /\[tag-unknown\] there is no such tag/],
    [["vn", "--lang", "fr"], /vi, en/],
  ];
  for (const [args, words] of rows) {
    const { code, stderr } = await vonggac(["check", "dnssec", ...args]);
    assert.match(stderr, words);
    assert.equal(code, 3, args.join(" "));
  }
});

test("check dnssec --explain: title, basis, severity and remedy in both languages, and as JSON", async () => {
  const explain = (...more: string[]) => vonggac(["check", "dnssec", "--explain", "zone_ds_missing", ...more]);
  const [en, vi, json] = await Promise.all([explain(), explain("--lang", "vi"), explain("--json")]);
  assert.match(en.stdout, /^ZONE_DS_MISSING: Parent zone has no DS[\s\S]*High[\s\S]*RFC 4035[\s\S]*registrar/);
  assert.match(vi.stdout, /^ZONE_DS_MISSING: Vùng cha[\s\S]*Cao[\s\S]*cách khắc phục/);
  assert.equal(JSON.parse(json.stdout).severity, "high");
  assert.equal(en.code + vi.code + json.code, 0);
});

test("the faults are listed in both languages, and as JSON", async () => {
  const [en, vi, json] = await Promise.all([
    vonggac(["lab", "fault", "--list"]),
    vonggac(["lab", "fault", "--list"], { LC_ALL: "vi_VN.UTF-8" }),
    vonggac(["lab", "fault", "--list", "--json"]),
  ]);
  assert.match(en.stdout, /hub-down +all links of a hub/);
  assert.match(vi.stdout, /hub-down +mọi đường truyền/);
  assert.equal(JSON.parse(json.stdout).length, 27);
});

test("both languages have the same texts with the same places to fill", () => {
  const texts = (language: string) =>
    JSON.parse(readFileSync(path.join(ROOT, `cli/locales/${language}.json`), "utf8")) as Record<string, string>;
  const [en, vi] = [texts("en"), texts("vi")];
  assert.deepEqual(Object.keys(vi), Object.keys(en));
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const key of Object.keys(en)) assert.deepEqual(places(vi[key]!), places(en[key]!), key);
});

/** A child that is not root needs to reach the checkout. */
const reachable = (): boolean => {
  try {
    for (let folder = MAIN; folder !== "/"; folder = path.dirname(folder)) accessSync(folder, constants.R_OK);
    return true;
  } catch {
    return false;
  }
};
const asNobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["env"];
for (const verb of [
  ["lab", "up"],
  ["lab", "down"],
  ["lab", "status"],
  ["lab", "heal"],
  ["lab", "fault", "hub-down"],
  ["signin"],
])
  test(`vonggac ${verb.join(" ")} without root says so, with what to do`, {
    skip: !reachable() && "the checkout cannot be reached without root",
  }, async () => {
    const { code, stderr } = await ran(asNobody[0]!, [...asNobody.slice(1), process.execPath, MAIN, ...verb]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /\[not-root\] this needs root/);
    assert.match(stderr, /remedy: run it as root/);
  });

test("a protected host is let go only by who repeats its name, and only where it is one", {
  skip: process.getuid?.() === 0 ? false : "the lab needs root",
}, async () => {
  const letGo = (...more: string[]) => vonggac(["lab", "let-go", "dns1", "--stack", "nowhere", ...more]);
  for (const [more, code] of [
    [[], "name-differs"],
    [["--name", "dns2"], "name-differs"],
    [["--name", "dns1"], "engine-unprotected"],
  ] as const) {
    const { code: exit, stderr } = await letGo(...more);
    assert.equal(exit, 1);
    assert.match(stderr, new RegExp(`\\[${code}\\]`));
  }
});
