// What the screen is told of a target: the table of statuses, and since when.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createView } from "../../console/view.ts";
import type { Report } from "../../protocol/index.ts";
import { stateDigest } from "../../protocol/state.ts";
import { bad, good, sampleRegistry, TARGETS } from "./support/province.ts";

const PORTAL = "xa-mot/certificate/portal";
function viewed(...reports: Report[]) {
  const view = createView(sampleRegistry(), 5);
  view.setPresence("xa-mot", "live", 10);
  for (const r of reports) view.hear("xa-mot", r, r.at);
  return view;
}
const head = { type: "report", check: "certificate", target: PORTAL, tookMs: 1 } as const;

for (const [what, reports, expected] of [
  ["nothing said", [], { status: "unknown", tags: [], since: 10, at: 0 }],
  ["good", [good(PORTAL, 20)], { status: "good", tags: [], since: 20, at: 20 }],
  ["good since the first", [good(PORTAL, 20), good(PORTAL, 30)], { status: "good", tags: [], since: 20, at: 30 }],
  [
    "a finding",
    [good(PORTAL, 20), bad(PORTAL, "CERT_EXPIRES_SOON", 30)],
    { status: "finding", severity: "medium", tags: ["CERT_EXPIRES_SOON"], since: 30, at: 30 },
  ],
  [
    "another finding is another status",
    [bad(PORTAL, "CERT_EXPIRES_SOON", 30), bad(PORTAL, "CERT_EXPIRED", 40)],
    { status: "finding", severity: "critical", tags: ["CERT_EXPIRED"], since: 40, at: 40 },
  ],
  [
    "skipped",
    [{ ...head, at: 50, outcome: "skipped", reason: "no address" }],
    { status: "skipped", tags: [], reason: "no address", since: 50, at: 50 },
  ],
  [
    "broke",
    [{ ...head, at: 60, outcome: "broke", error: "EMFILE" }],
    { status: "broke", tags: [], reason: "EMFILE", since: 60, at: 60 },
  ],
] as [string, Report[], object][])
  test(`status: ${what}`, () => {
    const { target, agency, agent, asset, check, ...rest } = viewed(...reports).target(PORTAL)!;
    assert.deepEqual([target, agency, agent, asset, check], [PORTAL, "xa-mot", "xa-mot", "portal", "certificate"]);
    assert.deepEqual(rest, expected);
  });

test("severity is the worst of the tags, and an unknown tag is medium", () => {
  const report: Report = {
    ...head,
    at: 1,
    outcome: "ran",
    findings: ["CERT_EXPIRES_SOON", "CERT_EXPIRED", "NEW_TAG"].map((tag) => ({ subject: "s", tag, evidence: {} })),
  };
  assert.equal(viewed(report).target(PORTAL)?.severity, "critical");
  assert.equal(viewed(bad(PORTAL, "NEW_TAG")).target(PORTAL)?.severity, "medium");
});

test("an agent that is silent makes its targets unknown; what they said comes back with it", () => {
  const view = viewed(good(PORTAL, 20));
  view.setPresence("xa-mot", "silent", 99);
  assert.deepEqual([view.target(PORTAL)?.status, view.target(PORTAL)?.since], ["unknown", 99]);
  view.setPresence("xa-mot", "live", 120);
  assert.deepEqual([view.target(PORTAL)?.status, view.target(PORTAL)?.since], ["good", 20]);
});

test("the digest is that of the agent's last reports, whatever their order", () => {
  const a = good(PORTAL, 1);
  const b = bad("xa-mot/link/hub1~xa-mot", "LINK_NO_CARRIER", 2);
  assert.equal(viewed(b, a).digest("xa-mot"), stateDigest([a, b]));
  assert.equal(viewed(bad(PORTAL, "CERT_EXPIRED"), b, a).digest("xa-mot"), stateDigest([a, b]));
  assert.equal(viewed().digest("xa-hai"), stateDigest([]));
  const view = viewed(a);
  assert.equal(view.digest("xa-mot"), stateDigest([a]));
  view.hear("xa-mot", b, 3);
  assert.equal(view.digest("xa-mot"), stateDigest([a, b]), "and follows what is said");
});

test("another registry: gone targets are given back and out of the digest, presence stays", () => {
  const view = viewed(good(PORTAL, 1), good("xa-mot/link/hub1~xa-mot", 2));
  const dropped = view.setRegistry(
    sampleRegistry(
      "v2",
      TARGETS.filter((t) => t.id !== PORTAL),
    ),
  );
  assert.deepEqual(
    dropped.map((d) => d.said.report.target),
    [PORTAL],
  );
  assert.equal(view.digest("xa-mot"), stateDigest([good("xa-mot/link/hub1~xa-mot", 2)]));
  assert.equal(view.target(PORTAL), undefined);
  assert.equal(view.agent("xa-mot").presence, "live");
});
