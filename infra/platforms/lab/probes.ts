// Asks the services that agents will watch, from where the agents stand. What to ask comes from the registry's targets, so that
// nothing is listed twice.
import { join } from "node:path";
import type { Registry } from "../../../protocol/registry.ts";
import type { Target } from "../../../protocol/target.ts";
import { run } from "./exec.ts";
import { type Lab, namespaceOf } from "./names.ts";
import type { Probe } from "./probe.ts";

/**
 * Asks until all have answered or the time is over; gives those that have not, each with from where it was asked. `about`: only
 * what stands at some addresses.
 */
export async function servicesDown(
  lab: Lab,
  registry: Registry,
  withinMs: number,
  about: (address: string) => boolean = () => true,
): Promise<string[]> {
  const asked = [...vantages(registry, about)].map(([host, probes]) => ask(lab, host, probes, withinMs));
  return (await Promise.all(asked)).flat();
}

/**
 * What to ask and from where: each thing once, and all that stands at one address from the first agent that watches it. A server answers
 * a hundred agencies' names alike, wherever it is asked; a program in each of a hundred hosts would keep what is asked from answering.
 */
function vantages(registry: Registry, about: (address: string) => boolean): Map<string, Probe[]> {
  const hosts = new Map(registry.agents.map((a) => [a.id, a.host]));
  const seen = new Set<string>();
  const vantage = new Map<string, string>();
  const probes = new Map<string, Probe[]>();
  for (const target of registry.targets)
    for (const probe of probesOf(target)) {
      const host = vantage.get(probe.address) ?? hosts.get(target.agent);
      if (host === undefined || seen.has(probe.label) || !about(probe.address)) continue;
      seen.add(probe.label);
      vantage.set(probe.address, host);
      const asked = probes.get(host) ?? [];
      asked.push({ ...probe, label: `${probe.label} from ${host}` });
      probes.set(host, asked);
    }
  return probes;
}

function probesOf(target: Target): Probe[] {
  const tcp = (address: string, port: number): Probe => ({
    label: `tcp ${address} port ${port}`,
    kind: "tcp",
    address,
    port,
  });
  const dns = (address: string, name: string, type: string, want: "signed" | "validated"): Probe => ({
    label: `dns ${name} ${type} at ${address} (${want})`,
    kind: "dns",
    address,
    name,
    type,
    want,
  });
  switch (target.kind) {
    case "datacentre":
      return target.expects.probes.map((p) => tcp(p.address, p.port));
    case "ipv6":
      return [tcp(target.expects.service.address, target.expects.service.port)];
    case "certificate":
      return target.expects.addresses.map((address) => tcp(address, target.expects.port));
    case "zone":
    case "zone-audit":
      return target.expects.servers.map((s) => dns(s.address, target.expects.zone, "SOA", "signed"));
    case "resolver":
      return target.expects.names.map((n) => dns(target.expects.address, n.name, n.type, "validated"));
    case "page":
      return [tcp(target.expects.address, target.expects.port)];
    case "path":
    case "clock":
    case "disk":
    case "ra":
    case "device":
    case "link":
    case "ssh-log":
    case "firewall-log":
    case "route-log":
      return [];
  }
}

/** Runs the probes inside a host's network; gives the labels of those that had no answer in time. */
async function ask(lab: Lab, host: string, probes: Probe[], deadlineMs: number): Promise<string[]> {
  const argv = [
    "nsenter",
    `--net=/run/netns/${namespaceOf(lab, host)}`,
    process.execPath,
    join(import.meta.dirname, "probe.ts"),
  ];
  const input = JSON.stringify({ deadlineMs: Math.max(deadlineMs, 2_000), probes });
  const timeoutMs = Math.max(deadlineMs, 2_000) + 10_000;
  try {
    return JSON.parse(await run(argv, { input, where: `${host}: probes`, timeoutMs })) as string[];
  } catch (error) {
    // The machine was too busy to ask, or the host is gone: then nothing of it has answered.
    return probes.map((p) => `${p.label}: ${(error as Error).message.slice(0, 120)}`);
  }
}
