// Properties that a plan keeps for every province: nothing overlaps, nobody is renumbered by another's coming or going, both
// families are everywhere, and what the watchers are told of exists.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Address4, Address6 } from "ip-address";
import { Compile } from "typebox/compile";
import { subsetOf } from "../../infra/plan/subset.ts";
import type { Dual, Plan } from "../../infra/plan/types.ts";
import type { Intent } from "../../infra/province/schema.ts";
import { RegistrySchema } from "../../protocol/registry.ts";
import { agencies, plan, provinces, sample } from "./plan/sample.ts";

const both = (d: Dual) => [d.v4, d.v6];
/** Every address that a plan gives, with who has it. */
function addresses(p: Plan): [string, string][] {
  const hosts = p.hosts.flatMap((h) => [
    ...[...(h.loopback ? [h.loopback] : []), ...h.anycast, ...(h.lan ? [h.lan.address] : [])].flatMap((d) =>
      both(d).map((a): [string, string] => [a, h.id]),
    ),
  ]);
  const ends = p.links.flatMap((l) =>
    l.ends.flatMap((e) => (e.address ? both(e.address) : []).map((a): [string, string] => [a, `${l.id} ${e.host}`])),
  );
  return [...hosts, ...ends];
}

/** What an agency has by itself: its router and its lines, by the far end. */
function belongings(p: Plan, id: string): string {
  const host = p.byId.get(id)!;
  const lines = (p.interfaces.get(id) ?? []).map((i) => [i.link.id, i.own, i.peer]).sort();
  const targets = p.registry.targets.filter((t) => t.agent === id);
  return JSON.stringify([host, lines, targets]);
}

describe("a plan", () => {
  it("gives no address twice, and no network within another", () => {
    fc.assert(
      fc.property(provinces, (intent) => {
        const p = plan(intent);
        const all = addresses(p);
        assert.equal(new Set(all.map(([a]) => a)).size, all.length);
        const nets = [
          ...p.hosts.flatMap((h) => (h.lan ? both(h.lan.prefix) : [])),
          ...p.links
            .filter((l) => l.bgp)
            .flatMap((l) => [`${l.ends[0].address!.v4}/31`, `${l.ends[0].address!.v6}/127`]),
          ...p.hosts.flatMap((h) => (h.loopback ? [`${h.loopback.v4}/32`, `${h.loopback.v6}/128`] : [])),
        ];
        for (const family of [4, 6]) {
          const ranges = nets
            .filter((n) => n.includes(":") === (family === 6))
            .map((n) => (family === 6 ? new Address6(n) : new Address4(n)))
            .map((a) => ({ from: a.startAddress().bigInt(), to: a.endAddress().bigInt(), text: a.address }))
            .sort((a, b) => (a.from < b.from ? -1 : 1));
          ranges.forEach((r, i) => {
            if (i > 0) assert.ok(r.from > ranges[i - 1]!.to, `${r.text} and ${ranges[i - 1]!.text}`);
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it("keeps what is the province's within the province's prefixes", () => {
    fc.assert(
      fc.property(provinces, (intent) => {
        const six = new Address6(intent.province.ipv6);
        for (const h of plan(intent).hosts.filter((x) => x.role === "site"))
          for (const a of [h.loopback!.v6, h.lan!.address.v6])
            assert.ok(new Address6(a).isInSubnet(six), `${h.id} ${a}`);
      }),
      { numRuns: 30 },
    );
  });

  it("renumbers nobody when others come, go or change places", () => {
    fc.assert(
      fc.property(provinces, agencies, fc.infiniteStream(fc.nat()), (intent, others, order) => {
        const taken = new Set(intent.agencies.map((a) => a.number));
        const more = [...intent.agencies, ...others.filter((a) => !taken.has(a.number))]
          .map((a) => ({ a, key: order.next().value as number }))
          .sort((x, y) => x.key - y.key)
          .map(({ a }) => a);
        const [before, after] = [plan(intent), plan({ ...intent, agencies: more })];
        const bastion = before.hosts.find((h) => h.server?.task === "bastion")!.id;
        for (const id of [...intent.agencies.map((a) => a.id), bastion])
          assert.equal(belongings(after, id), belongings(before, id));
      }),
      { numRuns: 40 },
    );
  });

  it("keeps an agency's line when its other lines go", () => {
    const of = (uplinks: string[]): Intent => ({ ...sample, agencies: [{ ...sample.agencies[0]!, uplinks }] });
    const line = (p: Plan) => p.links.find((l) => l.id.startsWith("hub3~"))!.ends;
    assert.deepEqual(line(plan(of(["hub3"]))), line(plan(of(["hub1", "hub3"]))));
  });

  it("names devices within the kernel's 15 characters, once a host", () => {
    fc.assert(
      fc.property(provinces, (intent) => {
        const p = plan(intent);
        for (const [host, list] of p.interfaces) {
          const devices = list.map((i) => i.own.device);
          assert.equal(new Set(devices).size, devices.length, host);
          for (const d of devices) assert.match(d, /^to-[a-z0-9-]{1,12}$/);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("gives both families to every line, and AS numbers that are private and nobody else's", () => {
    const p = plan(sample);
    for (const link of p.links) {
      const ends = link.bgp ? link.ends : [link.ends[1]];
      for (const end of ends) assert.ok(end.address?.v4 && end.address.v6, link.id);
    }
    const numbers = p.hosts.flatMap((h) => (h.asn === undefined ? [] : [h.asn]));
    assert.equal(new Set(numbers).size, numbers.length);
    for (const n of numbers) assert.ok(n >= 4_200_000_000 && n <= 4_294_967_294, `${n}`);
  });

  it("gives every agency a name with A and AAAA in the province's zone", () => {
    const p = plan(sample);
    const zone = p.zones.find((z) => z.name === sample.province.domain)!;
    for (const { id } of sample.agencies)
      assert.deepEqual(
        zone.records.filter((r) => r.name === `${id}.${zone.name}` && r.type.startsWith("A")).map((r) => r.type),
        ["A", "AAAA"],
      );
  });

  it("is the same plan twice", () => {
    assert.equal(plan(sample).registry.version, plan(structuredClone(sample)).registry.version);
    assert.notEqual(plan(sample).registry.version, plan(subsetOf(sample)).registry.version);
  });
});

describe("the registry", () => {
  const { registry, interfaces } = plan(sample);
  const shape = Compile(RegistrySchema);

  it("has the shape that the protocol states", () => {
    assert.deepEqual(shape.Check(registry) ? [] : shape.Errors(registry).slice(0, 3), []);
  });

  it("names only agents, agencies, assets and hosts that exist, and nothing twice", () => {
    const ids = (list: { id: string }[]) => {
      const set = new Set(list.map((x) => x.id));
      assert.equal(set.size, list.length);
      return set;
    };
    const [agents, owners, assets] = [ids(registry.agents), ids(registry.agencies), ids(registry.assets)];
    ids(registry.targets);
    const known = (set: Set<string>, id: string, by: string) => assert.ok(set.has(id), `${by} names ${id}`);
    known(assets, registry.consoleHost, "consoleHost");
    for (const { id, host, agency } of registry.agents) {
      known(assets, host, id);
      known(owners, agency, id);
    }
    for (const asset of registry.assets) {
      known(owners, asset.agency, asset.id);
      if ("on" in asset) for (const host of asset.on) known(assets, host, asset.id);
      if (asset.kind === "link") for (const end of asset.ends) known(assets, end, asset.id);
    }
    for (const t of registry.targets) {
      known(agents, t.agent, t.id);
      known(owners, t.agency, t.id);
      known(assets, t.asset, t.id);
      if (t.kind === "zone") for (const s of t.expects.servers) known(assets, s.asset, t.id);
      if (t.kind === "resolver") for (const n of t.expects.names) known(assets, n.zoneAsset, t.id);
      if (t.kind === "datacentre") for (const way of t.expects.paths) known(assets, way.link, t.id);
    }
  });

  it("watches every line at each end that has an agent, and each agency in every family of checks", () => {
    for (const { id, host } of registry.agents) {
      const links = registry.targets.flatMap((t) => (t.agent === id && t.kind === "link" ? [t.asset] : []));
      assert.deepEqual(
        links,
        interfaces.get(host)!.map((i) => i.link.id),
      );
    }
    for (const { id } of sample.agencies) {
      const kinds = registry.targets.filter((t) => t.agent === id && t.kind !== "link").map((t) => t.kind);
      const ways = ["datacentre", "ipv6", "zone", "resolver", "resolver", "certificate", "path", "ra"];
      assert.deepEqual(kinds, ["clock", "disk", ...ways]);
    }
    assert.deepEqual(
      registry.targets.filter((t) => t.kind === "ssh-log").map((t) => t.id),
      ["bast1/ssh-log/sshd"],
    );
    assert.deepEqual(
      registry.targets.filter((t) => t.kind === "device").map((t) => [t.agent, t.asset]),
      [["core2", "ups-dc2"]],
      "by the router of its network",
    );
    for (const kind of ["firewall-log", "route-log"])
      assert.deepEqual(
        registry.targets.filter((t) => t.kind === kind).map((t) => t.agent),
        ["br1", "br2"],
        kind,
      );
    assert.deepEqual(
      registry.targets.filter((t) => t.kind === "page").map((t) => [t.agent, t.asset]),
      [["core2", "portal"]],
      "one looks at the page: it is the same for all",
    );
  });

  it("takes for the dedicated network what is of it, and not a backup by other means", () => {
    const by = (uplinks: (typeof sample.agencies)[number]["uplinks"]) => {
      const [agency, ...others] = sample.agencies;
      const p = plan({ ...sample, agencies: [{ ...agency!, uplinks }, ...others] });
      const target = p.registry.targets.find((t) => t.agent === agency!.id && t.kind === "datacentre");
      return target?.kind === "datacentre" ? target.expects.paths.map((way) => way.hub) : [];
    };
    assert.deepEqual(by(["hub1", { hub: "hub3", medium: "leased" }]), ["hub1"]);
    assert.deepEqual(by([{ hub: "hub1", medium: "leased" }, "hub3"]), ["hub3"]);
    assert.deepEqual(by([{ hub: "hub1", medium: "leased" }]), ["hub1"], "it has no other");
    assert.deepEqual(by(["hub1", "hub3"]), ["hub1", "hub3"]);
  });

  it("watches each site's own certificate from every hub, and no site that is only a name", () => {
    const named = { id: "gio", kind: "time" as const, name: { vi: "Giờ", en: "Time" }, on: "res1" };
    const { registry, hosts } = plan({ ...sample, services: [...sample.services!, named] });
    for (const hub of hosts.filter((h) => h.role === "hub")) {
      const seen = registry.targets.flatMap((t) => (t.agent === hub.id && t.kind === "certificate" ? [t] : []));
      assert.deepEqual(
        seen.map((t) => [t.asset, t.expects.name, t.expects.addresses.length]),
        sample.services!.map((s) => [s.id, `${s.id}.camau.gov.vn`, 2]),
      );
    }
  });

  it("audits the province's zone from one place, from its own root down", () => {
    const audits = registry.targets.filter((t) => t.kind === "zone-audit");
    assert.deepEqual(
      audits.map((t) => [t.agent, t.asset]),
      [["bast1", `zone:${sample.province.domain}`]],
    );
    const { hints, anchors, everyMs } = { ...audits[0]!.expects, everyMs: audits[0]!.everyMs };
    assert.match(anchors, /^\. IN DS \d+ /);
    assert.ok(hints.every((h) => h.addresses.some((a) => a.includes(":")) && h.addresses.some((a) => a.includes("."))));
    assert.ok(everyMs >= 60_000, "it costs more than a look");
    assert.equal(audits[0]!.expects.holds?.places, 2, "a data centre each");
    assert.ok(audits[0]!.expects.servers.every(({ as, prefix }) => as === sample.province.asn && prefix !== undefined));
  });

  it("tells an agent the addresses of its own end", () => {
    for (const t of registry.targets) {
      if (t.kind !== "link") continue;
      const at = interfaces.get(t.agent)!.find((i) => i.link.id === t.asset)!;
      assert.equal(t.expects.device, at.own.device);
      assert.deepEqual(
        t.expects.sessions.map((s) => s.local),
        at.link.bgp ? both(at.own.address!) : [],
      );
    }
  });

  it("speaks both languages", () => {
    for (const asset of registry.assets)
      for (const text of [asset.name.vi, asset.name.en]) assert.match(text, /^[^{}]+$/);
  });
});
