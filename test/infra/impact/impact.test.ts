// What a preview means, from the engine's steps alone: each kind of sentence from the smallest steps that cause it.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type EngineStep, impactOf } from "../../../infra/impact/index.ts";
import { type HostInputs, type LinkInputs, linkInputs, sha256 } from "../../../infra/platforms/lab/model.ts";
import { OURS } from "../../../infra/render/index.ts";

const texts = new Map<string, string>();
const textOf = (hash: string) => texts.get(hash);
const file = (text: string, mode = "0644") => {
  texts.set(sha256(text), text);
  return `sha256:${sha256(text)} ${mode} root:root`;
};
type Daemon = HostInputs["daemons"][string];
const daemon = (role: Daemon["role"], files: string[], reload: string[] = []): Daemon => ({
  order: 0,
  argv: ["d"],
  user: "root",
  restart: "once",
  files,
  ...(reload.length > 0 && { reload: { files: reload, argv: ["r"] } }),
  log: "/l",
  role,
});
const host = (id: string, more: Partial<HostInputs> = {}): HostInputs => ({
  host: id,
  loopback: [],
  sysctls: {},
  bridges: [],
  directories: {},
  files: {},
  daemons: {},
  runtime: false,
  keep: {},
  resolvers: [],
  ...more,
});
const BIRD = "/etc/bird/bird.conf";
const router = (id: string, conf = "a") =>
  host(id, { files: { [BIRD]: file(conf) }, daemons: { bird: daemon("network", [BIRD], [BIRD]) } });
const link = (a: string, b: string): LinkInputs =>
  linkInputs({
    id: `${a}~${b}`,
    a: { host: a, device: `to-${b}`, addresses: [`fe::${a.length}/127`], routes: [] },
    b: { host: b, device: `to-${a}`, addresses: [`fe::${b.length}/127`], routes: [] },
  });

const roles = { core1: "core", hub1: "hub", hub2: "hub", one: "site", two: "site", console: "server" };
const registry = (sites: string[] = ["one", "two"]) =>
  JSON.stringify({
    consoleHost: "console",
    assets: Object.entries(roles)
      .filter(([id, role]) => role !== "site" || sites.includes(id))
      .map(([id, role]) => ({ id, kind: "host", role, agency: role === "site" ? id : "dc1" })),
    targets: [],
  });
const consoleHost = (text = registry()) => host("console", { files: { [OURS.registry]: file(text) } });
/** `two` hangs on both hubs, `one` on hub1 alone. */
const LINKS = [
  link("core1", "console"),
  link("core1", "hub1"),
  link("core1", "hub2"),
  link("hub1", "one"),
  link("hub1", "two"),
  link("hub2", "two"),
];
const step = (kind: string, op: string, before?: object, after?: object): EngineStep => {
  const inputs = (after ?? before) as { host?: string; link?: string };
  return {
    op,
    type: `vonggac:lab:${kind}`,
    name: inputs.host ?? inputs.link ?? "services",
    ...(before && { before: before as Record<string, unknown> }),
    ...(after && { after: after as Record<string, unknown> }),
  };
};
const same = (kind: string, inputs: object) => step(kind, "same", inputs, inputs);
const base = [
  same("Host", consoleHost()),
  ...["core1", "hub1", "hub2", "one", "two"].map((id) => same("Host", router(id))),
  ...LINKS.map((l) => same("Link", l)),
];
/** The base with some steps in the place of those of the same name. */
const preview = (...steps: EngineStep[]) =>
  impactOf([...base.filter((b) => !steps.some((s) => s.type === b.type && s.name === b.name)), ...steps], textOf);
const said = (impact: ReturnType<typeof impactOf>) => impact.effects.map((e) => [e.key, e.facts, e.steps]);

test("nothing to do, nothing said", () => {
  assert.deepEqual(preview(), { steps: [], effects: [], during: { lost: [], degraded: [] } });
});

test("a removed line: one agency keeps one of two paths, another loses its last", () => {
  const impact = preview(step("Link", "delete", LINKS[3]), step("Link", "delete", LINKS[4]));
  assert.deepEqual(said(impact), [
    ["path-lost", { agency: "one", before: 1, after: 0 }, [1]],
    ["path-lost", { agency: "two", before: 2, after: 1 }, [2]],
    ["removed", { kind: "Link", name: "hub1~one" }, [1]],
    ["removed", { kind: "Link", name: "hub1~two" }, [2]],
  ]);
  assert.deepEqual(impact.effects[0]!.lost, ["one"]);
  assert.deepEqual(impact.effects[1]!.degraded, ["two"]);
  assert.deepEqual(impact.during, { lost: ["one"], degraded: ["two"] });
});

test("a hub made anew cuts off who hangs on it alone, for the while", () => {
  const impact = preview(step("Host", "replace", router("hub1"), router("hub1", "b")));
  assert.deepEqual(impact.during, { lost: ["one"], degraded: ["two"] });
  assert.deepEqual(
    impact.effects.map((e) => e.key),
    ["path-interrupted", "rebuilt"],
  );
});

test("routing that is told to read its file again interrupts nobody; other arguments start it anew", () => {
  const reloaded = preview(step("Host", "update", router("hub1"), router("hub1", "b")));
  assert.deepEqual(said(reloaded), [["service-reloads", { host: "hub1", program: "bird" }, [1]]]);
  assert.deepEqual(reloaded.during, { lost: [], degraded: [] });
  const other = router("hub1");
  other.daemons["bird"]!.argv = ["bird", "-d"];
  const restarted = preview(step("Host", "update", router("hub1"), other));
  assert.deepEqual(
    restarted.effects.map((e) => e.key),
    ["path-interrupted", "service-restarts"],
  );
  assert.deepEqual(restarted.during, { lost: ["one"], degraded: ["two"] });
});

test("what died and is started again was mended", () => {
  const dead = { ...router("hub2"), daemons: {} };
  assert.deepEqual(said(preview(step("Host", "update", dead, router("hub2")))), [
    ["mended", { what: "hub2/bird" }, [1]],
  ]);
  const down = { ...LINKS[5]!, up: false };
  const impact = preview(step("Link", "update", down, LINKS[5]));
  assert.deepEqual(said(impact), [
    ["path-gained", { agency: "two", before: 1, after: 2 }, [1]],
    ["mended", { what: "hub2~two" }, [1]],
  ]);
});

test("names: each record set that is another, whatever the order of the lines", () => {
  const zone = (...lines: string[]) =>
    host("dns1", { files: { "/etc/knot/zones/x.zone": file(["x. SOA a. b. 1 2 3 4 5", ...lines].join("\n")) } });
  const before = zone("p.x. A 192.0.2.1", "x. NS ns1.x.", "x. NS ns2.x.");
  const after = zone("x. NS ns2.x.", "x. NS ns1.x.", "p.x. A 192.0.2.9", "q.x. AAAA 2001:db8::1");
  assert.deepEqual(said(preview(step("Host", "update", before, after))), [
    ["record-changed", { host: "dns1", name: "p.x", type: "A", before: ["192.0.2.1"], after: ["192.0.2.9"] }, [1]],
    ["record-changed", { host: "dns1", name: "q.x", type: "AAAA", before: [], after: ["2001:db8::1"] }, [1]],
  ]);
});

test("an agency that joins, and one that leaves", () => {
  const three = link("hub1", "one");
  const joined = impactOf(
    [
      ...base.filter((b) => b.name !== "console" && b.name !== "one" && b.name !== "hub1~one"),
      step("Host", "update", consoleHost(registry(["two"])), consoleHost()),
      step("Host", "create", undefined, router("one")),
      step("Link", "create", undefined, three),
    ],
    textOf,
  );
  assert.deepEqual(said(joined)[0], ["agency-added", { agency: "one", paths: 1 }, [2, 3]]);
  const left = preview(
    step("Host", "update", consoleHost(), consoleHost(registry(["two"]))),
    step("Host", "delete", router("one")),
    step("Link", "delete", three),
  );
  assert.deepEqual(said(left)[0], ["agency-removed", { agency: "one" }, [2, 3]]);
});

test("addresses, firewall rules, modes: said each in its way", () => {
  const before = host("web1", { loopback: ["192.0.2.1/32"], nftables: "a", files: { "/x": file("x") } });
  const after = host("web1", { loopback: ["192.0.2.2/32"], nftables: "b", files: { "/x": file("x", "0600") } });
  assert.deepEqual(
    preview(step("Host", "update", before, after)).effects.map((e) => e.key),
    ["firewall-changed", "address-changed"],
  );
  const mode = preview(
    step(
      "Host",
      "update",
      host("w", { files: { "/x": file("x") } }),
      host("w", { files: { "/x": file("x", "0600") } }),
    ),
  );
  assert.deepEqual(said(mode), [
    ["unnoticed", { kind: "Host", name: "w", op: "update", differs: ['files["/x"]'] }, [1]],
  ]);
});

test("whatever the engine does, no step lacks a sentence and no sentence a step", () => {
  const ops = fc.constantFrom("create", "update", "replace", "delete", "same", "create-replacement", "refresh", "read");
  const things = fc.constantFrom(
    ...LINKS.map((l) => ["Link", l] as const),
    ...["core1", "hub1", "hub2", "one", "two"].map((id) => ["Host", router(id)] as const),
    ["Host", consoleHost()] as const,
    ["Services", { programs: { "web1/nginx": "service" } }] as const,
  );
  const edits = fc.record({
    conf: fc.string({ maxLength: 3 }),
    up: fc.boolean(),
    loopback: fc.array(fc.ipV4(), { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(ops, things, edits), { maxLength: 12 }), (drawn) => {
      const steps = drawn.map(([op, [kind, inputs], edit]) => {
        if (op === "same") return same(kind, inputs);
        const after =
          kind === "Link"
            ? { ...inputs, up: edit.up }
            : kind === "Host"
              ? { ...inputs, loopback: edit.loopback }
              : inputs;
        return step(kind, op, op === "create" ? undefined : inputs, op === "delete" ? undefined : after);
      });
      const impact = preview(...steps);
      const numbers = impact.steps.map((s) => s.number);
      assert.deepEqual(
        numbers,
        numbers.map((_, i) => i + 1),
      );
      const cited = new Set(impact.effects.flatMap((e) => e.steps));
      assert.deepEqual(
        [...cited].sort((a, b) => a - b),
        numbers,
      );
      for (const e of impact.effects) assert.ok(e.steps.length > 0, e.key);
    }),
    { numRuns: 300 },
  );
});
