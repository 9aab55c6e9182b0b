// Waits until the lab is what was promised: every daemon runs, every BGP session stands, and the services that the agents will
// watch answer from where the agents stand. What to ask comes from the registry's targets, so nothing is listed twice.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Registry } from "../../../protocol/registry.ts";
import type { Target } from "../../../protocol/target.ts";
import { sessionsDown } from "./bird.ts";
import { logTail } from "./daemons.ts";
import { LabError } from "./errors.ts";
import { run } from "./exec.ts";
import { type Lab, namespaceOf } from "./names.ts";
import { appliedHost, hostsOf } from "./notes.ts";
import type { Probe } from "./probe.ts";
import { daemonsOf } from "./status.ts";

export interface ReadyOptions {
  deadlineMs: number;
  /** The stages, as they begin. */
  onStage?: (stage: "daemons" | "routing" | "services") => void;
}

/** Resolves when all stands; throws `not-converged` with the names of what does not. */
export async function waitReady(lab: Lab, registry: Registry, options: ReadyOptions): Promise<void> {
  const end = Date.now() + options.deadlineMs;
  options.onStage?.("daemons");
  await settled("daemons", end, async () => hostsOf(lab).flatMap((host) => missingDaemons(lab, host)));
  options.onStage?.("routing");
  await settled("BGP sessions", end, () => sessionsDown(lab));
  options.onStage?.("services");
  const missing = await Promise.all(
    [...vantages(registry)].map(([host, probes]) => ask(lab, host, probes, end - Date.now())),
  );
  if (missing.flat().length > 0) throw notConverged("services", missing.flat());
}

async function settled(what: string, end: number, missing: () => Promise<string[]>): Promise<void> {
  for (;;) {
    const left = await missing();
    if (left.length === 0) return;
    if (Date.now() >= end) throw notConverged(what, left);
    await sleep(100);
  }
}

const notConverged = (what: string, left: string[]) =>
  new LabError(
    "not-converged",
    what,
    `${left.length} not up: ${left.slice(0, 12).join("; ")}${left.length > 12 ? "; …" : ""}`,
    "look at the logs below /run/vonggac, then run lab up again",
  );

function missingDaemons(lab: Lab, host: string): string[] {
  const daemons = appliedHost(lab, host)?.daemons ?? {};
  return daemonsOf(lab, host)
    .filter((d) => d.state !== "running")
    .map((d) => `${host}/${d.name}: ${logTail(lab, host, daemons[d.name]!, 2) || d.state}`);
}

/** What to ask and from where: each thing once, from the first agent whose target names it. */
function vantages(registry: Registry): Map<string, Probe[]> {
  const hosts = new Map(registry.agents.map((a) => [a.id, a.host]));
  const seen = new Set<string>();
  const probes = new Map<string, Probe[]>();
  for (const target of registry.targets)
    for (const probe of probesOf(target)) {
      const host = hosts.get(target.agent);
      if (host === undefined || seen.has(probe.label)) continue;
      seen.add(probe.label);
      probes.set(host, [...(probes.get(host) ?? []), { ...probe, label: `${probe.label} from ${host}` }]);
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
      return target.expects.servers.map((s) => dns(s.address, target.expects.zone, "SOA", "signed"));
    case "resolver":
      return target.expects.names.map((n) => dns(target.expects.address, n.name, n.type, "validated"));
    case "link":
    case "ssh-log":
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
  return JSON.parse(
    await run(argv, { input, where: `${host}: probes`, timeoutMs: Math.max(deadlineMs, 2_000) + 10_000 }),
  ) as string[];
}
