// Servers at a distance: every packet over loopback waits, in the place of the kernel's netem where there is none (the lab's own tool
// for a slow line does it). In the bench's own namespace only.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ROOT } from "../../test/support/lab.ts";

/** Does something while each way over loopback takes `delayMs`; there and back, then, twice as long. */
export async function atDistance<T>(delayMs: number, work: () => Promise<T>): Promise<T> {
  // What comes back in through the relay has an address of this machine, which the kernel refuses unless it is told.
  for (const setting of ["lo.accept_local=1", "all.rp_filter=0", "lo.rp_filter=0"])
    execFileSync("sysctl", ["-qw", `net.ipv4.conf.${setting}`]);
  const tool = join(ROOT, "infra/platforms/lab/faults/tools/delay.ts");
  const relay = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", tool, "lo", String(delayMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(relay, "exit");
  try {
    const stood = await Promise.race([once(relay.stdout, "data").then(() => true), ended.then(() => false)]);
    if (!stood) throw new Error("no relay could be made: Node 26 and /dev/net/tun are needed");
    tc("qdisc", "replace", "dev", "lo", "clsact");
    const all = ["protocol", "all", "u32", "match", "u32", "0", "0"];
    tc("filter", "add", "dev", "lo", "egress", ...all, "action", "mirred", "egress", "redirect", "dev", "delay1");
    return await work();
  } finally {
    // First the queue, then who serves it: nothing is led to where nobody waits.
    execFileSync("sh", ["-c", "tc qdisc del dev lo clsact 2>/dev/null; true"]);
    relay.kill();
    await ended;
  }
}

const tc = (...args: string[]) => execFileSync("tc", args);
