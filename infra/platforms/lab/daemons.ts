// Brings a daemon to what its host's inputs say. What was applied to a running one is noted beside its process id, so that a
// later run (or one after a killed run) knows whether to leave it, reload it or start it anew.
import { readFileSync, writeFileSync } from "node:fs";
import type { Daemon } from "./launch.ts";
import { type HostInputs, sha256 } from "./model.ts";
import type { Lab } from "./names.ts";
import { inHost, note, pidOf, stopDaemon } from "./process.ts";
import { prepareDaemon, startDaemon } from "./start.ts";

/** What a running daemon was started with, and last told to read. */
interface Applied {
  start: string;
  reload: string;
}

/**
 * Brings one daemon to what the inputs say: started, reloaded, started anew, or left alone. `rewritten`: files that were not as
 * they should be, though nothing of the inputs has changed.
 */
export async function convergeDaemon(
  lab: Lab,
  inputs: HostInputs,
  name: string,
  rewritten: readonly string[] = [],
): Promise<void> {
  const daemon = inputs.daemons[name]!;
  const wanted = keysOf(inputs, daemon);
  const applied = appliedOf(lab, inputs.host, name);
  const running = pidOf(lab, inputs.host, name) !== undefined;
  const reloadable = daemon.reload?.files ?? [];
  const touched = daemon.files.filter((file) => rewritten.includes(file));
  if (running && applied?.start === wanted.start && touched.every((file) => reloadable.includes(file))) {
    if (!daemon.reload || (applied.reload === wanted.reload && touched.length === 0)) return;
    await inHost(lab, inputs.host, daemon.reload.argv);
  } else {
    if (running) await stopDaemon(lab, inputs.host, name);
    await prepareDaemon(lab, inputs, name, daemon, wanted.start);
    await startDaemon(lab, inputs, name, daemon);
  }
  writeFileSync(note(lab, inputs.host, `${name}.json`), JSON.stringify(wanted));
}

function keysOf(inputs: HostInputs, daemon: Daemon): Applied {
  const reloaded = new Set(daemon.reload?.files ?? []);
  const lines = (paths: string[]) => paths.sort().map((p) => [p, inputs.files[p]]);
  const { order: _, ...spec } = daemon;
  const view = [inputs.keep, inputs.runtime, inputs.forward?.daemon, inputs.forward?.daemon && inputs.forward];
  return {
    start: sha256(JSON.stringify([spec, view, lines(daemon.files.filter((p) => !reloaded.has(p)))])),
    reload: sha256(JSON.stringify(lines([...reloaded]))),
  };
}

function appliedOf(lab: Lab, host: string, name: string): Applied | undefined {
  try {
    return JSON.parse(readFileSync(note(lab, host, `${name}.json`), "utf8")) as Applied;
  } catch {
    return undefined;
  }
}
