// Nobody but this router announces itself as one in the site's own network (RFC 6104): the kernel counts what it receives of router
// advertisements, and here it should receive none. They come seconds or minutes apart, so one stands for a while.
import type { Check } from "../check.ts";

const HOLD_MS = 45_000;

export const ra: Check<"ra"> = {
  id: "ra",
  kind: "ra",
  sees: "kernel",
  clauses: ["RFC 6104", "RFC 6105"],
  async run({ expects: { device } }, world, before) {
    const count = world.kernel.routerAdvertisements(device);
    if (count === undefined) return { skipped: `the kernel counts no router advertisements for ${device}` };
    const [known, lastAt] = recall(before);
    // Fewer than before: the device is a new one and counts from nothing.
    const heard = known !== undefined && count > known;
    const at = heard ? world.now() : lastAt;
    const stands = at !== undefined && world.now() - at < HOLD_MS;
    return {
      findings: stands ? [{ subject: device, tag: "RA_UNPLANNED", evidence: { device } }] : [],
      memory: JSON.stringify(at === undefined ? [count] : [count, at]),
    };
  },
};

/** What was counted, and when the last one came that was not there before. */
function recall(before: string | undefined): [number?, number?] {
  try {
    const kept: unknown = JSON.parse(before ?? "[]");
    return Array.isArray(kept) && kept.every((n) => typeof n === "number") ? (kept as [number?, number?]) : [];
  } catch {
    return [];
  }
}
