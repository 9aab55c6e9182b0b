// A daemon's process: which one it is, whether it runs, how it ends, and commands in its host's view.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "./exec.ts";
import type { Daemon } from "./launch.ts";
import { type Lab, namespaceOf, notesDir } from "./names.ts";
import { groupInNamespace, namespaceInode, namespaceOfProcess } from "./netns.ts";

/** A file of the platform's notes on a host. */
export const note = (lab: Lab, host: string, file: string) => join(notesDir(lab, host), file);

/** The number that the start script wrote, whoever has it now. */
function notedPid(lab: Lab, host: string, name: string): number {
  try {
    return Number(readFileSync(note(lab, host, `${name}.pid`), "utf8"));
  } catch {
    return 0;
  }
}

/** The daemon's process (its supervisor's, if it has one) when it runs in the host's namespace; else undefined. */
export function pidOf(lab: Lab, host: string, name: string): number | undefined {
  const pid = notedPid(lab, host, name);
  // The number may be another's by now: it counts only inside this host's namespace.
  const inode = namespaceInode(namespaceOf(lab, host));
  return pid > 0 && inode !== undefined && namespaceOfProcess(pid) === inode ? pid : undefined;
}

/** The process that does the work: the daemon itself, or what its supervisor runs now; undefined while it waits to start again. */
export function workerOf(lab: Lab, host: string, name: string, restart: Daemon["restart"]): number | undefined {
  const pid = pidOf(lab, host, name);
  if (pid === undefined || restart === "once") return pid;
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number);
    return children.find((child) => readFileSync(`/proc/${child}/comm`, "utf8").trim() !== "sleep");
  } catch {
    return undefined;
  }
}

/** Runs a command with the host's network and the host's own view of files, as root or as a daemon's account. */
export const inHost = (lab: Lab, host: string, argv: readonly string[], timeoutMs = 30_000): Promise<string> =>
  run(["ip", "netns", "exec", namespaceOf(lab, host), note(lab, host, "enter"), ...argv], {
    where: `${host}: ${argv[0]}`,
    timeoutMs,
  });

/** Workers outlive a master that was killed, and hold its ports: a daemon that is started anew starts alone. */
export async function endRemains(lab: Lab, host: string, name: string): Promise<void> {
  const group = notedPid(lab, host, name);
  const remains = () => (group > 0 ? groupInNamespace(namespaceOf(lab, host), group) : []);
  for (let left = remains(); left.length > 0; left = remains()) {
    for (const pid of left) signal(pid, "SIGKILL");
    await sleep(10);
  }
}

/** Ends a daemon: TERM, and its whole session by KILL when it does not go within `graceMs`. */
export async function stopDaemon(lab: Lab, host: string, name: string, graceMs = 3_000): Promise<void> {
  const pid = pidOf(lab, host, name);
  const running = () => pidOf(lab, host, name) === pid;
  if (pid !== undefined) {
    signal(pid, "SIGTERM");
    for (const deadline = Date.now() + graceMs; running() && Date.now() < deadline; ) await sleep(20);
    if (running()) signal(-pid, "SIGKILL");
    while (running()) await sleep(10);
  }
  await endRemains(lab, host, name);
  for (const end of ["pid", "json"]) rmSync(note(lab, host, `${name}.${end}`), { force: true });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {} // gone in the meantime
}
