// Every process that needs the network to stand: servers, the console, and last the agents, so that the first thing an agent sees
// is the network as it is meant to be. A secondary name server that is started before its way to the primary waits for
// minutes, and an agent that is started before it reports what is no fault.
import { setTimeout as sleep } from "node:timers/promises";
import { sessionsDown } from "./bird.ts";
import { convergeDaemon } from "./daemons.ts";
import type { ServicesInputs } from "./model.ts";
import type { Lab } from "./names.ts";
import { appliedHost } from "./notes.ts";
import { servicesDown } from "./probes.ts";
import { pidOf, stopDaemon } from "./process.ts";
import { registryOf } from "./registry.ts";

const split = (program: string) => program.split("/") as [host: string, daemon: string];

/**
 * How long one stage waits for the one before it. After that it begins all the same: to tell what is broken is the work of
 * those who are started.
 */
const STAGE_MS = 20_000;

export async function convergeServices(
  lab: Lab,
  wanted: ServicesInputs,
  before: ServicesInputs | undefined,
): Promise<void> {
  const gone = Object.keys(before?.programs ?? {}).filter((program) => !(program in wanted.programs));
  await Promise.all(gone.map((program) => stopDaemon(lab, ...split(program))));
  await routingStands(lab);
  const agents = Object.keys(wanted.programs).filter((program) => wanted.programs[program] === "agent");
  await start(
    lab,
    Object.keys(wanted.programs).filter((program) => !agents.includes(program)),
  );
  const registry = registryOf(lab);
  if (registry) await servicesDown(lab, registry, STAGE_MS);
  await start(lab, agents);
}

async function routingStands(lab: Lab): Promise<void> {
  for (const deadline = Date.now() + STAGE_MS; Date.now() < deadline; await sleep(100))
    if ((await sessionsDown(lab)).length === 0) return;
}

async function start(lab: Lab, programs: readonly string[]): Promise<void> {
  await Promise.all(
    programs.map(async (program) => {
      const [host, daemon] = split(program);
      const inputs = appliedHost(lab, host);
      if (inputs?.daemons[daemon]) await convergeDaemon(lab, inputs, daemon);
    }),
  );
}

/** Those that run. */
export const readServices = (lab: Lab, { programs }: ServicesInputs): ServicesInputs => ({
  programs: Object.fromEntries(
    Object.entries(programs).filter(([program]) => pidOf(lab, ...split(program)) !== undefined),
  ),
});

export async function deleteServices(lab: Lab, { programs }: ServicesInputs): Promise<void> {
  await Promise.all(Object.keys(programs).map((program) => stopDaemon(lab, ...split(program))));
}
