// What the plan says of who reaches whom, without a packet: nothing manages that the outside reaches, both families are the same, and
// every line of the table is of use to somebody.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FLOWS, SERVICES, zoneOf } from "../../../infra/plan/firewall.ts";
import { matrix, reach } from "../../../infra/plan/reach.ts";
import { subsetOf } from "../../../infra/plan/subset.ts";
import { plan, provinces, sample } from "./sample.ts";

const small = plan(subsetOf(sample, 3));
const all = matrix(small);

describe("reach", () => {
  it("lets the outside reach the DMZ alone, in any province", () => {
    fc.assert(
      fc.property(provinces, (intent) => {
        const p = plan({ ...intent, agencies: intent.agencies.slice(0, 2) });
        const outer = p.hosts.filter((h) => zoneOf(h) === "internet").map((h) => h.id);
        for (const pair of matrix(p))
          if (outer.includes(pair.from) && pair.reached && pair.reason !== "neighbour")
            assert.equal(zoneOf(p.byId.get(pair.to)!), "dmz", `${pair.from} → ${pair.to} ${pair.service}`);
      }),
      { numRuns: 10 },
    );
  });

  it("says the same of both families, but where an IPv4 address is private", () => {
    const six = new Map(all.filter((p) => p.family === 6).map((p) => [`${p.from} ${p.to} ${p.service}`, p]));
    for (const p of all.filter((x) => x.family === 4 && x.reason !== "private-source"))
      assert.equal(six.get(`${p.from} ${p.to} ${p.service}`)!.reached, p.reached, JSON.stringify(p));
  });

  it("uses every line of its table, and names what refuses", () => {
    const used = new Set(all.map((p) => p.flow));
    assert.deepEqual(
      FLOWS.map((f) => f.id).filter((id) => !used.has(id)),
      [],
    );
    for (const p of all) assert.ok(p.reached ? p.flow || p.reason !== "default-drop" : p.at, JSON.stringify(p));
    const hosts = small.hosts.length;
    assert.equal(all.length, (hosts * (hosts - 1) - 3 * 2) * Object.keys(SERVICES).length * 2);
  });

  it("lets the world ask a primary that is a public name server itself, and no other", () => {
    const alone = plan({
      ...sample,
      datacentres: sample.datacentres.map((dc) => ({ ...dc, servers: dc.servers.filter((s) => s.id !== "dns1") })),
    });
    const ask = (p: typeof alone) => reach(p, { from: "inet", to: "sign1", service: "dns", family: 6 }).reached;
    assert.deepEqual([ask(alone), ask(small)], [true, false]);
  });

  it("throws for a host that is none", () => {
    assert.throws(() => reach(small, { from: "nobody", to: "web1", service: "dns", family: 6 }), /no host nobody/);
  });

  it("gives each line of the table a reason in words, and an id once", () => {
    assert.equal(new Set(FLOWS.map((f) => f.id)).size, FLOWS.length);
    for (const f of FLOWS) assert.ok(f.why.length > 20 && f.services.length > 0, f.id);
  });
});
