// Who is served next, counted in items and never in time.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fairQueue, type Queued } from "../../console/fair-queue.ts";

type Job = Queued & { n: number };
const BUDGET = 500;

function filled(jobs: Omit<Job, "n">[]) {
  const queue = fairQueue<Job>();
  for (const [n, job] of jobs.entries()) queue.add({ ...job, n });
  return queue;
}
const frames = (owner: string, count: number, urgent = false) =>
  Array.from({ length: count }, () => ({ owner, cost: 50, urgent }));
const drained = (queue: ReturnType<typeof filled>) => {
  const groups: Job[][] = [];
  while (queue.size() > 0) groups.push(queue.take(BUDGET));
  return groups;
};
/** Items that ran before the first job for which `is` holds. */
const itemsBefore = (groups: Job[][], is: (job: Job) => boolean): number => {
  const order = groups.flat();
  const at = order.findIndex(is);
  assert.ok(at >= 0);
  return order.slice(0, at).reduce((sum, job) => sum + job.cost, 0);
};

test("a flood of reports is behind another agent's detection, though it came first", () => {
  const groups = drained(filled([...frames("flood", 400), { owner: "quiet", cost: 1, urgent: true }]));
  assert.equal(
    itemsBefore(groups, (j) => j.owner === "quiet"),
    0,
  );
});

test("a flood of detections delays another's detection by one round, and another's report by three quarters of a portion", () => {
  const flood = frames("flood", 400, true);
  const groups = drained(
    filled([...flood, { owner: "a", cost: 1, urgent: true }, { owner: "b", cost: 1, urgent: false }]),
  );
  assert.ok(itemsBefore(groups, (j) => j.owner === "a") <= 50);
  assert.ok(itemsBefore(groups, (j) => j.owner === "b") <= BUDGET);
});

test("among those who flood with reports, one who sends little is served in the first round", () => {
  const floods = Array.from({ length: 20 }, (_, i) => frames(`flood${i}`, 32)).flat();
  const groups = drained(filled([...floods, { owner: "small", cost: 3, urgent: false }]));
  assert.ok(itemsBefore(groups, (j) => j.owner === "small") <= 20 * 50);
});

test("small frames and large ones: each agent gets the same number of items", () => {
  const small = Array.from({ length: 500 }, () => ({ owner: "small", cost: 2, urgent: false }));
  const first = filled([...frames("large", 20), ...small]).take(400);
  const itemsOf = (owner: string) => first.filter((j) => j.owner === owner).reduce((sum, j) => sum + j.cost, 0);
  assert.ok(Math.abs(itemsOf("large") - itemsOf("small")) <= 50, `${itemsOf("large")} and ${itemsOf("small")}`);
});

test("a detection behind its own agent's reports does not overtake them", () => {
  const groups = drained(filled([...frames("a", 3), { owner: "a", cost: 1, urgent: true }, ...frames("b", 3)]));
  assert.deepEqual(
    groups
      .flat()
      .filter((j) => j.owner === "a")
      .map((j) => j.n),
    [0, 1, 2, 3],
  );
  assert.ok(itemsBefore(groups, (j) => j.urgent) <= 150 + 50);
});

test("nothing is lost, doubled or reordered within an owner, whatever comes", () => {
  const job = fc.record({
    owner: fc.constantFrom("a", "b", "c"),
    cost: fc.integer({ min: 0, max: 120 }),
    urgent: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(job, { maxLength: 60 }), fc.integer({ min: 1, max: 300 }), (jobs, budget) => {
      const queue = filled(jobs);
      const order: Job[] = [];
      for (let left = queue.size(); left > 0; left = queue.size()) {
        const taken = queue.take(budget);
        assert.ok(taken.length > 0, "each portion has something");
        order.push(...taken);
      }
      assert.equal(queue.cost(), 0);
      assert.deepEqual(
        [...order].sort((x, y) => x.n - y.n).map((j) => j.n),
        jobs.map((_, n) => n),
      );
      for (const owner of ["a", "b", "c"]) {
        const own = order.filter((j) => j.owner === owner).map((j) => j.n);
        assert.deepEqual(
          own,
          own.toSorted((x, y) => x - y),
        );
      }
    }),
  );
});
