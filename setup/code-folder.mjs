// Where the compiled form of our programs is kept, and whether what lies there may be run. Needs nothing of the Node that runs it:
// set-up asks on the system's own.
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(import.meta.url);

/** Below node_modules, so that a new installation begins anew. */
export const CODE = join(dirname(HERE), "..", "node_modules", ".cache", "code");

/** Whether what lies there may be run: made by the owner of this file (or by root), and by nobody else. @param {string} folder */
export function isTrusted(folder) {
  try {
    const { uid, mode } = statSync(folder);
    const owner = statSync(HERE).uid;
    return (uid === owner || uid === 0) && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}
