// A line that is up and yet bad: everything lost without a sign, a part lost, narrow, too small for whole packets. Each is one
// object of the kernel at the line's upper end, known by its name, so that an undo needs nothing else.
import { LabError } from "../errors.ts";
import { run, runIfPossible } from "../exec.ts";
import { type Lab, namespaceOf } from "../names.ts";
import { linksOf } from "../notes.ts";
import { assetsOf, linkCandidates, onlyWays } from "./assets.ts";
import type { Fault } from "./fault.ts";

/** Of every hundred packets towards the agency. */
const LOST_PERCENT = 15;
const NARROW = "256kbit";
/** RFC 8200 §5: the least that IPv6 works over. */
const SMALL_MTU = 1_280;
const ETHERNET_MTU = 1_500;

const upperEnd = (lab: Lab, id: string) => linksOf(lab).find((l) => l.link === id)!.a;
const siteBehind = (lab: Lab, id: string) => onlyWays(lab).find(({ link }) => link === id)?.site ?? id;
const onlyWaysFirst = (lab: Lab): string[] => [
  ...new Set([...onlyWays(lab).map(({ link }) => link), ...linkCandidates(lab)]),
];

/** One nftables table on the device itself: it sees every packet, whatever its family, before and after all else. */
function dropper(name: string, targets: (lab: Lab) => string[], rule: string, hooks: readonly string[]) {
  const table = (device: string) => `netdev vg-${name}-${device}`;
  return {
    candidates: targets,
    async inject(lab: Lab, id: string) {
      const { host, device } = upperEnd(lab, id);
      const chains = hooks.map(
        (hook) =>
          `chain ${hook} {\ntype filter hook ${hook} device "${device}" priority 0; policy accept;\n${rule}\n}\n`,
      );
      const input = `table ${table(device)}\ndelete table ${table(device)}\ntable ${table(device)} {\n${chains.join("")}}\n`;
      const injectedAt = Date.now();
      await run(["ip", "netns", "exec", namespaceOf(lab, host), "nft", "-f", "-"], { input, where: id });
      return { injectedAt, facts: {} };
    },
    async undo(lab: Lab, id: string) {
      const { host, device } = upperEnd(lab, id);
      const input = `table ${table(device)}\ndelete table ${table(device)}\n`;
      await run(["ip", "netns", "exec", namespaceOf(lab, host), "nft", "-f", "-"], { input, where: id });
    },
  };
}

/** Carrier stays: only those who speak over the line notice, when nobody answers any more. */
export const silentDrop: Fault = {
  name: "silent-drop",
  targets: "link",
  // Whoever is behind it falls silent at the same time, and on a busy machine that is noticed first.
  expects: (lab, link) => ({
    incident: `connectivity ${link}`,
    also: [`agent ${siteBehind(lab, link)}`],
    withinMs: 25_000,
  }),
  ...dropper("silent", linkCandidates, "counter drop", ["ingress", "egress"]),
};

export const loss: Fault = {
  name: "loss",
  targets: "link",
  // The site's own questions are lost too: it may accuse whom it asked, with nobody to bear it out.
  expects: (lab, link) => ({
    incident: `connectivity ${siteBehind(lab, link)}`,
    also: [`ipv6 ${siteBehind(lab, link)}`, ...assetsOf(lab, "service").map((s) => `service ${s.id}`)],
    withinMs: 90_000,
  }),
  ...dropper("loss", onlyWaysFirst, `numgen random mod 100 < ${LOST_PERCENT} counter drop`, ["egress"]),
};

/** The line carries little: what was to go faster waits and is then dropped. Nothing measures how much a line carries. */
export const narrow: Fault = {
  name: "bandwidth",
  blind: "throughput",
  targets: "link",
  candidates: onlyWaysFirst,
  expects: () => ({ blind: "throughput" }),
  async inject(lab, id) {
    const { host, device } = upperEnd(lab, id);
    const injectedAt = Date.now();
    const shape = ["tbf", "rate", NARROW, "burst", "16k", "latency", "100ms"];
    await tc(lab, host, ["qdisc", "replace", "dev", device, "root", ...shape]);
    return { injectedAt, facts: {} };
  },
  async undo(lab, id) {
    const { host, device } = upperEnd(lab, id);
    await runIfPossible(["tc", "-n", namespaceOf(lab, host), "qdisc", "del", "dev", device, "root"]);
  },
};

/** The upper end takes no whole packets, and says so to nobody: whole packets from the agency vanish. */
export const wrongMtu: Fault = {
  name: "wrong-mtu",
  targets: "link",
  candidates: onlyWaysFirst,
  expects: (lab, link) => ({ incident: `connectivity ${siteBehind(lab, link)}`, withinMs: 60_000 }),
  async inject(lab, id) {
    const injectedAt = Date.now();
    await setMtu(lab, id, SMALL_MTU);
    return { injectedAt, facts: {} };
  },
  undo: (lab, id) => setMtu(lab, id, ETHERNET_MTU),
};

async function setMtu(lab: Lab, id: string, bytes: number): Promise<void> {
  const { host, device } = upperEnd(lab, id);
  await run(["ip", "-n", namespaceOf(lab, host), "link", "set", device, "mtu", String(bytes)], { where: id });
}

/** Traffic control. Throws `fault-impossible` where the kernel lacks what is asked for. */
export async function tc(lab: Lab, host: string, argv: readonly string[]): Promise<void> {
  try {
    await run(["tc", "-n", namespaceOf(lab, host), ...argv], { where: host });
  } catch (error) {
    const words = (error as Error).message;
    if (!/kind is unknown|not found/i.test(words)) throw error;
    const lacks = `this machine's kernel cannot: tc ${argv.join(" ").slice(0, 80)}`;
    throw new LabError("fault-impossible", host, lacks, "load the kernel's module, or run the lab on another", error);
  }
}
