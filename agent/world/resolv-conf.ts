// Reads what this host is told to ask for names. Small, read at each run: whoever changes it should be seen within seconds.
import { closeSync, openSync, readSync } from "node:fs";

const PATH = "/etc/resolv.conf";
const MAX_READ = 65_536;

/** Its text, the first 64 KiB; undefined when there is none or it may not be read. */
export function resolvConf(): string | undefined {
  let file: number;
  try {
    file = openSync(PATH, "r");
  } catch {
    return undefined;
  }
  try {
    const buffer = Buffer.alloc(MAX_READ);
    return buffer.toString("utf8", 0, readSync(file, buffer, 0, MAX_READ, 0));
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}
