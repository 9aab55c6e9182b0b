// Twice as many agencies are twice the work, and not four times: counted in steps over lists, which are the same on every machine. How
// long it takes is told by `npm run bench -- plan`.
import assert from "node:assert/strict";
import { it } from "node:test";
import { hostSpec, linkSpec } from "../../../infra/deployment/host.ts";
import { materialsWithoutVault } from "../../../infra/papers/materials.ts";
import { numbered } from "../../../infra/plan/number.ts";
import type { Written } from "../../../infra/province/schema.ts";
import { plan, sample } from "./sample.ts";

/** Steps over lists that `work` makes: calls of what is given to find, map and their like, and the lengths of lists that are run through. */
function steps(work: () => void): number {
  let count = 0;
  const list = Array.prototype as unknown as Record<PropertyKey, (...args: unknown[]) => unknown>;
  const calling = ["find", "findLast", "findIndex", "filter", "map", "flatMap", "some", "every", "forEach", "reduce"];
  const running = ["includes", "indexOf", Symbol.iterator];
  const own = new Map([...calling, ...running].map((name) => [name, list[name]!] as const));
  try {
    for (const name of calling)
      list[name] = function (this: unknown[], ...[each, ...rest]: unknown[]) {
        const counted = (...args: unknown[]) => {
          count++;
          return (each as (...args: unknown[]) => unknown)(...args);
        };
        return own.get(name)!.call(this, counted, ...rest);
      };
    for (const name of running)
      list[name] = function (this: unknown[], ...args: unknown[]) {
        count += this.length;
        return own.get(name)!.apply(this, args);
      };
    work();
  } finally {
    for (const [name, method] of own) list[name] = method;
  }
  return count;
}

function planAndRender(size: number): void {
  const agencies: Written["agencies"] = Array.from({ length: size }, (_, i) => ({
    ...sample.agencies[0]!,
    id: `xa-so-${i}`,
    number: i + 1,
  }));
  const numbering = numbered({ ...sample, agencies }, undefined, "2026-01-01");
  assert.ok(!("faults" in numbering));
  const planned = plan(numbering.intent);
  const materials = materialsWithoutVault(planned);
  assert.ok(planned.hosts.map((host) => hostSpec(planned, host, materials)).length > size);
  for (const link of planned.links) linkSpec(planned, link, materials);
}

it("sees work that grows with the square", () => {
  const square = (size: number) => {
    const all = Array.from({ length: size }, (_, i) => i);
    for (const one of all) all.findLast((other) => other === one);
  };
  const ratio = steps(() => square(400)) / steps(() => square(200));
  assert.ok(ratio > 3.9, `${ratio}`);
});

it("plans and renders twice as many agencies in twice as many steps", () => {
  const ratio = steps(() => planAndRender(1_200)) / steps(() => planAndRender(600));
  assert.ok(ratio > 1.5 && ratio < 2.05, `${ratio} times the steps for twice the agencies`);
});
