// Room on a file system, as an ordinary account has it.
import { statfsSync } from "node:fs";
import type { Space } from "../check.ts";

/** Undefined where nothing stands at the path, or it may not be looked at. */
export function space(path: string): Space | undefined {
  try {
    const { bsize, blocks, bavail, files, ffree } = statfsSync(path);
    return { bytes: bsize * blocks, freeBytes: bsize * bavail, files, freeFiles: ffree };
  } catch {
    return undefined;
  }
}
