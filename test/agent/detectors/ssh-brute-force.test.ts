import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Compile } from "typebox/compile";
import { sshBruteForce } from "../../../agent/detectors/ssh-brute-force.ts";
import { DetectionSchema } from "../../../protocol/finding.ts";
import { DETECTION_CLASSES } from "../../../protocol/tags.ts";
import type { TargetOf } from "../../../protocol/target.ts";

const target = (failures: number, windowMs: number): TargetOf<"ssh-log"> => ({
  id: "bast1/ssh-log/sshd",
  agency: "dc1",
  agent: "bast1",
  asset: "bast1",
  everyMs: 500,
  kind: "ssh-log",
  expects: { path: "/var/log/sshd.log", failures, windowMs },
});
const shape = Compile(DetectionSchema);
const failed = (source: string, port: number) => `Failed password for root from ${source} port ${port} ssh2`;
const start = (failures = 5, windowMs = 60_000) => {
  const { step } = sshBruteForce.start(target(failures, windowMs));
  return (lines: string[], now: number) =>
    step(lines, now).map((s) => {
      assert.ok(shape.Check({ type: "detection", id: "x", target: "t", at: 1, ...s }), JSON.stringify(s));
      assert.ok(s.class in DETECTION_CLASSES);
      return `${s.actor} ${s.count}`;
    });
};
const A = "192.0.2.7";

test("told once the threshold is met within the window, with all that came", () => {
  const step = start();
  assert.deepEqual(
    step(
      [1, 2, 3, 4].map((p) => failed(A, p)),
      0,
    ),
    [],
  );
  assert.deepEqual(step([], 1_000), []);
  assert.deepEqual(
    step(
      [5, 6, 7].map((p) => failed(A, p)),
      2_000,
    ),
    [`${A} 7`],
  );
});

test("while it goes on, at most every ten seconds, and each failure is counted once", () => {
  const step = start();
  const told: string[] = [];
  for (let t = 0; t <= 35_000; t += 500) told.push(...step([failed(A, t)], t));
  assert.deepEqual(told, [`${A} 5`, `${A} 20`, `${A} 20`, `${A} 20`]);
  // The rest is told when the ten seconds are over, though nothing more comes.
  assert.deepEqual(step([], 41_999), []);
  assert.deepEqual(step([], 42_000), [`${A} 6`]);
  assert.deepEqual(step([], 400_000), []);
});

test("too slow is no brute force; after a quiet window the threshold counts anew", () => {
  const step = start(5, 10_000);
  for (let t = 0; t < 100_000; t += 3_000) assert.deepEqual(step([failed(A, t)], t), []);
  assert.deepEqual(
    step(
      [1, 2, 3, 4, 5].map((p) => failed(A, p)),
      200_000,
    ).length,
    1,
  );
  assert.deepEqual(step([], 215_000), []);
  assert.deepEqual(
    step(
      [1, 2, 3, 4].map((p) => failed(A, p)),
      300_000,
    ),
    [],
  );
});

test("sources are told apart, in both families", () => {
  const step = start(2);
  const told = step([failed(A, 1), failed("2001:db8::7", 1), failed("2001:db8::7", 2), failed("192.0.2.8", 1)], 0);
  assert.deepEqual(told, ["2001:db8::7 2"]);
});

test("one connection's lines are not counted twice", () => {
  const step = start(5);
  const connection = (port: number) => [
    `Invalid user x from ${A} port ${port}`,
    `Failed password for invalid user x from ${A} port ${port} ssh2`,
    `Failed password for invalid user x from ${A} port ${port} ssh2`,
    `Connection closed by invalid user x ${A} port ${port} [preauth]`,
  ];
  assert.deepEqual(step([...connection(1), ...connection(2)], 0), []);
  assert.deepEqual(step(connection(3), 100), [`${A} 6`]);
});

test("a connection that tried no password counts once", () => {
  const step = start(3);
  const lines = [1, 2, 3].flatMap((p) => [
    `Invalid user x from ${A} port ${p}`,
    `Connection closed by invalid user x ${A} port ${p} [preauth]`,
  ]);
  assert.deepEqual(step(lines, 0), [`${A} 3`]);
});

test("whatever the log holds, memory is bounded and every failure of a told attack is counted", () => {
  const step = start(2);
  let told = 0;
  for (let i = 0; i < 20_000; i++) told += step([failed(`2001:db8::${(i % 0xffff).toString(16)}`, 1)], i).length;
  assert.equal(told, 0);
  const line = fc.record({
    source: fc.constantFrom("192.0.2.1", "192.0.2.2"),
    gap: fc.integer({ min: 0, max: 9_000 }),
  });
  fc.assert(
    fc.property(fc.array(line, { minLength: 30, maxLength: 60 }), (lines) => {
      const { step: detector } = sshBruteForce.start(target(2, 300_000));
      let now = 0;
      const counts = new Map<string, number>();
      const add = (sightings: ReturnType<typeof detector>) => {
        for (const { actor, count } of sightings) counts.set(actor!, (counts.get(actor!) ?? 0) + count);
      };
      for (const [port, { source, gap }] of lines.entries()) {
        now += gap;
        add(detector([failed(source, port)], now));
      }
      add(detector([], now + 20_000));
      for (const source of ["192.0.2.1", "192.0.2.2"]) {
        const sent = lines.filter((l) => l.source === source).length;
        assert.equal(counts.get(source) ?? 0, sent >= 2 ? sent : 0);
      }
    }),
  );
});

test("stopped and started again at any line, it tells what it would have told without", () => {
  const lines = Array.from(
    { length: 40 },
    (_, i) => `Failed password for root from 2001:db8::${i % 4} port ${4000 + i} ssh2`,
  );
  const whole = sshBruteForce.start(target(5, 60_000));
  const expected = lines.flatMap((l, i) => whole.step([l], i * 100));
  assert.ok(expected.length > 0);
  for (let cut = 0; cut <= lines.length; cut++) {
    const first = sshBruteForce.start(target(5, 60_000));
    const told = lines.slice(0, cut).flatMap((l, i) => first.step([l], i * 100));
    // The next life's clock begins at another number.
    const later = 1_000_000;
    const now = cut * 100;
    const before = { memory: first.memory(now), agoMs: 0, nowMs: later };
    const second = sshBruteForce.start(target(5, 60_000), before);
    const rest = lines.slice(cut).flatMap((l, i) => second.step([l], later + i * 100));
    assert.deepEqual([...told, ...rest], expected, `cut at ${cut}`);
  }
});

test("a damaged memory is no memory", () => {
  const before = { memory: '[["x"', agoMs: 0, nowMs: 5 };
  assert.deepEqual(sshBruteForce.start(target(5, 60_000), before).step([], 6), []);
});
