// Each rule of the policy pack refuses what it is there for, and lets the nearest harmless thing pass.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { deploymentFor } from "../../../infra/deployment.ts";
import { type HostInputs, hostInputs, type LinkInputs, linkInputs } from "../../../infra/platforms/lab/model.ts";
import type { Stack, Violation } from "../../../infra/policy/rule.ts";
import { RULES } from "../../../infra/policy/rules.ts";
import type { Registry } from "../../../protocol/registry.ts";

interface Made {
  id: string;
  files?: Record<string, string>;
  lan?: string[];
  env?: Record<string, string>;
}
const host = ({ id, files = {}, lan, env }: Made): HostInputs => ({
  host: id,
  loopback: [],
  sysctls: {},
  bridges: lan ? [{ device: "lan0", addresses: lan }] : [],
  directories: {},
  files: Object.fromEntries(Object.keys(files).map((path) => [path, "sha256:x 0644 root:root"])),
  daemons: env
    ? { d: { order: 0, argv: [], user: "root", restart: "once", files: [], log: "/l", role: "service", env } }
    : {},
  runtime: false,
  keep: {},
  resolvers: [],
});
const link = (a: string, b: string, addresses: [string, string] = ["10.2.0.0/31", "10.2.0.1/31"]): LinkInputs => ({
  link: `${a}~${b}`,
  a: { host: a, device: "x", addresses: [addresses[0]], routes: [] },
  b: { host: b, device: "y", addresses: [addresses[1]], routes: [] },
  up: true,
});
const registry = (dedicated?: "I" | "II") =>
  ({
    agencies: [{ id: "so-noi-vu", level: "province", name: { vi: "", en: "" }, ...(dedicated && { dedicated }) }],
    assets: [{ id: "so-noi-vu", kind: "host", role: "site", agency: "so-noi-vu", name: { vi: "", en: "" } }],
  }) as unknown as Registry;
function stack(made: Made[], links: LinkInputs[] = [], of?: Registry): Stack {
  const files = new Map(made.map((m) => [m.id, m.files ?? {}]));
  return {
    hosts: made.map(host),
    links,
    registry: of,
    text: (h, path) => files.get(h.host)?.[path],
    firewall: () => undefined,
  };
}
const check = (name: string, s: Stack): Violation[] => {
  const rule = RULES.find((r) => r.name === name);
  assert.ok(rule, `there is a rule ${name}`);
  return rule.check(s);
};
const refuses = (name: string, s: Stack, where: string, what: RegExp) => {
  const found = check(name, s);
  assert.deepEqual(
    found.map((v) => v.where),
    [where],
  );
  assert.match(found[0]!.what, what);
};
const passes = (name: string, s: Stack) => assert.deepEqual(check(name, s), []);

test("two-paths-for-level-one", () => {
  const name = "two-paths-for-level-one";
  const one = [link("hub1", "so-noi-vu")];
  const site = [{ id: "so-noi-vu" }];
  refuses(name, stack(site, one, registry("I")), "Host so-noi-vu", /two hubs, there is hub1/);
  refuses(
    name,
    stack(site, [...one, { ...one[0]!, link: "second" }], registry("I")),
    "Host so-noi-vu",
    /there is hub1/,
  );
  passes(name, stack(site, one, registry("II")));
  passes(name, stack(site, one, registry()));
  passes(name, stack(site, [...one, link("hub3", "so-noi-vu")], registry("I")));
});

test("services-have-ipv6", () => {
  const name = "services-have-ipv6";
  const zone = (text: string) => stack([{ id: "dns1", files: { "/etc/knot/zones/x.zone": text } }]);
  refuses(
    name,
    zone("x. SOA a. b. 1 2 3 4 5\np.x. A 192.0.2.1\nq.x. AAAA 2001:db8::1"),
    "Host dns1",
    /p\.x\. .*no AAAA/,
  );
  passes(name, zone("p.x. A 192.0.2.1\np.x. 60 IN AAAA 2001:db8::1\nsix.x. AAAA 2001:db8::2"));
});

const KNOT = (signing: string) => `template:
  - id: primary
    storage: /etc/knot/zones
    dnssec-signing: ${signing}
  - id: secondary
    zonefile-load: none

zone:
  - domain: x.
    template: primary
    file: /etc/knot/zones/x.zone
`;
test("zones-are-signed", () => {
  const name = "zones-are-signed";
  const SIGNED = "x. SOA a. b. 1 2 3 4 5\nx. NS ns1.x.\ny.x. NS ns1.y.x.\ny.x. DS 1 13 2 AA";
  const server = (conf: string, zone = SIGNED) =>
    stack([{ id: "dns1", files: { "/etc/knot/knot.conf": conf, "/etc/knot/zones/x.zone": zone } }]);
  passes(name, server(KNOT("on")));
  refuses(name, server(KNOT("off")), "Host dns1", /served unsigned/);
  refuses(
    name,
    server(KNOT("on").replace("template: primary\n    file", "template: secondary\n    file")),
    "Host dns1",
    /served unsigned/,
  );
  refuses(
    name,
    stack([{ id: "dns1", files: { "/etc/knot/zones/x.zone": SIGNED } }]),
    "Host dns1",
    /no \/etc\/knot\/knot\.conf/,
  );
  refuses(name, server(KNOT("on"), SIGNED.replace(/\n.* DS .*/, "")), "Host dns1", /y\.x\. is delegated .* without DS/);
});

test("prefixes-do-not-overlap", () => {
  const name = "prefixes-do-not-overlap";
  const lans = (a: string[], b: string[]) => [
    { id: "one", lan: a },
    { id: "two", lan: b },
  ];
  passes(
    name,
    stack(lans(["10.16.1.1/24", "2001:db8:1::1/64"], ["10.16.2.1/24", "2001:db8:2::1/64"]), [link("a", "b")]),
  );
  refuses(
    name,
    stack(lans(["10.16.0.1/16"], ["10.16.2.1/24"])),
    "Host two",
    /10\.16\.2\.0\/24 overlaps 10\.16\.0\.0\/16 of Host one/,
  );
  refuses(name, stack(lans(["2001:db8::1/64"], ["2001:db8::2/64"])), "Host two", /overlaps/);
  refuses(name, stack(lans(["10.2.0.1/24"], []), [link("a", "b")]), "Link a~b", /10\.2\.0\.0\/31 overlaps/);
  // A server's end lies in the local network of its core, and that is no overlap.
  passes(
    name,
    stack([{ id: "core1", lan: ["203.0.113.1/26"] }], [link("core1", "web1", ["203.0.113.1/26", "203.0.113.8/26"])]),
  );
  // The widest reaches over its neighbour.
  const three = [
    { id: "wide", lan: ["10.0.0.1/8"] },
    { id: "in", lan: ["10.1.0.1/16"] },
    { id: "far", lan: ["10.200.0.1/16"] },
  ];
  assert.equal(check(name, stack(three)).length, 2);
});

const RULESET = (...forward: string[]) => `table inet province {
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname != { "to-isp1" } oifname != { "to-isp1" } accept
    ${forward.join("\n    ")}
    icmp type { destination-unreachable } accept
    ip6 daddr 2001:db8:4000:1100::8 tcp dport { 443 } accept
    meta l4proto tcp accept
  }
}
`;
const HIDE = [
  'iifname { "to-isp1" } ip daddr { 10.0.0.0/8 } counter drop',
  'iifname { "to-isp1" } ip6 daddr { 2001:db8:4000:100::/64, 2001:db8:4000:200::/64 } counter drop',
];
test("management-is-hidden", () => {
  const name = "management-is-hidden";
  const roles = { br1: "border", core1: "core", isp1: "upstream" };
  const of = {
    agencies: [],
    assets: Object.entries(roles).map(([id, role]) => ({ id, kind: "host", role, agency: "dc1" })),
  } as unknown as Registry;
  const border = (ruleset: string | undefined): Stack => {
    const s = stack(
      [{ id: "br1" }, { id: "core1" }],
      [link("br1", "core1"), link("br1", "isp1", ["192.0.2.0/31", "192.0.2.1/31"])],
      of,
    );
    s.links[1]!.a.device = "to-isp1";
    s.hosts[0]!.loopback = ["10.0.0.1/32", "2001:db8:4000:100::1/128"];
    return { ...s, firewall: (h) => (h.host === "br1" ? ruleset : undefined) };
  };
  passes(name, border(RULESET(...HIDE)));
  refuses(name, border(undefined), "Host br1", /without a firewall/);
  refuses(
    name,
    border(
      RULESET(...HIDE).replace("hook input priority filter; policy drop", "hook input priority filter; policy accept"),
    ),
    "Host br1",
    /input chain/,
  );
  refuses(name, border(RULESET(HIDE[0]!)), "Host br1", /reaches 2001:db8:4000:100::1$/);
  refuses(
    name,
    border(RULESET('iifname { "to-isp1" } ip daddr { 10.0.0.1 } counter drop', HIDE[1]!)),
    "Host br1",
    /reaches 10\.2\.0\.0, 10\.2\.0\.1$/,
  );
  refuses(name, border(RULESET("tcp dport 22 accept", ...HIDE)), "Host br1", /reaches 10\.0\.0\.1/);
  refuses(name, border(RULESET(...HIDE.map((r) => r.replace("to-isp1", "to-isp9")))), "Host br1", /reaches/);
});

test("no-secret-in-clear", () => {
  const name = "no-secret-in-clear";
  const KEY = "-----BEGIN EC PRIVATE KEY-----\nAA\n-----END EC PRIVATE KEY-----\n";
  refuses(
    name,
    stack([{ id: "web1", files: { "/etc/nginx/tls/portal.key": KEY } }]),
    "Host web1",
    /portal\.key holds a private key/,
  );
  refuses(
    name,
    stack([
      { id: "dns1", files: { "/etc/knot/knot.conf": "key:\n  - id: k\n    secret: c2VjcmV0LXNlY3JldC1zZWNyZXQ=\n" } },
    ]),
    "Host dns1",
    /TSIG secret/,
  );
  refuses(
    name,
    stack([{ id: "con", env: { TOKEN: `token="abcdefghijkl1234"` } }]),
    "Host con",
    /its inputs hold a password or token/,
  );
  passes(name, stack([{ id: "web1", files: { "/etc/nginx/tls/portal.crt": "-----BEGIN CERTIFICATE-----\nAA\n" } }]));
  passes(
    name,
    stack([
      { id: "web1", files: { "/etc/x.conf": "ssl_certificate_key /etc/nginx/tls/portal.key;\ntoken: /run/token" } },
    ]),
  );
});

test("every rule says why, and each is tried above", () => {
  for (const rule of RULES) assert.ok(rule.description.length > 20, rule.name);
  assert.equal(new Set(RULES.map((r) => r.name)).size, RULES.length);
  assert.deepEqual(RULES.map((r) => r.name).sort(), [
    "management-is-hidden",
    "no-secret-in-clear",
    "prefixes-do-not-overlap",
    "services-have-ipv6",
    "two-paths-for-level-one",
    "zones-are-signed",
  ]);
});

test("the sample province, as it is rendered, passes every rule", async (t) => {
  const stateDir = mkdtempSync(path.join(tmpdir(), "vonggac-policy-"));
  t.after(() => rmSync(stateDir, { recursive: true, force: true }));
  const { deployment, registry } = await deploymentFor({
    provinceFile: path.resolve(import.meta.dirname, "../../../province.yaml"),
    stateDir,
    preview: true,
    subset: { agencies: 12 },
    screenPort: 1,
    screenListen: "127.0.0.1",
    screenUrl: "http://127.0.0.1:1",
  });
  const texts = new Map(
    deployment.hosts.flatMap((h) =>
      h.files.flatMap((f) => ("text" in f.content ? [[`${h.id} ${f.path}`, f.content.text] as const] : [])),
    ),
  );
  const rulesets = new Map(deployment.hosts.map((h) => [h.id, h.nftables]));
  const sample: Stack = {
    hosts: deployment.hosts.map((h) => hostInputs(h).inputs),
    links: deployment.links.map(linkInputs),
    registry,
    text: (h, file) => texts.get(`${h.host} ${file}`),
    firewall: (h) => rulesets.get(h.host),
  };
  assert.ok(sample.hosts.length > 20 && registry.agencies.some((a) => a.dedicated === "I"));
  assert.deepEqual(
    RULES.flatMap((rule) => rule.check(sample).map((v) => [rule.name, v])),
    [],
  );
});
