// Which faults are injected now: one file each in the lab's run folder, so that an undo needs no memory of its caller.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Lab, stackDir } from "../names.ts";

export interface Injected {
  fault: string;
  target: string;
  /** The instant of the kernel's (or the daemon's) change, milliseconds since 1970. */
  injectedAt: number;
  /** What the undo must know. */
  facts: Record<string, string | number | string[]>;
}

const folder = (lab: Lab) => join(stackDir(lab.stack), ".faults");
const fileOf = (lab: Lab, fault: string, target: string) =>
  join(folder(lab), `${fault}@${target.replaceAll("/", "_")}.json`);

export function remember(lab: Lab, injected: Injected): void {
  mkdirSync(folder(lab), { recursive: true });
  writeFileSync(fileOf(lab, injected.fault, injected.target), JSON.stringify(injected));
}

export function forget(lab: Lab, fault: string, target: string): void {
  rmSync(fileOf(lab, fault, target), { force: true });
}

/** All injected faults, the oldest first. */
export function injectedFaults(lab: Lab): Injected[] {
  let files: string[];
  try {
    files = readdirSync(folder(lab));
  } catch {
    return [];
  }
  return files
    .map((file) => JSON.parse(readFileSync(join(folder(lab), file), "utf8")) as Injected)
    .sort((a, b) => a.injectedAt - b.injectedAt);
}
