// Detectors over the logs of what a border refused: packets and routes. Lines are as ulogd and BIRD write them.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Compile } from "typebox/compile";
import { firewallLog } from "../../../agent/detectors/firewall-log.ts";
import { routeLog } from "../../../agent/detectors/route-log.ts";
import { parseRefused } from "../../../agent/wire/refused-log.ts";
import { parseFalseRoute } from "../../../agent/wire/route-log.ts";
import { DetectionSchema } from "../../../protocol/finding.ts";
import { DETECTION_CLASSES } from "../../../protocol/tags.ts";

const head = { id: "t", agency: "a", agent: "br1", asset: "br1", everyMs: 1_000 };
const shape = Compile(DetectionSchema);
const A = "2001:db8:f::1";
const refused = (source: string, port: number) =>
  `Nov 26 07:40:01 vm refused forward  IN=to-isp1 OUT=to-core1 MAC=aa:bb SRC=${source} DST=2001:db8:4000::9 LEN=60 TC=0 HOPLIMIT=62 FLOWLBL=0 PROTO=TCP SPT=5 DPT=${port} SEQ=1 `;

function watch(scanned = 15, flooded = 60) {
  const expects = { path: "/x", scanned, flooded, windowMs: 10_000 };
  const { step } = firewallLog.start({ ...head, kind: "firewall-log", expects });
  return (lines: string[], now: number) =>
    step(lines, now).map((s) => {
      assert.ok(shape.Check({ type: "detection", id: "x", target: "t", at: 1, ...s }), JSON.stringify(s));
      assert.ok(s.class in DETECTION_CLASSES);
      return `${s.class} ${s.actor} ${s.count}`;
    });
}
const lines = (n: number, port: (i: number) => number, source = A) =>
  Array.from({ length: n }, (_, i) => refused(source, port(i)));

test("a scan is many doors, a flood many knocks at few; less of either is neither", () => {
  assert.deepEqual(
    watch()(
      lines(14, (i) => i + 1),
      0,
    ),
    [],
  );
  assert.deepEqual(
    watch()(
      lines(15, (i) => i + 1),
      0,
    ),
    [`port-scan ${A} 15`],
  );
  assert.deepEqual(
    watch()(
      lines(59, () => 9),
      0,
    ),
    [],
  );
  assert.deepEqual(
    watch()(
      lines(60, () => 9),
      0,
    ),
    [`flood ${A} 60`],
  );
});

test("what lies further back than the window is forgotten, and sources are counted each for itself", () => {
  const step = watch();
  assert.deepEqual(
    step(
      lines(10, (i) => i + 1),
      0,
    ),
    [],
  );
  assert.deepEqual(
    step(
      lines(10, (i) => i + 20),
      10_001,
    ),
    [],
  );
  assert.deepEqual(
    step(
      lines(10, (i) => i + 40, "192.0.2.7"),
      10_002,
    ),
    [],
  );
  assert.deepEqual(
    step(
      lines(5, (i) => i + 60),
      10_003,
    ),
    [`port-scan ${A} 25`],
  );
});

test("while it goes on it is told every ten seconds, and every line counts once", () => {
  const step = watch();
  const told: string[] = [];
  for (let t = 0; t <= 25_000; t += 1_000)
    told.push(
      ...step(
        lines(10, (i) => t + i + 1),
        t,
      ),
    );
  assert.deepEqual(told, [`port-scan ${A} 20`, `port-scan ${A} 100`, `port-scan ${A} 100`]);
});

test("lines that are none, and what senders write into theirs, are passed over", () => {
  for (const line of ["", "refused forward ", refused("x", 1), refused(A, 1).replace("refused", "accepted")])
    assert.equal(parseRefused(line), undefined, line);
  assert.equal(parseRefused(refused(A, 70_000))?.port, undefined);
  // A quoted packet's words come behind those of the packet itself.
  assert.equal(parseRefused(`${refused(A, 1)}[SRC=192.0.2.1 DST=192.0.2.2 ]`)?.source, A);
  fc.assert(fc.property(fc.string(), (text) => void parseRefused(`refused input ${text}`)));
});

const route = (what: string, prefix: string, path: string) =>
  `2026-11-26 07:40:01.123 <INFO> refused, ${what}: ${prefix} by ${path}`;

test("a hijack and a leak, by the AS that began it; the same within one tick is told once", () => {
  const { step } = routeLog.start({ ...head, kind: "route-log", expects: { path: "/x" } });
  const told = (text: string[]) =>
    step(text, 0).map((s) => {
      assert.ok(shape.Check({ type: "detection", id: "x", target: "t", at: 1, ...s }), JSON.stringify(s));
      assert.ok(s.class in DETECTION_CLASSES);
      return `${s.class} ${s.actor} ${s.count} ${JSON.stringify(s.evidence["prefixes"])}`;
    });
  assert.deepEqual(
    told([
      route("our own prefix", "2001:db8:4000:10::/64", "4210000002 64500"),
      route("our own prefix", "2001:db8:4000:11::/64", "4210000002 64500"),
      route("nobody's prefix", "172.20.0.0/16", "(path 4210000002)"),
      "2026-11-26 07:40:01.123 <INFO> Reconfigured",
    ]),
    [
      'bgp-hijack AS64500 2 ["2001:db8:4000:10::/64","2001:db8:4000:11::/64"]',
      'bgp-leak AS4210000002 1 ["172.20.0.0/16"]',
    ],
  );
  assert.deepEqual(told([route("our own prefix", "x", "1"), route("our own prefix", "10.0.0.0/8", "")]), []);
});

test("no text makes the reader of routes throw", () => {
  fc.assert(fc.property(fc.string(), (text) => void parseFalseRoute(`refused, our own prefix: ${text}`)));
});
