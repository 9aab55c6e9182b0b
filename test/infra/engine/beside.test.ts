// Two provinces with hosts of the same names side by side on one machine, and one province whose data centres are stacks of their own that
// look each other up: by the real engine.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, test } from "node:test";
import { destroy, ENGINE_VERSION, type Engine, engineBinary, release, up } from "../../../infra/engine/engine.ts";
import { EngineError } from "../../../infra/engine/errors.ts";
import { sessionsDown } from "../../../infra/platforms/lab/bird.ts";
import { namespaceOf, prefixOf } from "../../../infra/platforms/lab/names.ts";
import { namespaces } from "../../../infra/platforms/lab/netns.ts";
import { inHost, pidOf } from "../../../infra/platforms/lab/process.ts";
import { labProgram } from "../../../infra/program.ts";
import type { Topology } from "../../../infra/topology.ts";
import { freePort } from "../../support/port.ts";
import { leftovers, makeLab, whyNoLab } from "../platforms/lab/machine.ts";
import { smallDeployment, smallTopology } from "../platforms/lab/small.ts";

const skip =
  whyNoLab || (!existsSync(engineBinary()) && `needs the Pulumi engine ${ENGINE_VERSION}: npm start installs it`);
const [PORT, OTHER_PORT] = [await freePort(), await freePort()];
const [one, other] = skip ? [undefined!, undefined!] : [makeLab("p"), makeLab("q")];

after(async () => {
  if (skip) return;
  await one.end();
  await other.end();
});

const end = async (engine: Engine) => {
  await release(engine);
  await destroy(engine);
};

/** The second router and the server stand in another data centre than the first router. */
const topology: Topology = { ...smallTopology, partOf: (host) => (host === "r1" ? "dc1" : "dc2") };
/** A data centre's stack; all of them are one lab. */
function part(name: "dc1" | "dc2", stacks: Record<string, string>): Engine {
  const program = labProgram({
    deployment: smallDeployment(PORT),
    topology,
    lab: one,
    part: { name, topology, stacks },
  });
  return { ...one, stack: `${one.stack}${name}`, program };
}
const north = () => part("dc1", {});
const south = () => part("dc2", { dc1: `${one.stack}dc1` });

test("a data centre's stack asks for the one that its lines lead to, by name, until that stands", {
  skip,
}, async () => {
  await assert.rejects(
    up(south()),
    (e) => e instanceof EngineError && e.code === "engine-failed" && e.message.includes(`${one.stack}dc1`),
  );
  assert.deepEqual(namespaces(prefixOf(one.stack)), []);
});

test("split by data centre, the second stack lays the line between the two by the first one's outputs", {
  skip,
}, async () => {
  // A host, two phases, a place; provider and stack.
  assert.deepEqual(await up(north()), { create: 6 });
  assert.deepEqual(namespaces(prefixOf(one.stack)), [namespaceOf(one, "r1")]);
  // Two hosts, two lines, two phases, two places; provider, stack. What is only looked up is read.
  const made = await up(south());
  assert.equal(made["create"], 10);
  assert.deepEqual(await sessionsDown(one), []);
  assert.match(await inHost(one, "r1", ["birdc", "show", "protocols"]), /peer6 +BGP .*Established/);
  const again = await up(south());
  assert.deepEqual(
    Object.keys(again).filter((op) => op !== "same" && op !== "read" && op !== "refresh"),
    [],
  );
});

test("two provinces with hosts of the same names do not know of each other", { skip }, async () => {
  const second: Engine = {
    ...other,
    program: labProgram({ deployment: smallDeployment(OTHER_PORT), topology: smallTopology, lab: other }),
  };
  const before = pidOf(one, "r1", "bird");
  await up(second);
  assert.deepEqual([await sessionsDown(one), await sessionsDown(other)], [[], []]);
  assert.notEqual(pidOf(other, "r1", "bird"), before);
  for (const port of [PORT, OTHER_PORT]) assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
  await end(second);
  assert.deepEqual(leftovers(other), []);
  assert.equal(pidOf(one, "r1", "bird"), before);
  assert.deepEqual(await sessionsDown(one), []);
});

test("stacks are taken down the last one first, and nothing is left", { skip }, async () => {
  await end(south());
  assert.deepEqual(namespaces(prefixOf(one.stack)), [namespaceOf(one, "r1")]);
  await end(north());
  assert.deepEqual(leftovers(one), []);
});
