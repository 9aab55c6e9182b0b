// What the rendered texts promise, role by role; whether the daemons take them is render-daemons.test.ts.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { BOGONS4, BOGONS6 } from "../../infra/plan/routing.ts";
import {
  birdConfig,
  dsHandOff,
  firewall,
  handedOver,
  knotConfig,
  type RenderFacts,
  trustAnchors,
  zoneFile,
} from "../../infra/render/index.ts";
import { agentConfig } from "../../infra/render/programs.ts";
import { agencies, plan, provinces, sample } from "./plan/sample.ts";

const full = plan(sample);
const facts: RenderFacts = {
  zones: new Map(full.zones.map((z, i) => [z.name, { ds: `${i} 13 2 AA${i}`, dnskey: `257 3 13 KEY${i}` }])),
  publicKeys: new Map([
    ...["dichvucong", "motcua", "vanban", "truclienthong", "mail"].map((id): [string, string[]] => [id, ["cc"]]),
    ["portal", ["aa", "bb"]],
    ["console", ["cc", "dd"]],
  ]),
  wrongDs: new Map([[full.names.bogus, "99 13 2 FF"]]),
  transferKey: "transfer",
  auditKey: "audit-key",
};
const bird = (id: string, p = full) => birdConfig(p, p.byId.get(id)!);
/** The sessions of a configuration: name → its text. */
const sessions = (text: string) =>
  new Map([...text.matchAll(/^protocol bgp (\S+) \{\n([\s\S]*?)^\}/gm)].map((m) => [m[1]!, m[2]!]));
const clause = (text: string, word: "import" | "export") =>
  text.match(new RegExp(`^ +${word} (filter .*|all);$`, "m"))![1]!;

describe("bird.conf", () => {
  it("speaks eBGP on every routed link, in both families, each side with the other's number", () => {
    const asns = (text: string) =>
      [...text.matchAll(/(local|neighbor) (\S+) as (\d+);/g)].map((m) => [m[1], m[2], m[3]]);
    for (const link of full.links.filter((l) => l.bgp)) {
      const [a, b] = link.ends.map((e) => sessions(bird(e.host)));
      for (const family of [4, 6]) {
        const names = link.ends.map((e) => `${e.device.replaceAll("-", "_")}_${family}`);
        const [[, la, asnA], [, ra, asnB]] = asns(a!.get(names[0]!)!) as [string[], string[]];
        const [[, lb, asnC], [, rb, asnD]] = asns(b!.get(names[1]!)!) as [string[], string[]];
        assert.deepEqual([la, ra, asnA, asnB], [rb, lb, asnD, asnC], link.id);
        assert.notEqual(asnA, asnB, "eBGP");
      }
    }
  });

  it("announces each agency's own network to its machines, and nothing anywhere else", () => {
    const text = (h: (typeof full.hosts)[number]) => bird(h.id).match(/^protocol radv campus \{\n([\s\S]*?)^\}/m)?.[1];
    const routers = full.hosts.filter((h) => h.asn !== undefined);
    assert.deepEqual(
      routers.filter((h) => text(h) !== undefined).map((h) => h.id),
      routers.filter((h) => h.role === "site").map((h) => h.id),
    );
    for (const site of routers.filter((h) => h.role === "site")) {
      const prefixes = [...text(site)!.matchAll(/prefix (\S+)/g)].map((m) => m[1]);
      assert.deepEqual(prefixes, [site.lan!.prefix.v6]);
    }
  });

  it("watches with BFD what the plan says and no agency's link", () => {
    for (const h of full.hosts.filter((x) => x.asn !== undefined))
      for (const i of full.interfaces.get(h.id)!.filter((x) => x.link.bgp)) {
        const text = sessions(bird(h.id)).get(`${i.own.device.replaceAll("-", "_")}_6`)!;
        assert.equal(text.includes("bfd on"), !["site", "internet"].includes(roleAt(i.link.ends)), i.link.id);
      }
  });
  const roleAt = (ends: { host: string }[]) => full.byId.get(ends[1]!.host)!.role;

  it("lets a site announce its own prefixes and nothing else, at both ends of the line", () => {
    fc.assert(
      fc.property(provinces, (intent) => {
        const p = plan(intent);
        for (const site of p.hosts.filter((h) => h.role === "site"))
          for (const i of p.interfaces.get(site.id)!)
            for (const [family, own] of [
              [4, [`${site.loopback!.v4}/32`, site.lan!.prefix.v4]],
              [6, [`${site.loopback!.v6}/128`, site.lan!.prefix.v6]],
            ] as const) {
              const condition = `if net ~ [ ${own.join(", ")} ] then {`;
              const yielding = "yield();";
              const at = (host: string, device: string) =>
                sessions(bird(host, p)).get(`${device.replaceAll("-", "_")}_${family}`)!;
              const said = clause(at(site.id, i.own.device), "export");
              const heard = clause(at(i.peer.host, i.peer.device), "import");
              assert.ok(said.startsWith(`filter { ${condition}`) && said.endsWith("accept; } reject; }"), said);
              assert.equal(heard, `filter { ${condition} ${yielding} accept; } reject; }`);
            }
      }),
      { numRuns: 15 },
    );
  });

  it("announces the aggregates and nothing narrower to an upstream, and takes what passes the filter of the world", () => {
    for (const [border, name, prepends, rank] of [
      ["br1", "to_isp1", 0, 0],
      ["br2", "to_isp2", 2, 1],
    ] as const) {
      const all = sessions(bird(border));
      const six = all.get(`${name}_6`)!;
      assert.match(clause(six, "export"), /^filter \{ if source = RTS_STATIC && net ~ \[ 2001:db8:4000::\/40 \] then/);
      assert.match(clause(all.get(`${name}_4`)!, "export"), /net ~ \[ 203\.0\.113\.0\/24 \]/);
      assert.equal(clause(six, "export").split("bgp_path.prepend(4200000000)").length - 1, prepends);
      assert.equal(clause(six, "import"), `filter { from_world_6(${rank}); accept; }`);
      assert.match(six, /import limit \d+ action disable;/);
    }
  });

  it("makes a site's second way the longer one there and the less preferred one back", () => {
    const { id, uplinks } = sample.agencies[0]!;
    const [first, second] = uplinks.map((hub) => sessions(bird(id)).get(`to_${hub}_6`)!);
    assert.doesNotMatch(clause(first!, "export"), /prepend/);
    assert.equal(clause(second!, "export").split("prepend").length - 1, 2);
    assert.match(clause(first!, "import"), /bgp_local_pref = 100;/);
    assert.match(clause(second!, "import"), /bgp_local_pref = 90;/);
  });
});

describe("the filter of the world", () => {
  const bird1 = (p = full) => bird("br1", p);

  it("names every bogon of the registries, and lets through of them only what the file itself draws the world with", () => {
    const text = bird1();
    for (const { what } of [...BOGONS4, ...BOGONS6]) assert.ok(text.includes(`  ${what}+`), what);
    assert.match(text, /define DRAWN_4 = \[ 198\.51\.100\.0\/24, 192\.0\.2\.0\/26, 192\.0\.2\.64\/26 \];/);
    assert.match(text, /define DRAWN_ASNS = \[ 4210000000, 4210000001, 4210000002 \];/);
  });

  it("makes no exception where the world has real addresses", () => {
    const real = structuredClone(sample);
    const six = ["2a00:1::/48", "2a00:2::/48"];
    for (const [i, u] of real.upstreams.entries()) Object.assign(u, { ipv4: `11.${i}.0.0/24`, ipv6: six[i] });
    Object.assign(real.internet, { ipv4: "11.9.0.0/24", ipv6: "2a00:9::/48" });
    assert.doesNotMatch(bird1(plan(real)), /DRAWN_[46]/);
  });

  it("publishes an authorisation for each aggregate, no longer than announced", () => {
    assert.deepEqual(full.routing.roas, [
      { prefix: "203.0.113.0/24", maxLength: 24, asn: 4_200_000_000 },
      { prefix: "2001:db8:4000::/40", maxLength: 40, asn: 4_200_000_000 },
    ]);
  });

  it("asks a validator where one is named, and keeps what it received to look at it again", () => {
    const p = plan({ ...sample, province: { ...sample.province, validators: [{ address: "2a00:7::1", port: 3323 }] } });
    assert.match(bird1(p), /remote "2a00:7::1" port 3323;/);
    assert.match(sessions(bird1(p)).get("to_isp1_6")!, /import table on;/);
    assert.doesNotMatch(bird1(), /import table/);
  });
});

describe("zones", () => {
  const zone = (name: string) => zoneFile(full, full.zones.find((z) => z.name === name)!, facts);

  it("delegates each zone below with its DS, and glue where it is needed", () => {
    assert.match(zone("gov.vn"), /^camau\.gov\.vn\. DS \d+ 13 2 AA\d+$/m);
    assert.match(zone("gov.vn"), /^ns1\.camau\.gov\.vn\. AAAA 2001:db8:/m);
    assert.match(zone(""), /^\. SOA a\.root\. /m);
  });

  it("gives the bogus name a DS that is nobody's, and a signed zone of its own", () => {
    assert.match(zone("camau.gov.vn"), /^bogus\.camau\.gov\.vn\. DS 99 13 2 FF$/m);
    assert.match(zone("bogus.camau.gov.vn"), /^bogus\.camau\.gov\.vn\. SOA /m);
  });

  it("has no line twice", () => {
    for (const { name } of full.zones) {
      const lines = zone(name).split("\n").filter(Boolean);
      assert.equal(new Set(lines).size, lines.length, name);
    }
  });

  it("proves what is not there by NSEC where the province chooses it, and by NSEC3 unless it does", () => {
    const policyOf = (denial?: "nsec" | "nsec3") => {
      const chosen = plan({ ...sample, province: { ...sample.province, ...(denial && { denial }) } });
      const text = knotConfig(chosen, chosen.byId.get("sign1")!, facts);
      return /- domain: camau\.gov\.vn\.[^-]*dnssec-policy: (\w+)-/.exec(text)?.[1];
    };
    assert.deepEqual([policyOf(), policyOf("nsec"), policyOf("nsec3")], ["nsec3", "nsec", "nsec3"]);
  });

  it("signs at a hidden primary only, without salt or extra iterations, and transfers by key", () => {
    const [primary, ...secondaries] = ["sign1", "dns1", "dns2"].map((id) =>
      knotConfig(full, full.byId.get(id)!, facts),
    );
    for (const line of [
      "manual: on",
      "nsec3-iterations: 0",
      "nsec3-salt-length: 0",
      "dnssec-signing: on",
      "notify: [ dns1, dns2 ]",
    ])
      assert.ok(primary!.includes(line), line);
    for (const text of secondaries) {
      assert.match(text, /- domain: camau\.gov\.vn\.\n {4}template: secondary/);
      assert.doesNotMatch(text.slice(text.indexOf("zone:\n")), /template: primary/);
      assert.match(text, /master: \[ sign1 \]/);
    }
    for (const text of [primary!, ...secondaries])
      assert.match(text, /key: transfer\n {4}action: \[ transfer, notify \]/);
    assert.doesNotMatch(zone("camau.gov.vn"), /sign1/, "nobody is told of it");
  });

  it("gives the province's zone to its auditor: by a key of its own, from its own address, to read and nothing else", () => {
    const bastion = full.byId.get("bast1")!.server!.address;
    for (const id of ["sign1", "dns1", "dns2"]) {
      const text = knotConfig(full, full.byId.get(id)!, facts);
      const rule = `  - id: audit\n    address: [ ${bastion.v4}, ${bastion.v6} ]\n    key: audit-key\n    action: transfer\n`;
      assert.ok(text.includes(rule), id);
      assert.match(text, /include: \/etc\/knot\/audit\.conf/);
      // Its partners keep their right; no other zone is given away.
      const zones = text.slice(text.indexOf("\nzone:\n")).split("  - domain: ");
      const open = zones.filter((one) => one.includes("audit"));
      assert.deepEqual(
        open.map((one) => one.slice(0, one.indexOf("\n"))),
        ["camau.gov.vn."],
      );
      assert.match(open[0]!, /acl: \[ [a-z0-9, ]+, audit \]/);
    }
    const withKey = full.registry.agents.filter(({ id }) => agentConfig(full, id).includes("transferKeyFile"));
    assert.deepEqual(
      withKey.map(({ id }) => id),
      ["bast1"],
    );
  });

  it("tells parents by CDS what to hold, where there is a parent", () => {
    const text = knotConfig(full, full.byId.get("sign1")!, facts);
    const policy = (name: string) =>
      text.match(new RegExp(`- domain: ${name}\\.\n(?:.*\n){2} {4}dnssec-policy: (\\S+)`))![1]!;
    const cds = (id: string) =>
      text.match(new RegExp(`- id: ${id}\\n(?:.*\\n){1,6}? {4}cds-cdnskey-publish: (\\w+)`))![1];
    assert.equal(cds(policy("camau.gov.vn")), "always");
    assert.equal(cds(policy("int.camau.gov.vn")), "none");
  });

  it("anchors the root, the province's own zones and what nobody above knows", () => {
    const anchored = [...trustAnchors(full, facts).matchAll(/^(\S*)\. IN DS \d+ 13 2 AA\d+$/gm)].map((m) => m[1]);
    assert.deepEqual(anchored, [
      "",
      "camau.gov.vn",
      "0.4.8.b.d.0.1.0.0.2.ip6.arpa",
      "113.0.203.in-addr.arpa",
      "int.camau.gov.vn",
      "10.in-addr.arpa",
    ]);
  });

  it("answers inner zones to the province alone", () => {
    for (const id of ["sign1", "dns1", "dns2"]) {
      const text = knotConfig(full, full.byId.get(id)!, facts);
      for (const inner of ["int.camau.gov.vn", "10.in-addr.arpa"])
        assert.match(text, new RegExp(`- domain: ${inner}\\.\n(?: {4}.*\n)* {4}module: mod-queryacl/inside`));
      assert.doesNotMatch(text.match(/- domain: camau\.gov\.vn\.\n(?: {4}.*\n)*/)![0], /queryacl/);
    }
    assert.doesNotMatch(zone("camau.gov.vn"), /\bint\.camau/, "no delegation");
  });

  it("publishes the keys of TLS services, who takes the province's mail and that nobody takes others', and who may issue", () => {
    const text = zone("camau.gov.vn");
    assert.match(text, /^_443\._tcp\.portal\.camau\.gov\.vn\. TLSA 3 1 1 aa\n.* TLSA 3 1 1 bb$/m);
    assert.match(text, /^_443\._tcp\.dichvucong\.camau\.gov\.vn\. TLSA 3 1 1 cc$/m);
    assert.match(text, /^_25\._tcp\.mail\.camau\.gov\.vn\. TLSA 3 1 1 cc$/m);
    assert.match(text, /^camau\.gov\.vn\. MX 10 mail\.camau\.gov\.vn\.$/m);
    assert.match(text, /^camau\.gov\.vn\. TXT "v=spf1 mx -all"$/m);
    for (const name of ["portal.", "xa-dat-mui."]) {
      assert.ok(text.includes(`\n${name}camau.gov.vn. MX 0 .\n`), name);
      assert.ok(text.includes(`\n${name}camau.gov.vn. TXT "v=spf1 -all"\n`), name);
    }
    assert.match(text, /^_dmarc\.camau\.gov\.vn\. TXT "v=DMARC1; p=reject;/m);
    assert.match(text, /^camau\.gov\.vn\. CAA 0 issue /m);
  });

  it("turns every public address back into the name that it has", () => {
    const six = zone("0.4.8.b.d.0.1.0.0.2.ip6.arpa");
    assert.match(
      six,
      /^8\.0\.0\.0\.0\.0\.0\.0\.0\.0\.0\.0\.0\.0\.0\.0\.0\.0\.1\.1\.\S+\.ip6\.arpa\. PTR portal\.camau\.gov\.vn\.$/m,
    );
    assert.match(zone("113.0.203.in-addr.arpa"), /^5\.113\.0\.203\.in-addr\.arpa\. PTR ns1\.camau\.gov\.vn\.$/m);
    assert.match(zone("113.0.203.in-addr.arpa"), /^3\.113\.0\.203\.in-addr\.arpa\. PTR mail\.camau\.gov\.vn\.$/m);
    assert.match(zone("10.in-addr.arpa"), /^21\.0\.0\.10\.in-addr\.arpa\. PTR hub1\.int\.camau\.gov\.vn\.$/m);
    assert.match(zone(""), /^0\.4\.8\S+\.ip6\.arpa\. DS \d+ 13 2 AA\d+$/m, "with a chain from the root");
  });

  it("hands each parent servers, addresses, DS and key", () => {
    assert.deepEqual(handedOver(full), ["0.4.8.b.d.0.1.0.0.2.ip6.arpa", "113.0.203.in-addr.arpa", "camau.gov.vn"]);
    const text = dsHandOff(full, "camau.gov.vn", facts);
    assert.match(text, /^camau\.gov\.vn\. 3600 IN DS \d+ 13 2 AA\d+$/m);
    assert.match(text, /^; camau\.gov\.vn\. 3600 IN DNSKEY 257 3 13 KEY\d+$/m);
    assert.match(text, /^ns2\.camau\.gov\.vn\. 3600 IN AAAA 2001:db8:4000:1200::5$/m);
  });

  it("has a primary that is seen where there is but one secondary", () => {
    const p = plan({
      ...sample,
      datacentres: sample.datacentres.map((dc) => ({ ...dc, servers: dc.servers.filter((s) => s.id !== "dns1") })),
    });
    const servers = p.zones.find((z) => z.name === "camau.gov.vn")!.servers.map((s) => s.host);
    assert.deepEqual(servers, ["sign1", "dns2"]);
  });
});

describe("the rest", () => {
  it("guards every host of ours, and borders' management addresses before anything else", () => {
    const rules = firewall(full, full.byId.get("br1")!)!;
    assert.match(rules, /iifname \{ "to-isp1" \} ip daddr \{ 10\.0\.0\.0\/8 \} counter drop comment "management"/);
    for (const h of full.hosts)
      assert.equal(firewall(full, h) === undefined, ["isp1", "isp2", "inet"].includes(h.id), h.id);
  });

  it("has the same rules for both families, but for what only one has", () => {
    for (const id of ["br1", "core1", "web1", "so-noi-vu"]) {
      const flows = (f: string) =>
        [...firewall(full, full.byId.get(id)!)!.matchAll(new RegExp(`${f} [sd]addr .* comment "([a-z-]+)"$`, "gm"))]
          .map((m) => m[1]!)
          .filter((c) => c !== "private-source")
          .sort();
      assert.deepEqual(flows("ip6"), flows("ip"), id);
    }
  });

  it("changes no firewall but its hub's when an agency comes", () => {
    fc.assert(
      fc.property(agencies, (more) => {
        const known = new Set(sample.agencies.map((a) => a.number));
        const come = more.filter((a) => !known.has(a.number));
        const after_ = plan({ ...sample, agencies: [...sample.agencies, ...come] });
        const hubs = new Set(come.flatMap((a) => a.uplinks));
        for (const h of full.hosts)
          if (!hubs.has(h.id)) assert.equal(firewall(after_, after_.byId.get(h.id)!), firewall(full, h), h.id);
      }),
      { numRuns: 10 },
    );
  });

  it("tells an agent the console by its address and its certificate's name", () => {
    const { console: at, agent } = JSON.parse(agentConfig(full, "hub1"));
    assert.equal(agent, "hub1");
    const { v6 } = full.byId.get("console")!.server!.address;
    assert.deepEqual(at, {
      url: `wss://[${v6}]:8443/agent`,
      enrol: `https://[${v6}]:8443/enrol`,
      serverName: "console.camau.gov.vn",
    });
  });
});
