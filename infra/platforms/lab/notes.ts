// What was applied to this machine, as the platform itself noted it below the lab's run folder: for the next run, for `status`
// and for faults. Notes go with the hosts that they speak of.
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostInputs, LinkInputs } from "./model.ts";
import { type Lab, linksDir, notesDir, ownerFile, RUN_ROOT, stackDir } from "./names.ts";

const hostFile = (lab: Lab, host: string) => join(notesDir(lab, host), "host.json");
const linkFile = (lab: Lab, id: string) => join(linksDir(lab.stack), `${id}.json`);

export const rememberHost = (lab: Lab, inputs: HostInputs): void =>
  writeFileSync(hostFile(lab, inputs.host), JSON.stringify(inputs));

/** What was last applied to the host, or undefined. */
export function appliedHost(lab: Lab, host: string): HostInputs | undefined {
  try {
    return JSON.parse(readFileSync(hostFile(lab, host), "utf8")) as HostInputs;
  } catch {
    return undefined;
  }
}

/** Hosts that have a folder of this lab. */
export function hostsOf(lab: Lab): string[] {
  try {
    const entries = readdirSync(stackDir(lab.stack), { withFileTypes: true });
    return entries.filter((e) => e.isDirectory() && !e.name.startsWith(".")).map((e) => e.name);
  } catch {
    return [];
  }
}

/** A host's daemons in the order of their start. */
export const daemonsInOrder = (inputs: HostInputs) =>
  Object.entries(inputs.daemons).sort(([, a], [, b]) => a.order - b.order);

export function rememberLink(lab: Lab, link: LinkInputs): void {
  mkdirSync(linksDir(lab.stack), { recursive: true });
  writeFileSync(linkFile(lab, link.link), JSON.stringify(link));
}

export function forgetLink(lab: Lab, id: string): void {
  rmSync(linkFile(lab, id), { force: true });
  dropEmptyFolders(lab);
}

/** With the last host and the last link the lab's own folders go, and with the last lab the one of all labs. */
export function dropEmptyFolders(lab: Lab): void {
  if (hostsOf(lab).length === 0) rmSync(ownerFile(lab.stack), { force: true });
  for (const folder of [linksDir(lab.stack), stackDir(lab.stack), RUN_ROOT])
    try {
      rmdirSync(folder);
    } catch {} // something is in it, or it never was
}

/** What was last applied to the link, or undefined. */
export function appliedLink(lab: Lab, id: string): LinkInputs | undefined {
  try {
    return JSON.parse(readFileSync(linkFile(lab, id), "utf8")) as LinkInputs;
  } catch {
    return undefined;
  }
}

/** The links that were made, as they were asked for. */
export function linksOf(lab: Lab): LinkInputs[] {
  try {
    const files = readdirSync(linksDir(lab.stack)).sort();
    return files.map((file) => JSON.parse(readFileSync(join(linksDir(lab.stack), file), "utf8")) as LinkInputs);
  } catch {
    return [];
  }
}
