// How the sample's hosts hang together for the engine: components, redundant groups, and one part a data centre that leaves nobody out.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, HostSpec } from "../../infra/platforms/platform.ts";
import { partial } from "../../infra/split.ts";
import { topologyOf } from "../../infra/topology.ts";
import { plan, sample } from "./plan/sample.ts";

const { registry, hosts, links } = plan(sample);
const DAEMON: Record<string, string> = {
  "primary-dns": "knot",
  "secondary-dns": "knot",
  resolver: "unbound",
  portal: "nginx",
};
const deployment = {
  province: "ca-mau",
  hosts: hosts.map((h) => ({
    id: h.id,
    daemons: h.server && DAEMON[h.server.task] ? [{ name: DAEMON[h.server.task], role: "service" }] : [],
  })) as unknown as HostSpec[],
  links: links.map((l) => ({ id: l.id, a: l.ends[0], b: l.ends[1] })) as unknown as Deployment["links"],
} satisfies Deployment;
const topology = topologyOf(registry, deployment);

test("hosts stand under the component of what they are, and those that were moved say from where", () => {
  assert.deepEqual(topology.placeOf("hub1"), { kind: "data-centre", name: "dc1" });
  assert.deepEqual(topology.placeOf("isp1"), { kind: "wan", name: "wan" });
  assert.deepEqual(topology.placeOf("so-noi-vu"), { kind: "agency-site", name: "so-noi-vu" });
  const dc2 = { kind: "data-centre", name: "dc2" };
  assert.deepEqual(topology.placeOf("dns2"), { kind: "name-service", name: "names", formerly: dc2 });
  assert.equal(topology.placeOf("console").kind, "console");
});

test("what stands in for one another is one group; a site and what is outside are in none", () => {
  const group = (host: string) => topology.groupOf(host);
  for (const [a, b] of [
    ["hub1", "hub3"],
    ["br1", "br2"],
    ["core1", "core2"],
    ["dns1", "dns2"],
    ["res1", "res2"],
  ] as const) {
    assert.ok(group(a));
    assert.equal(group(a), group(b));
  }
  assert.notEqual(group("dns1"), group("res1"));
  for (const host of ["so-noi-vu", "isp1", "inet"]) assert.equal(group(host), undefined);
});

test("the parts of both data centres are all hosts, each once; a line between them waits for the other stack", async () => {
  const parts = await Promise.all(["dc1", "dc2"].map((name) => partial(deployment, { name, topology, stacks: {} })));
  assert.deepEqual(parts.flatMap((p) => p.hosts.map((h) => h.id)).sort(), hosts.map((h) => h.id).sort());
  const inner = parts.flatMap((p) => p.links.map((l) => l.id));
  assert.equal(new Set(inner).size, inner.length);
  assert.ok(inner.includes("core1~hub1") && !inner.includes("core1~core2"));
  assert.ok(inner.length < links.length);
});
