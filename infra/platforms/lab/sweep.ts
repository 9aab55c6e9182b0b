// Ends whatever a lab has left on the machine, told by its names alone: after the engine's own `destroy`, and after runs
// that were killed and of which the engine's state knows nothing.
import { rmSync } from "node:fs";
import { type Lab, prefixOf, stackDir } from "./names.ts";
import { deleteNamespaces, endProcesses, namespaces } from "./netns.ts";
import { dropEmptyFolders } from "./notes.ts";

/** Ends all processes of the lab, its namespaces, and its folder below /run. Durable folders stay. Safe to repeat. */
export async function sweep(lab: Lab): Promise<{ namespaces: number; processesLeft: number[] }> {
  const names = namespaces(prefixOf(lab.stack));
  const processesLeft = await endProcesses(names);
  await deleteNamespaces(names);
  rmSync(stackDir(lab.stack), { recursive: true, force: true });
  dropEmptyFolders(lab);
  return { namespaces: names.length, processesLeft };
}
