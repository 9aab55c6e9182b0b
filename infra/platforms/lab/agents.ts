// The agents' processes of the whole lab: started last, once every host and link stands and routes are learned, so that
// the first thing an agent sees is the network as it is meant to be.
import { setTimeout as sleep } from "node:timers/promises";
import { sessionsDown } from "./bird.ts";
import { convergeDaemon, pidOf, stopDaemon } from "./daemons.ts";
import type { AgentsInputs } from "./model.ts";
import type { Lab } from "./names.ts";
import { appliedHost } from "./notes.ts";

const split = (agent: string) => agent.split("/") as [host: string, daemon: string];

/** How long the agents' start waits for routing. After that they start all the same: telling what is broken is their work. */
const ROUTING_MS = 15_000;

export async function convergeAgents(lab: Lab, wanted: AgentsInputs, before: AgentsInputs | undefined): Promise<void> {
  const gone = (before?.agents ?? []).filter((agent) => !wanted.agents.includes(agent));
  await Promise.all(gone.map((agent) => stopDaemon(lab, ...split(agent))));
  for (const deadline = Date.now() + ROUTING_MS; Date.now() < deadline; await sleep(100))
    if ((await sessionsDown(lab)).length === 0) break;
  await Promise.all(
    wanted.agents.map(async (agent) => {
      const [host, daemon] = split(agent);
      const inputs = appliedHost(lab, host);
      if (inputs?.daemons[daemon]) await convergeDaemon(lab, inputs, daemon);
    }),
  );
}

/** Those of the agents that run. */
export const readAgents = (lab: Lab, inputs: AgentsInputs): AgentsInputs => ({
  agents: inputs.agents.filter((agent) => pidOf(lab, ...split(agent)) !== undefined),
});

export async function deleteAgents(lab: Lab, inputs: AgentsInputs): Promise<void> {
  await Promise.all(inputs.agents.map((agent) => stopDaemon(lab, ...split(agent))));
}
