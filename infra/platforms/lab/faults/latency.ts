// A line that takes long: every packet towards the agency arrives a fifth of a second late (tools/delay.ts).
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "../errors.ts";
import { runIfPossible } from "../exec.ts";
import { type Lab, namespaceOf } from "../names.ts";
import { devicesOf } from "../network.ts";
import { linksOf } from "../notes.ts";
import { linkCandidates, onlyWays } from "./assets.ts";
import { endIn, NODE, startIn } from "./attacker.ts";
import type { Fault } from "./fault.ts";
import { tc } from "./line-quality.ts";

const DELAY_MS = 200;
const READY_MS = 10_000;

const upperEnd = (lab: Lab, id: string) => linksOf(lab).find((l) => l.link === id)!.a;

export const latency: Fault = {
  name: "latency",
  targets: "link",
  candidates: (lab) => [...new Set([...onlyWays(lab).map(({ link }) => link), ...linkCandidates(lab)])],
  expects: (lab, link) => ({
    incident: `connectivity ${onlyWays(lab).find((w) => w.link === link)?.site ?? link}`,
    withinMs: 60_000,
  }),
  async inject(lab, id) {
    const { host, device } = upperEnd(lab, id);
    if (!existsSync("/dev/net/tun"))
      throw new LabError("fault-impossible", id, "this machine has no /dev/net/tun", "load the module tun");
    const argv = [NODE, "--disable-warning=ExperimentalWarning", join(import.meta.dirname, "tools/delay.ts")];
    const facts = await startIn(namespaceOf(lab, host), [...argv, device, String(DELAY_MS)]);
    const relay = await relayOf(lab, host);
    await tc(lab, host, ["qdisc", "replace", "dev", device, "clsact"]);
    const injectedAt = Date.now();
    const all = ["u32", "match", "u32", "0", "0"];
    const led = ["action", "mirred", "egress", "redirect", "dev", relay];
    await tc(lab, host, ["filter", "add", "dev", device, "egress", "protocol", "all", ...all, ...led]);
    return { injectedAt, facts };
  },
  // First the queue, then who serves it: nothing is led to where nobody waits.
  async undo(lab, id, injected) {
    const { host, device } = upperEnd(lab, id);
    await runIfPossible(["tc", "-n", namespaceOf(lab, host), "qdisc", "del", "dev", device, "clsact"]);
    await endIn(injected);
  },
};

/** The relay's own device, once it is up. Throws `fault-impossible` where it does not come: what makes it is Node's and the kernel's. */
async function relayOf(lab: Lab, host: string): Promise<string> {
  for (const end = Date.now() + READY_MS; Date.now() < end; await sleep(50)) {
    const found = [...(await devicesOf(lab, host)).values()].find(
      (d) => /^delay\d+$/.test(d.ifname) && d.flags.includes("UP"),
    );
    if (found) return found.ifname;
  }
  throw new LabError("fault-impossible", host, "no relay could be made", "the lab needs Node 26 and TAP devices");
}
