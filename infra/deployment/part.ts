// A host is put together from parts: what one daemon needs of files, directories and processes. Pure.
import type { DaemonSpec, FileSpec, HostSpec } from "../platforms/platform.ts";
import type { Materials } from "./facts.ts";

/** What one concern adds to a host. */
export interface Part {
  directories: HostSpec["directories"];
  files: FileSpec[];
  daemons: DaemonSpec[];
}

/** A public text, readable by all unless told otherwise. */
export const text = (path: string, content: string, mode = "0644", owner = "root:root"): FileSpec => ({
  path,
  content: { text: content },
  mode,
  owner,
});

/** An entry of the vault, readable by its owner alone unless told otherwise. */
export const secret = (m: Materials, path: string, name: string, owner: string, mode = "0400"): FileSpec => ({
  path,
  content: { secret: name, fingerprint: m.fingerprint(name) },
  mode,
  owner,
});

export const directory = (path: string, mode = "0755", owner = "root:root") => ({ path, mode, owner });

export const paths = (files: readonly FileSpec[]): string[] => files.map((f) => f.path);
