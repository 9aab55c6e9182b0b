// Files of a host that a fault puts others in place of, and the daemon that is told to read them. What is right lies in the lab's
// notes, so that an undo needs no copy.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "../content.ts";
import { LabError } from "../errors.ts";
import { place } from "../files.ts";
import { parseFileLine } from "../model.ts";
import { hostRoot, type Lab } from "../names.ts";
import { inHost, pidOf } from "../process.ts";
import { daemonOf, inputsOf } from "./assets.ts";

/** Text of a host's file as it lies there now. */
export const textOnHost = (lab: Lab, host: string, path: string): string =>
  readFileSync(join(hostRoot(lab, host), path), "utf8");

/** Puts another content in a file's place, with the rights that the platform gave it. Throws `fault-failed` where there is no such file. */
export function putOnHost(lab: Lab, host: string, path: string, content: string): void {
  const { mode, owner } = lineOf(lab, host, path);
  place(join(hostRoot(lab, host), path), content, mode, owner);
}

/** Changes a text of a host. Throws `fault-failed` where the change changes nothing: the fault would be none. */
export function editOnHost(lab: Lab, host: string, path: string, edit: (text: string) => string): void {
  const before = Buffer.from(bytesOf(lab, lineOf(lab, host, path).source)).toString("utf8");
  const after = edit(before);
  if (after === before)
    throw new LabError("fault-failed", `${host}:${path}`, "it does not say what would be changed", "run lab up again");
  putOnHost(lab, host, path, after);
}

/** Puts back what the platform wrote. */
export function restoreOnHost(lab: Lab, host: string, ...paths: string[]): void {
  for (const path of paths) {
    const { source, mode, owner } = lineOf(lab, host, path);
    place(join(hostRoot(lab, host), path), bytesOf(lab, source), mode, owner);
  }
}

function lineOf(lab: Lab, host: string, path: string): ReturnType<typeof parseFileLine> {
  const line = inputsOf(lab, host).files[path];
  if (line === undefined)
    throw new LabError("fault-failed", `${host}:${path}`, "no file of the platform's", "run lab up again");
  return parseFileLine(line);
}

/** Has the host's daemon read its files again; one that does not run reads them when it starts. */
export async function reloadOnHost(lab: Lab, host: string, program: string): Promise<void> {
  const daemon = daemonOf(lab, host, program);
  if (daemon?.reload && pidOf(lab, host, daemon.name) !== undefined) await inHost(lab, host, daemon.reload.argv);
}
