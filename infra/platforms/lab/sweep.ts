// Ends whatever a lab has left on the machine, told by its names alone: after the engine's own `destroy`, and after runs
// that were killed and of which the engine's state knows nothing.
import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { type Lab, prefixOf, RUN_ROOT, stackDir } from "./names.ts";
import { deleteNamespaces, endProcesses, namespaces } from "./netns.ts";

/** Ends all processes of the lab, its namespaces, and its folder below /run. Durable folders stay. Safe to repeat. */
export async function sweep(lab: Lab): Promise<{ namespaces: number; processesLeft: number[] }> {
  const names = namespaces(prefixOf(lab.stack));
  const processesLeft = await endProcesses(names);
  await deleteNamespaces(names);
  rmSync(stackDir(lab.stack), { recursive: true, force: true });
  try {
    if (readdirSync(RUN_ROOT).length === 0) rmdirSync(RUN_ROOT);
  } catch {} // was never made
  return { namespaces: names.length, processesLeft };
}
