// Waits until the lab is what was promised: every daemon runs, every BGP session stands, the console hears every agent, and the
// services that agents watch answer from where they stand. What to ask comes from the registry's targets, so nothing is listed twice.
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentStatus } from "../../../protocol/incident.ts";
import type { Registry } from "../../../protocol/registry.ts";
import { requestAdmin } from "./admin.ts";
import { sessionsDown } from "./bird.ts";
import { LabError } from "./errors.ts";
import type { Lab } from "./names.ts";
import { appliedHost, hostsOf } from "./notes.ts";
import { servicesDown } from "./probes.ts";
import { logTail } from "./start.ts";
import { daemonsOf } from "./status.ts";

export interface ReadyOptions {
  deadlineMs: number;
  /** The stages, as they begin. */
  onStage?: (stage: "daemons" | "routing" | "agents" | "services") => void;
}

/** Resolves when all stands; throws `not-converged` with the names of what does not. */
export async function waitReady(lab: Lab, registry: Registry, options: ReadyOptions): Promise<void> {
  const end = Date.now() + options.deadlineMs;
  options.onStage?.("daemons");
  await settled("daemons", end, async () => hostsOf(lab).flatMap((host) => missingDaemons(lab, host)));
  options.onStage?.("routing");
  await settled("BGP sessions", end, () => sessionsDown(lab));
  options.onStage?.("agents");
  await settled(
    "agents",
    end,
    () => silentAgents(lab),
    (silent) => lastWords(lab, silent[0]?.split(":")[0]),
  );
  options.onStage?.("services");
  const silent = await servicesDown(lab, registry, end - Date.now());
  if (silent.length > 0) throw notConverged("services", silent);
}

/** Agents that the console does not hear; the console itself when it does not say. */
async function silentAgents(lab: Lab): Promise<string[]> {
  try {
    const agents = await requestAdmin<AgentStatus[]>(lab, "GET", "/agents");
    return agents.filter((a) => a.presence !== "live").map((a) => `${a.agent}: ${a.presence}`);
  } catch (error) {
    return [(error as Error).message];
  }
}

/** What one that is silent, and those that it speaks to, wrote last: the reason is most often in there. */
function lastWords(lab: Lab, agent: string | undefined): string {
  const speakers = [agent, ...hostsOf(lab).filter((host) => appliedHost(lab, host)?.daemons["console"])];
  return speakers
    .flatMap((host) =>
      Object.entries(host === undefined ? {} : (appliedHost(lab, host)?.daemons ?? {}))
        .filter(([, daemon]) => daemon.role === "agent" || daemon.role === "console")
        .map(([name, daemon]) => `${host}/${name}: ${logTail(lab, host!, daemon, 2) || "wrote nothing"}`),
    )
    .join("; ");
}

async function settled(
  what: string,
  end: number,
  missing: () => Promise<string[]>,
  words: (left: string[]) => string = () => "",
): Promise<void> {
  for (;;) {
    const left = await missing();
    if (left.length === 0) return;
    if (Date.now() >= end) throw notConverged(what, left, words(left));
    await sleep(100);
  }
}

const notConverged = (what: string, left: string[], words = "") =>
  new LabError(
    "not-converged",
    what,
    `${left.length} not up: ${left.slice(0, 12).join("; ")}${left.length > 12 ? "; …" : ""}${words && `. ${words}`}`,
    "look at the logs below /run/vonggac, then run lab up again",
  );

function missingDaemons(lab: Lab, host: string): string[] {
  const daemons = appliedHost(lab, host)?.daemons ?? {};
  return daemonsOf(lab, host)
    .filter((d) => d.state !== "running")
    .map((d) => `${host}/${d.name}: ${logTail(lab, host, daemons[d.name]!, 2) || d.state}`);
}
