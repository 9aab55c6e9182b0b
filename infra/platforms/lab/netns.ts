// Network namespaces by name, and the processes in them. A namespace is deleted only after its processes: a daemon that
// outlived it would stand in a network that nobody can name any more.
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { run, runIfPossible } from "./exec.ts";

const FOLDER = "/run/netns";

export function namespaces(prefix: string): string[] {
  try {
    return readdirSync(FOLDER).filter((name) => name.startsWith(prefix));
  } catch {
    return [];
  }
}

/** The kernel's number of a namespace, as `/proc/<pid>/ns/net` shows it; undefined when there is none. */
export function namespaceInode(name: string): number | undefined {
  const found = statSync(`${FOLDER}/${name}`, { throwIfNoEntry: false });
  // A name that outlived its mount (a machine that was cut off) is a plain file of another file system.
  return found?.dev === statSync("/proc/self/ns/net").dev ? found.ino : undefined;
}

// `ip netns add` mounts its folder at first use; two at once would race over that.
let last: Promise<unknown> = Promise.resolve();

/** Makes the namespace if it is not there, one at a time; true when it was made now, and so is empty. */
export function addNamespace(name: string): Promise<boolean> {
  const next = last.then(async () => {
    if (namespaceInode(name) !== undefined) return false;
    if (existsSync(`${FOLDER}/${name}`)) await runIfPossible(["ip", "netns", "del", name]);
    await run(["ip", "netns", "add", name]);
    return true;
  });
  last = next.catch(() => {});
  return next;
}

/** Process ids by namespace number, from one pass over /proc. */
export function processesByNamespace(): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const inode = namespaceOfProcess(Number(name));
    if (inode !== undefined) found.set(inode, [...(found.get(inode) ?? []), Number(name)]);
  }
  return found;
}

/** The number of the network namespace that a process stands in; undefined when it is gone or a zombie. */
export function namespaceOfProcess(pid: number): number | undefined {
  try {
    return Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[1]);
  } catch {
    return undefined;
  }
}

/** Processes of one group (its leader may be gone) that stand in a namespace. */
export function groupInNamespace(name: string, group: number): number[] {
  const inode = namespaceInode(name);
  const all = inode === undefined ? [] : (processesByNamespace().get(inode) ?? []);
  return all.filter((pid) => groupOf(pid) === group);
}

function groupOf(pid: number): number | undefined {
  try {
    // After the name, which may hold anything: state, parent, group.
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ")[2]);
  } catch {
    return undefined;
  }
}

/** Ends every process in these namespaces (TERM, then KILL after `graceMs`) and gives those that are still there. */
export async function endProcesses(names: readonly string[], graceMs = 1_000): Promise<number[]> {
  const inodes = names.map(namespaceInode).filter((i) => i !== undefined);
  const alive = () => {
    const all = processesByNamespace();
    return inodes.flatMap((i) => all.get(i) ?? []).filter((pid) => pid !== process.pid);
  };
  const send = (pids: number[], signal: NodeJS.Signals) => {
    for (const pid of pids)
      try {
        process.kill(pid, signal);
      } catch {} // gone in the meantime
  };
  let left = alive();
  send(left, "SIGTERM");
  for (const deadline = Date.now() + graceMs; left.length > 0 && Date.now() < deadline; left = alive()) await sleep(25);
  for (let round = 0; left.length > 0 && round < 40; round++, left = alive()) {
    send(left, "SIGKILL");
    await sleep(25);
  }
  return left;
}

/** Removes namespaces by name, and the folder's own mount with the last one on the machine. */
export async function deleteNamespaces(names: readonly string[]): Promise<void> {
  if (names.length > 0)
    await run(["ip", "-force", "-batch", "-"], { input: names.map((n) => `netns del ${n}\n`).join("") }).catch(
      () => {},
    );
  if (namespaces("").length > 0) return;
  await runIfPossible(["umount", FOLDER]);
  try {
    rmdirSync(FOLDER);
  } catch {} // never was there, or another's namespace has come up meanwhile
}
