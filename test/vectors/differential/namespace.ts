/**
 * A namespace of the run's own for network and processes, without a name: it has loopback only and ends with the run.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ADDRESSES } from "./zones/tree.ts";

const MARK = "VGDIFF_FOLDER";
export const RECURSOR = "192.0.2.9";

/** The run's folder, when this process is inside. */
export const insideFolder = (): string | undefined => process.env[MARK];

/**
 * Runs this very script with the same arguments inside a new namespace; gives its exit code. Processes have a namespace of
 * their own too: whatever ends the first of them ends them all, and no daemon is left behind.
 */
export function enter(script: string, args: readonly string[]): Promise<number> {
  const root = process.getuid?.() === 0;
  // Made and removed out here, so that nothing stays behind when the run is ended in the middle.
  const folder = mkdtempSync(join(tmpdir(), "vgdiff-"));
  const unshare = [
    ...(root ? [] : ["--user", "--map-root-user"]),
    "--net",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
    "--",
  ];
  const child = spawn("unshare", [...unshare, process.execPath, script, ...args], {
    stdio: "inherit",
    env: { ...process.env, [MARK]: folder },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => child.kill("SIGKILL"));
  return new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  }).finally(() => rmSync(folder, { recursive: true, force: true }));
}

/** Inside: loopback up, with the addresses of all servers. */
export function furnish(): void {
  const all = [...Object.values(ADDRESSES), { v4: RECURSOR, v6: undefined }];
  const lines = all.flatMap(({ v4, v6 }) => [
    `addr add ${v4}/32 dev lo`,
    ...(v6 ? [`addr add ${v6}/128 dev lo nodad`] : []),
  ]);
  execFileSync("ip", ["-batch", "-"], { input: ["link set lo up", ...lines, ""].join("\n") });
}
