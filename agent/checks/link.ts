// One link of this host: its device runs, and the BGP sessions over it stand in both families. Reads the kernel's own facts,
// so it speaks at once; what hangs on the link is the console's business.
import type { Finding } from "../../protocol/finding.ts";
import type { TargetOf } from "../../protocol/target.ts";
import type { Check, Kernel } from "../check.ts";
import { parseAddress } from "../wire/address.ts";
import { sessionKey } from "../wire/proc-tcp.ts";

export const link: Check<"link"> = {
  id: "link",
  kind: "link",
  sees: "kernel",
  clauses: ["Circular 06/2026/TT-BKHCN art. 5", "RFC 4271 §8"],
  async run(target, { kernel }) {
    const device = deviceFinding(target.expects.device, kernel);
    // A session over a device that is down is down with it: one thing broke, one finding says so.
    return { findings: device ? [device] : lostSessions(target, kernel) };
  },
};

function deviceFinding(device: string, kernel: Kernel): Finding | undefined {
  const state = kernel.device(device);
  if (state === "running") return undefined;
  const tag = state === "missing" ? "LINK_DEVICE_MISSING" : "LINK_NO_CARRIER";
  return { subject: device, tag, evidence: { device, state } };
}

function lostSessions(target: TargetOf<"link">, kernel: Kernel): Finding[] {
  const { sessions } = target.expects;
  if (sessions.length === 0) return [];
  const standing = kernel.bgpSessions();
  return sessions
    .filter(({ local, peer }) => !standing.has(keyOf(local, peer)))
    .map(({ local, peer }) => ({
      subject: peer,
      tag: "LINK_SESSION_LOST",
      evidence: { device: target.expects.device, local, peer, port: 179 },
    }));
}

function keyOf(local: string, peer: string): string {
  const ends = [parseAddress(local), parseAddress(peer)];
  if (!ends[0] || !ends[1]) throw new Error(`not an address: ${ends[0] ? peer : local}`);
  return sessionKey(ends[0], ends[1]);
}
