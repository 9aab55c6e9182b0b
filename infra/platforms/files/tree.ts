// The entries of a host's tree. Pure.
import type { FileSpec } from "../platform.ts";

/** A file of the tree; its path is the host's. */
export type Entry = FileSpec;

/** Where files that belong below /run are kept on a host's disk; tmpfiles.d copies them at each start of the machine. */
export const BOOT = "/etc/vonggac/boot";

/** A public text, root's own. */
export const text = (path: string, content: string, mode = "0644"): Entry => ({
  path,
  content: { text: content },
  mode,
  owner: "root:root",
});

/** Where an entry lies in the tree (and on the host's disk). */
export const keptAt = (path: string): string => (path.startsWith("/run/") ? `${BOOT}${path}` : path);
