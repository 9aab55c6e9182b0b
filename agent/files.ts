// Writing small files of the agent's state so that a crash leaves the old or the new one whole.
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Written beside, flushed, renamed over, and the folder flushed. `mode`: permission bits of the file. */
export function writeFileDurably(path: string, text: string, mode: number): void {
  const beside = `${path}.new`;
  const fd = openSync(beside, "w", mode);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(beside, path);
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
