// Watches the console's incidents while a story goes on: what opened, and that nothing else did.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Incident, phaseOf } from "../../protocol/index.ts";
import { incidents } from "./lab.ts";

/** `<class> <cause>`, which is how a test names an incident. */
export const nameOf = (i: Incident): string => `${i.class} ${i.cause.asset}`;

export class Watch {
  /** Incidents that were there before, with the number of their history's lines. */
  private before = new Map<string, number>();

  static async start(): Promise<Watch> {
    const w = new Watch();
    for (const i of await incidents()) w.before.set(i.id, openings(i));
    return w;
  }

  /** Incidents that opened, or opened again, since the start. */
  async opened(): Promise<Incident[]> {
    return (await incidents()).filter((i) => openings(i) > (this.before.get(i.id) ?? 0));
  }

  /** Waits until exactly these have opened, then until `quietMs` have passed in which nothing else did. */
  async expectOnly(expected: string[], withinMs: number, quietMs: number): Promise<Incident[]> {
    const end = Date.now() + withinMs;
    for (;;) {
      const seen = await this.opened();
      const names = seen.map(nameOf);
      if (expected.every((e) => names.includes(e))) break;
      assert.ok(
        Date.now() < end,
        `expected ${list(expected)} within ${withinMs} ms, saw ${list(names)}\n${detail(seen)}`,
      );
      await sleep(100);
    }
    const until = Date.now() + quietMs;
    for (;;) {
      const seen = await this.opened();
      assert.deepEqual(seen.map(nameOf).sort(), [...expected].sort(), `nothing but ${list(expected)}\n${detail(seen)}`);
      if (Date.now() >= until) return seen;
      await sleep(500);
    }
  }
}

/** Waits until none is open but attacks, which have no end that a machine could know, and those of these names. */
export async function allRecovered(withinMs: number, but: readonly string[] = []): Promise<void> {
  const end = Date.now() + withinMs;
  for (;;) {
    const open = (await incidents()).filter(
      (i) => phaseOf(i) === "open" && i.class !== "intrusion" && !but.includes(nameOf(i)),
    );
    if (open.length === 0) return;
    assert.ok(Date.now() < end, `still open after ${withinMs} ms: ${list(open.map(nameOf))}\n${detail(open)}`);
    await sleep(200);
  }
}

const openings = (i: Incident) => i.history.filter((e) => e.what === "opened" || e.what === "reopened").length;
const list = (names: string[]) => (names.length > 0 ? names.join(", ") : "nothing");
const detail = (seen: Incident[]) =>
  JSON.stringify(
    seen.map((i) => ({ ...i, history: i.history.slice(0, 20), evidence: i.evidence.slice(0, 6) })),
    null,
    1,
  );
