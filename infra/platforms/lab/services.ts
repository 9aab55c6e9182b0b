// Every process that needs the network to stand, in two phases: servers with the console, then the agents, so that the first
// thing an agent sees is the network as it is meant to be. A secondary name server that is started before its way to the
// primary waits for minutes, and an agent that is started before it reports what is no fault.
import { convergeDaemon } from "./daemons.ts";
import { PHASES, phaseOf, type ServicesInputs } from "./model.ts";
import type { Lab } from "./names.ts";
import { appliedHost, hostsOf } from "./notes.ts";
import { servicesDown } from "./probes.ts";
import { pidOf, stopDaemon } from "./process.ts";
import { registryOf } from "./registry.ts";
import { routingStands, STAGE_MS } from "./settle.ts";

const split = (program: string) => program.split("/") as [host: string, daemon: string];

/** A hundred programs that begin in one moment keep each other from beginning. */
const AT_ONCE = 12;

/** Starts what does not run and ends what is no longer wanted; the servers' phase ends when they answer. */
export async function convergeServices(
  lab: Lab,
  wanted: ServicesInputs,
  before: ServicesInputs | undefined,
): Promise<void> {
  const gone = Object.keys(before?.programs ?? {}).filter((program) => !(program in wanted.programs));
  await Promise.all(gone.map((program) => stopDaemon(lab, ...split(program))));
  if (wanted.phase === "services") await routingStands(lab);
  await start(lab, Object.keys(wanted.programs));
  const registry = wanted.phase === "services" ? registryOf(lab) : undefined;
  if (registry) await servicesDown(lab, registry, STAGE_MS);
}

async function start(lab: Lab, programs: readonly string[]): Promise<void> {
  const waiting = [...programs];
  const worker = async () => {
    for (let program = waiting.shift(); program !== undefined; program = waiting.shift()) {
      const [host, daemon] = split(program);
      const inputs = appliedHost(lab, host);
      if (inputs?.daemons[daemon]) await convergeDaemon(lab, inputs, daemon);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Those that run. */
export const readServices = (lab: Lab, { phase, programs }: ServicesInputs): ServicesInputs => ({
  phase,
  programs: Object.fromEntries(
    Object.entries(programs).filter(([program]) => pidOf(lab, ...split(program)) !== undefined),
  ),
});

/** Those of a phase that run, as the hosts' own notes know them. */
export function runningServices(lab: Lab, id: string): ServicesInputs | undefined {
  const phase = PHASES.find((p) => p === id);
  const programs = hostsOf(lab).flatMap((host) =>
    Object.entries(appliedHost(lab, host)?.daemons ?? {})
      .filter(([, daemon]) => phaseOf(daemon.role) === phase)
      .map(([name, daemon]) => [`${host}/${name}`, daemon.role] as const),
  );
  return phase && programs.length > 0
    ? readServices(lab, { phase, programs: Object.fromEntries(programs) })
    : undefined;
}

export async function deleteServices(lab: Lab, { programs }: ServicesInputs): Promise<void> {
  await Promise.all(Object.keys(programs).map((program) => stopDaemon(lab, ...split(program))));
}
