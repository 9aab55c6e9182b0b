// A seeded sample of the differential run: 200 zones, signed by Knot and BIND and broken in one way each, of which ours, delv
// and unbound-host must say what the label says. The whole run is `npm run vectors -- differential`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS } from "./differential/faults/index.ts";
import { runSample } from "./differential/sample.ts";
import { whyNoDifferential } from "./differential.ts";

const why = whyNoDifferential();

test("200 random zones of Knot and BIND, whole or with one fault: ours, delv and unbound-host against the label", {
  skip: why ?? false,
  timeout: 480_000,
}, async () => {
  const report = await runSample(["--zones", "200", "--mutations", "0", "--seed", "sample", "--peer-questions", "2"]);
  assert.deepEqual(report.disagreements, []);
  assert.equal(report.zones, 200);
  assert.ok(report.questions > 4_000, `${report.questions} questions`);
  assert.equal(report.refused_zones, 0);
  for (const { label } of FAULTS) assert.ok(report.labels[label], `no zone was broken by ${label}`);
  for (const tool of ["ours", "ours, warm", "ours, extended error", "delv", "unbound-host"])
    assert.ok(report.tools[tool]!.agreed > 100, `${tool} agreed ${report.tools[tool]?.agreed} times`);
});
