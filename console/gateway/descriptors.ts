// How many connections the limit of open files admits. Node raises the soft limit to the hard one when it starts.
import { readFileSync } from "node:fs";

/** For the record, its journal, screens, the admin socket, backups, evidence, and to tell one agent too many so. */
const RESERVE = 512;
/** Of these, connections that are told by name that there is no room. */
export const TELLING = 256;
const UNLIMITED = 1_048_576;

/** Soft limit of open files of this process (proc(5), "limits"). Without /proc: what Linux gives at least. */
export function openFilesLimit(limits = readLimits()): number {
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  if (soft === "unlimited") return UNLIMITED;
  return Math.min(Number(soft ?? 1_024), UNLIMITED);
}

/** Agents that fit below the limit. */
export const agentsWithin = (openFiles: number): number => Math.max(1, openFiles - RESERVE);

function readLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return "";
  }
}
