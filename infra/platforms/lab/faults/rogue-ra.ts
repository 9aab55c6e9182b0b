// Somebody's device in an agency's network says that it is the router (RFC 6104): a namespace of its own on the agency's bridge, where
// radvd announces a prefix that is nobody's.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, runIfPossible } from "../exec.ts";
import { type Lab, namespaceOf, notesDir, prefixOf } from "../names.ts";
import { addNamespace, deleteNamespaces, endProcesses } from "../netns.ts";
import { configureNetwork, devicesOf } from "../network.ts";
import { inputsOf, sitesOf, targetsOf } from "./assets.ts";
import { startIn } from "./attacker.ts";
import type { Fault } from "./fault.ts";

const DEVICE = "rogue0";
const CONFIG = `interface eth0 {
  AdvSendAdvert on;
  MinRtrAdvInterval 3;
  MaxRtrAdvInterval 4;
  prefix 2001:db8:fa17:2::/64 { };
};
`;

/** No host of the plan is called so: ids begin with a letter. `down` sweeps it by its prefix. */
const rogueOf = (lab: Lab, site: string) => `${prefixOf(lab.stack)}0ra-${site}`;

export const rogueRa: Fault = {
  name: "rogue-ra",
  targets: "site",
  candidates: (lab) => {
    const watched = new Set(targetsOf(lab, "ra").map((t) => t.agent));
    return sitesOf(lab).filter((site) => watched.has(site));
  },
  expects: (_, site) => ({ incident: `ipv6 ${site}`, withinMs: 30_000 }),
  async inject(lab, site) {
    const rogue = rogueOf(lab, site);
    const bridge = inputsOf(lab, site).bridges[0]!.device;
    const own = namespaceOf(lab, site);
    await addNamespace(rogue);
    await runIfPossible(["ip", "-n", own, "link", "del", DEVICE]);
    await run(["ip", "link", "add", DEVICE, "netns", own, "type", "veth", "peer", "name", "eth0", "netns", rogue]);
    await run(["ip", "-n", own, "link", "set", DEVICE, "master", bridge, "up"]);
    // radvd wants its machine to be a router.
    const settings = ["net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.eth0.accept_dad=0"];
    await run(["ip", "netns", "exec", rogue, "sysctl", "-qw", ...settings]);
    await run(["ip", "-n", rogue, "link", "set", "eth0", "up"]);
    const config = join(notesDir(lab, site), "rogue-radvd.conf");
    mkdirSync(notesDir(lab, site), { recursive: true });
    writeFileSync(config, CONFIG);
    const injectedAt = Date.now();
    const argv = ["radvd", "-n", "-m", "none", "-C", config, "-p", `${config}.pid`];
    return { injectedAt, facts: await startIn(rogue, argv) };
  },
  async undo(lab, site) {
    const rogue = rogueOf(lab, site);
    await endProcesses([rogue]);
    await runIfPossible(["ip", "-n", namespaceOf(lab, site), "link", "del", DEVICE]);
    await deleteNamespaces([rogue]);
    // A bridge that lost its last port has no carrier any more, and only a new one has it as before. The kernel says so up to a second
    // later: the ports are counted instead.
    const inputs = inputsOf(lab, site);
    const found = [...(await devicesOf(lab, site)).values()];
    const bare = inputs.bridges.filter((b) => !found.some((d) => d.master === b.device));
    if (bare.length === 0) return;
    const input = bare.map((b) => `link del ${b.device}\n`).join("");
    await run(["ip", "-n", namespaceOf(lab, site), "-batch", "-"], { input, where: site });
    await configureNetwork(lab, inputs, inputs, false);
  },
};
