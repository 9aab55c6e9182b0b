// Reads small files that checks look at: what this host is told to ask for names, and a key. Anew at each run: whoever changes one should
// be seen within seconds.
import { closeSync, openSync, readSync } from "node:fs";

export const RESOLV_CONF = "/etc/resolv.conf";
const MAX_READ = 65_536;

/** A file's text, the first 64 KiB; undefined when there is none or it may not be read. */
export function smallText(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
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
