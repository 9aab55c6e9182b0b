// The two files that the console watches: registry and assignments.

import type { Registry } from "../protocol/index.ts";
import { readAssignments } from "./gateway/assignments.ts";
import type { Logger } from "./log.ts";
import { Problem } from "./problem.ts";
import { readRegistry } from "./registry-file.ts";
import { type FileWatch, watchFile } from "./watch.ts";

export interface WatchedFiles {
  registryFile: string;
  assignmentsFile: string;
  /** The version of the registry that is in force. */
  version: string;
  setRegistry(registry: Registry): void;
  setAssignments(assignments: ReturnType<typeof readAssignments>): void;
  log: Logger;
}

/** Reads the assignments now and both files whenever they change; a broken one is kept out, loudly, and the one before stays. */
export function watchFiles(parts: WatchedFiles): FileWatch[] {
  const { registryFile, assignmentsFile, log } = parts;
  let { version } = parts;
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      log.error({ problem: error.code, where: error.where, detail: error.message, remedy: error.remedy });
    }
  };
  const takeRegistry = () =>
    attempt(() => {
      const next = readRegistry(registryFile);
      if (next.version === version) return;
      version = next.version;
      log.info({ event: "registry-changed", version, targets: next.targets.length });
      parts.setRegistry(next);
    });
  // The registry first: what an agent is told to watch must be known here when it reports of it.
  const takeAssignments = () => {
    takeRegistry();
    attempt(() => parts.setAssignments(readAssignments(assignmentsFile)));
  };
  takeAssignments();
  return [watchFile(registryFile, takeRegistry), watchFile(assignmentsFile, takeAssignments)];
}
