// What of a lab stands on this machine now: asked of the kernel, of the daemons' processes and of BIRD, not of any record.
import { protocolsOf, routersOf } from "./bird.ts";
import { injectedFaults } from "./faults/state.ts";
import { readLink } from "./link.ts";
import { type Lab, namespaceOf } from "./names.ts";
import { namespaceInode } from "./netns.ts";
import { appliedHost, daemonsInOrder, hostsOf, linksOf } from "./notes.ts";
import { pidOf, workerOf } from "./process.ts";

export interface DaemonStatus {
  name: string;
  role: string;
  /** `waiting`: its supervisor starts it again in a moment. */
  state: "running" | "waiting" | "down";
  pid?: number;
}

export interface LabStatus {
  /** Every host, link and daemon stands. */
  up: boolean;
  stack: string;
  hosts: { id: string; namespace: boolean; daemons: DaemonStatus[] }[];
  links: { id: string; up: boolean }[];
  bgp: { sessions: number; down: string[] };
  faults: { fault: string; target: string; injectedAt: number }[];
}

export async function statusOf(lab: Lab): Promise<LabStatus> {
  const hosts = hostsOf(lab).map((id) => ({
    id,
    namespace: namespaceInode(namespaceOf(lab, id)) !== undefined,
    daemons: daemonsOf(lab, id),
  }));
  const links = await Promise.all(
    linksOf(lab).map(async (link) => ({ id: link.link, up: (await readLink(lab, link))?.up ?? false })),
  );
  const bgp = await bgpOf(lab);
  const standing =
    hosts.every((h) => h.namespace && h.daemons.every((d) => d.state !== "down")) && links.every((l) => l.up);
  return { up: hosts.length > 0 && standing, stack: lab.stack, hosts, links, bgp, faults: injectedFaults(lab) };
}

/** Daemons of a host, in the order of their start. */
export function daemonsOf(lab: Lab, host: string): DaemonStatus[] {
  const inputs = appliedHost(lab, host);
  if (!inputs) return [];
  return daemonsInOrder(inputs).map(([name, { role, restart }]) => {
    const worker = workerOf(lab, host, name, restart);
    if (worker !== undefined) return { name, role, state: "running", pid: worker };
    return { name, role, state: pidOf(lab, host, name) === undefined ? "down" : "waiting" };
  });
}

async function bgpOf(lab: Lab): Promise<LabStatus["bgp"]> {
  const all = await Promise.all(
    routersOf(lab).map(async (host) => {
      try {
        const sessions = (await protocolsOf(lab, host)).filter((p) => p.proto === "BGP");
        return {
          sessions: sessions.length,
          down: sessions.filter((s) => s.info !== "Established").map((s) => `${host}: ${s.name}`),
        };
      } catch {
        return { sessions: 0, down: [`${host}: bird does not answer`] };
      }
    }),
  );
  return { sessions: all.reduce((n, r) => n + r.sessions, 0), down: all.flatMap((r) => r.down) };
}

/** The daemon of this very lab that holds the port: then it is not taken. */
export const portHolder = (lab: Lab, listen: string, port: number): string | undefined =>
  hostsOf(lab).find((host) => {
    const forward = appliedHost(lab, host)?.forward;
    const same = forward?.port === port && (forward.listen ?? "127.0.0.1") === listen;
    return same && pidOf(lab, host, forward.daemon) !== undefined;
  });
