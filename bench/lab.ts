// A hundred agencies up by the real engine. *Up* is measured, not believed: every BGP session of every router stands, every zone answers
// signed, every service answers on both families, each asked from where an agent of the province stands. Agents start after
// that and are timed apart. Then the same program again, which must change nothing; then `destroy`, which must leave nothing.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { destroy, type Engine, PARALLEL, release, up } from "../infra/engine/engine.ts";
import { sessionsDown } from "../infra/platforms/lab/bird.ts";
import { type Lab, namespaceOf, prefixOf } from "../infra/platforms/lab/names.ts";
import { namespaces } from "../infra/platforms/lab/netns.ts";
import { servicesDown } from "../infra/platforms/lab/probes.ts";
import { waitReady } from "../infra/platforms/lab/ready.ts";
import { sweep } from "../infra/platforms/lab/sweep.ts";
import { type StackProgram, stackProgram } from "../infra/stack.ts";
import { floorSeconds } from "./lab/floor.ts";
import { memoryOf } from "./lab/memory.ts";
import { provinceOf } from "./lab/province.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const PORT = 18_095;
const WITHIN_MS = 300_000;

/** `--agencies N` (100); `--network-only`: without agents, for whoever works on the provisioner. */
export async function lab(args: string[]): Promise<unknown> {
  if (process.getuid?.() !== 0) throw new Error("the lab needs root for network namespaces");
  const agencies = args.includes("--agencies") ? Number(args[args.indexOf("--agencies") + 1]) : 100;
  const stateDir = mkdtempSync(path.join(tmpdir(), "vonggac-bench-"));
  const place: Lab = { stack: `bench${process.pid}`, stateDir, checkout: ROOT };
  try {
    return await measure(place, agencies, !args.includes("--network-only"));
  } finally {
    await sweep(place);
    rmSync(stateDir, { recursive: true, force: true });
    rmSync(path.join(ROOT, ".vonggac", `Pulumi.${place.stack}.yaml`), { force: true });
  }
}

async function measure(place: Lab, agencies: number, withAgents: boolean): Promise<unknown> {
  const [load] = loadavg();
  const gate = new Gate();
  const plan = await timed(() => planned(place, agencies, gate));
  const program = plan.value;
  if (!withAgents)
    for (const host of program.deployment.hosts) host.daemons = host.daemons.filter((d) => d.role !== "agent");
  const floor = await floorSeconds(program.deployment, `floor${process.pid}`);
  const first = await firstUp(place, program, gate, withAgents);
  const sites = program.registry.agencies.filter((a) => a.level !== "datacentre").map((a) => a.id);
  const memory = memoryOf(sites.map((id) => namespaceOf(place, id)));
  const again = await timed(() => up(engineOf(place, program)));
  if (Object.keys(again.value).join() !== "same")
    throw new Error(`a second up changed: ${JSON.stringify(again.value)}`);
  const state = statSync(path.join(place.stateDir, `pulumi/.pulumi/stacks/vonggac/${place.stack}.json`)).size;
  const removed = await timed(async () => {
    await release(engineOf(place, program));
    await destroy(engineOf(place, program));
  });
  const left = namespaces(prefixOf(place.stack));
  if (left.length > 0) throw new Error(`destroy left ${left.join(", ")}`);
  return {
    ours: {
      [`up_seconds_${agencies}`]: round(plan.seconds + first.upSeconds),
      [`noop_seconds_${agencies}`]: round(again.seconds),
      [`agents_seconds_${agencies}`]: first.agentsSeconds === undefined ? null : round(first.agentsSeconds),
      [`destroy_seconds_${agencies}`]: round(removed.seconds),
      stages_seconds: { plan: round(plan.seconds), ...first.stages },
      resources: first.resources,
      hosts: program.deployment.hosts.length,
      links: program.deployment.links.length,
      state_kib: Math.round(state / 1_024),
      mib_a_site_network: round(sum(memory, (name) => name === "bird") / sites.length),
      mib_a_site_agent: withAgents ? round(sum(memory, (name) => name !== "bird") / sites.length) : null,
    },
    peer: { [`ip_batch_seconds_${agencies}`]: round(floor) },
    ratio: { up_over_ip_batch: round((plan.seconds + first.upSeconds) / floor) },
    conditions: {
      checkpoints: "skipped",
      parallel: PARALLEL,
      cores: availableParallelism(),
      load_before: round(load!),
    },
  };
}

/** Agents are held back until everything else is seen to stand: a hundred that start would keep it from answering. */
class Gate {
  readonly opened = Promise.withResolvers<void>();
  readonly pass = async (): Promise<void> => {
    await this.opened.promise;
  };
}

function planned(place: Lab, agencies: number, gate: Gate): Promise<StackProgram> {
  const provinceFile = path.join(place.stateDir, "province.yaml");
  const has = provinceOf(agencies, provinceFile);
  if (agencies > has) throw new Error(`the province has ${has} agencies`);
  const beforeAgents = gate.pass;
  return stackProgram({ ...place, provinceFile, provisioned: false, agencies, port: PORT, beforeAgents });
}

interface FirstUp {
  resources: number;
  upSeconds: number;
  agentsSeconds?: number;
  /** When the last host, the last link, the servers were made. */
  stages: Record<string, number>;
}

/** From the call to the moment when everything but the agents answers; and from there, where agents begin, to the last one that is heard. */
async function firstUp(place: Lab, program: StackProgram, gate: Gate, withAgents: boolean): Promise<FirstUp> {
  const startedAt = performance.now();
  const since = () => (performance.now() - startedAt) / 1_000;
  const stages: Record<string, number> = {};
  const served = Promise.withResolvers<void>();
  const onResource = (_op: string, type: string, name: string) => {
    const kind = type.split(":").at(-1)!;
    stages[kind === "Services" ? name : kind] = round(since());
    if (name === "services") served.resolve();
  };
  const stands = (async () => {
    await served.promise;
    await answering(place, program);
    const seconds = since();
    gate.opened.resolve();
    return seconds;
  })();
  const summary = await Promise.race([up({ ...engineOf(place, program), onResource }), failing(stands)]);
  const upSeconds = await stands;
  const resources = Object.values(summary).reduce((a, b) => a + b, 0);
  if (!withAgents) return { resources, upSeconds, stages };
  await waitReady(place, program.registry, { deadlineMs: WITHIN_MS });
  return { resources, upSeconds, agentsSeconds: since() - upSeconds, stages };
}

/** Never ends but with the failure of the other. */
const failing = (other: Promise<unknown>): Promise<never> =>
  new Promise((_, reject) => {
    other.catch(reject);
  });

/** Resolves when BGP stands everywhere and every service answers; what does not by then is an error. */
async function answering(place: Lab, program: StackProgram): Promise<void> {
  const end = Date.now() + WITHIN_MS;
  const down = async () => [...(await sessionsDown(place)), ...(await servicesDown(place, program.registry, 2_000))];
  for (let left = await down(); left.length > 0; left = await down())
    if (Date.now() > end) throw new Error(`not up: ${left.slice(0, 10).join("; ")}`);
}

const engineOf = (place: Lab, program: StackProgram): Engine => ({ ...place, program: program.run });

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; value: T }> {
  const startedAt = performance.now();
  const value = await work();
  return { seconds: (performance.now() - startedAt) / 1_000, value };
}

const sum = (memory: Record<string, number>, of: (name: string) => boolean): number =>
  Object.entries(memory).reduce((total, [name, mib]) => (of(name) ? total + mib : total), 0);

const round = (n: number) => Math.round(n * 100) / 100;
