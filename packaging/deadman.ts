// The package of the watcher, which stands on a machine outside the province's network and shares nothing with the console: the same Node,
// the watcher compiled, its unit, an installer. Nothing in it is secret; the printed command vouches for every file.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Content, fillRelease, pack } from "./bundle.ts";
import { PackagingError } from "./errors.ts";
import { PAYLOAD, writeSums } from "./package.ts";

const WATCHER: Content = { units: ["vonggac-deadman.service"], input: { deadman: "console/deadman-main.ts" } };

/** Makes the package in a new folder. Gives the SHA-256 of its SHA256SUMS. Throws PackagingError. */
export async function makeDeadmanPackage(folder: string): Promise<string> {
  if (existsSync(folder)) throw new PackagingError("package-folder-exists", folder);
  const work = mkdtempSync(join(tmpdir(), "vonggac-package-"));
  try {
    await fillRelease(work, WATCHER);
    mkdirSync(folder, { mode: 0o755, recursive: true });
    await pack(work, join(folder, PAYLOAD));
    const files = join(import.meta.dirname, "files");
    copyFileSync(join(files, "install-deadman.sh"), join(folder, "install.sh"));
    copyFileSync(join(files, "deadman.json.example"), join(folder, "deadman.json.example"));
    writeFileSync(join(folder, "arch"), `${process.arch}\n`);
    return await writeSums(folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
