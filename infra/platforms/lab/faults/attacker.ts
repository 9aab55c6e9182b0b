// Processes that a fault sets to work in a host's network: attackers, liars, things in between. They end by themselves where they
// can, and an undo finds them by number and namespace, whoever started them.
import { spawn } from "node:child_process";
import { LabError } from "../errors.ts";
import { CLEAN_ENV } from "../exec.ts";
import type { Lab } from "../names.ts";
import { namespaceInode, namespaceOfProcess } from "../netns.ts";
import { addressesOf, devicesOf } from "../network.ts";
import { appliedHost, hostsOf, linksOf } from "../notes.ts";
import { assetsOf } from "./assets.ts";
import type { Injected } from "./state.ts";

/** Node itself: what it runs are files of ours, which need no package of the machine. */
export const NODE = process.execPath;

/**
 * Starts a program in a namespace, in a session of its own, and does not wait for it. Gives what `endIn` needs. Throws `fault-failed`.
 */
export async function startIn(
  namespace: string,
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<{ namespace: string; pid: number }> {
  const child = spawn("ip", ["netns", "exec", namespace, ...argv], {
    stdio: "ignore",
    detached: true,
    env: { ...CLEAN_ENV, ...env },
  });
  const failed = new Promise<string>((resolve) => child.once("error", (e) => resolve(e.message)));
  child.unref();
  if (child.pid === undefined) throw new LabError("fault-failed", argv[0]!, await failed, "run npm start");
  return { namespace, pid: child.pid };
}

/** Ends what `startIn` began, with its children; one that is over by itself is no error. */
export async function endIn(injected: Injected | undefined): Promise<void> {
  const { namespace, pid } = injected?.facts ?? {};
  if (typeof pid !== "number" || typeof namespace !== "string") return;
  const standing = () => namespaceOfProcess(pid) === namespaceInode(namespace);
  // The number may be another's by now: only what stands in that namespace is ended.
  if (!standing()) return;
  try {
    process.kill(-pid, "SIGTERM");
    for (let i = 0; i < 20 && standing(); i++) await new Promise((r) => setTimeout(r, 25));
    process.kill(-pid, "SIGKILL");
  } catch {} // over by itself
}

/** Outside if there is an outside, else a site: somebody other than the victim. Throws `fault-failed`. */
export function attackerOf(lab: Lab, victim: string): string {
  const roles = new Map(assetsOf(lab, "host").map((a) => [a.id, a.role]));
  const others = hostsOf(lab).filter((h) => h !== victim);
  const found = others.find((h) => roles.get(h) === "internet") ?? others.find((h) => roles.get(h) === "site");
  if (found === undefined)
    throw new LabError("fault-failed", victim, "nobody is there to attack it", "run lab up again");
  return found;
}

/** The address that a host is known by: IPv6 first. Throws `fault-failed`. */
export async function addressOf(lab: Lab, host: string): Promise<string> {
  const loopback = appliedHost(lab, host)?.loopback ?? [];
  const links = linksOf(lab).flatMap((l) => [l.a, l.b].filter((end) => end.host === host));
  const devices = await devicesOf(lab, host);
  const all = [...loopback, ...links.flatMap((end) => addressesOf(devices.get(end.device)))].map(
    (a) => a.split("/")[0]!,
  );
  const found = all.find((a) => a.includes(":")) ?? all[0];
  if (found === undefined) throw new LabError("fault-failed", host, "it has no address", "run lab up again");
  return found;
}
