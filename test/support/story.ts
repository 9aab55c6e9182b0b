// A story that a scenario tells: one fault, the incident that it must raise, and no other, for a minute after the break and a
// minute after the undo. Nothing here tells the console anything.
import assert from "node:assert/strict";
import type { Incident } from "../../protocol/index.ts";
import { incidents, mustLab, whyNoLab } from "./lab.ts";
import { allRecovered, Watch } from "./watch.ts";

/** How long nothing else may open after a break, and after its undo. */
export const QUIET_MS = Number(process.env["VONGGAC_QUIET_MS"] ?? 60_000);

export interface Story {
  fault: string;
  target: string;
  /** `<class> <cause>` of the one incident. */
  expect: string;
  withinMs: number;
  also?: (incident: Incident) => void;
}

/** Name, options and body of the test of one story, on the lab that is up. */
export function story(s: Story): [string, { skip: string | false; timeout: number }, () => Promise<void>] {
  const name = `${s.fault} ${s.target} → ${s.expect}, and no other; the undo recovers it`;
  const body = async () => {
    const watch = await Watch.start();
    await mustLab("fault", s.fault, s.target);
    const [incident] = await watch.expectOnly([s.expect], s.withinMs, QUIET_MS);
    assert.equal(incident!.state, "new");
    s.also?.(incident!);
    const undone = await Watch.start();
    await mustLab("fault", s.fault, s.target, "--undo");
    const end = Date.now() + QUIET_MS;
    await allRecovered(60_000);
    await undone.expectOnly([], 0, end - Date.now());
    const after = (await incidents()).find((i) => i.id === incident!.id)!;
    assert.equal(after.state, "recovered");
    const ways = after.history
      .map((e) => e.what)
      .filter((w) => w !== "evidence-added" && w !== "cause-refined" && w !== "severity-changed");
    assert.match(ways.slice(-2).join(" "), /^(opened|reopened) recovered$/, "its history is kept");
  };
  return [name, { skip: whyNoLab() ?? false, timeout: 400_000 }, body];
}
