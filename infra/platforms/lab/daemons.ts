// Starts, reloads and ends the daemons of a host. What was applied to a running one is noted beside its process id, so
// that a later run (or one after a killed run) knows whether to leave it, reload it or start it anew.
import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ownerIds } from "./accounts.ts";
import { LabError } from "./errors.ts";
import { CLEAN_ENV, run } from "./exec.ts";
import { openForward } from "./forward.ts";
import { asAccount, type Daemon, launchScript } from "./launch.ts";
import { type HostInputs, sha256 } from "./model.ts";
import { hostRoot, type Lab, namespaceOf, notesDir } from "./names.ts";
import { namespaceInode, namespaceOfProcess } from "./netns.ts";

/** What a running daemon was started with, and last told to read. */
interface Applied {
  start: string;
  reload: string;
}

const note = (lab: Lab, host: string, file: string) => join(notesDir(lab, host), file);

/** The daemon's process (its supervisor's, if it has one) when it runs in the host's namespace; else undefined. */
export function pidOf(lab: Lab, host: string, name: string): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(note(lab, host, `${name}.pid`), "utf8"));
  } catch {
    return undefined;
  }
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

/**
 * Brings one daemon to what the inputs say: started, reloaded, started anew, or left alone. `rewritten`: files that were not as
 * they should be, though nothing of the inputs has changed.
 */
export async function convergeDaemon(
  lab: Lab,
  inputs: HostInputs,
  name: string,
  rewritten: readonly string[] = [],
): Promise<void> {
  const daemon = inputs.daemons[name]!;
  const wanted = keysOf(inputs, daemon);
  const applied = appliedOf(lab, inputs.host, name);
  const running = pidOf(lab, inputs.host, name) !== undefined;
  const reloadable = daemon.reload?.files ?? [];
  const touched = daemon.files.filter((file) => rewritten.includes(file));
  if (running && applied?.start === wanted.start && touched.every((file) => reloadable.includes(file))) {
    if (!daemon.reload || (applied.reload === wanted.reload && touched.length === 0)) return;
    await inHost(lab, inputs.host, daemon.reload.argv);
  } else {
    if (running) await stopDaemon(lab, inputs.host, name);
    await prepare(lab, inputs, name, daemon, wanted.start);
    await start(lab, inputs, name, daemon);
  }
  writeFileSync(note(lab, inputs.host, `${name}.json`), JSON.stringify(wanted));
}

/** Runs a command with the host's network and the host's own view of files, as root or as a daemon's account. */
export const inHost = (lab: Lab, host: string, argv: readonly string[], timeoutMs = 30_000): Promise<string> =>
  run(["ip", "netns", "exec", namespaceOf(lab, host), note(lab, host, "enter"), ...argv], {
    where: `${host}: ${argv[0]}`,
    timeoutMs,
  });

function keysOf(inputs: HostInputs, daemon: Daemon): Applied {
  const reloaded = new Set(daemon.reload?.files ?? []);
  const lines = (paths: string[]) => paths.sort().map((p) => [p, inputs.files[p]]);
  const { order: _, ...spec } = daemon;
  const view = [inputs.keep, inputs.runtime, inputs.forward?.daemon, inputs.forward?.daemon && inputs.forward];
  return {
    start: sha256(JSON.stringify([spec, view, lines(daemon.files.filter((p) => !reloaded.has(p)))])),
    reload: sha256(JSON.stringify(lines([...reloaded]))),
  };
}

function appliedOf(lab: Lab, host: string, name: string): Applied | undefined {
  try {
    return JSON.parse(readFileSync(note(lab, host, `${name}.json`), "utf8")) as Applied;
  } catch {
    return undefined;
  }
}

async function prepare(lab: Lab, inputs: HostInputs, name: string, daemon: Daemon, key: string): Promise<void> {
  const done = note(lab, inputs.host, `${name}.prepared`);
  if (!daemon.prepare?.length || (existsSync(done) && readFileSync(done, "utf8") === key)) return;
  for (const argv of daemon.prepare)
    await inHost(lab, inputs.host, asAccount({ ...daemon, capabilities: [] }, argv)).catch((error: LabError) => {
      throw new LabError(
        "prepare-failed",
        `${inputs.host}/${name}`,
        `${argv.join(" ")}: ${error.message}`,
        "read the text above",
        error,
      );
    });
  writeFileSync(done, key);
}

/** How long a daemon may take to show that its own start fails: a bad configuration ends it at once. */
const FIRST_MOMENTS_MS = 100;
/** How long the start script may take to write its number, on a machine that is busy with all the other hosts. */
const SCRIPT_MS = 10_000;

async function start(lab: Lab, inputs: HostInputs, name: string, daemon: Daemon): Promise<void> {
  const script = note(lab, inputs.host, `${name}.sh`);
  rmSync(note(lab, inputs.host, `${name}.pid`), { force: true });
  writeFileSync(script, launchScript(inputs.host, name, daemon, notesDir(lab, inputs.host)), { mode: 0o700 });
  const log = openLog(join(hostRoot(lab, inputs.host), daemon.log));
  const forward = inputs.forward?.daemon === name ? await openForward(inputs.forward) : undefined;
  const stdio = forward ? (["ignore", log, log, forward.fd] as const) : (["ignore", log, log] as const);
  try {
    const argv = ["netns", "exec", namespaceOf(lab, inputs.host), script];
    const child = spawn("ip", argv, { stdio: [...stdio], detached: true, env: CLEAN_ENV, cwd: "/" });
    child.unref();
    const ended = await Promise.race([
      new Promise<string>((resolve) => {
        child.once("error", (e) => resolve(e.message));
        child.once("exit", (code, signal) => resolve(`ended with ${signal ?? code}`));
      }),
      standing(lab, inputs.host, name),
    ]);
    if (ended !== undefined)
      throw new LabError(
        "daemon-died",
        `${inputs.host}/${name}`,
        `${ended}. ${logTail(lab, inputs.host, daemon)}`,
        `log: ${daemon.log}`,
      );
  } finally {
    closeSync(log);
    forward?.close();
  }
}

/** Resolves once the daemon's process is known and its first moments are over, or with what went wrong. */
async function standing(lab: Lab, host: string, name: string): Promise<string | undefined> {
  for (const deadline = Date.now() + SCRIPT_MS; pidOf(lab, host, name) === undefined; await sleep(10))
    if (Date.now() > deadline) return `its start script wrote no process id in ${SCRIPT_MS} ms`;
  await sleep(FIRST_MOMENTS_MS);
  return undefined;
}

/** Appends; readable by the group `adm`, as Debian's own logs are. */
function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = !existsSync(path);
  const fd = openSync(path, "a", 0o640);
  if (fresh) {
    chownSync(path, 0, ownerIds("root:adm").gid);
    chmodSync(path, 0o640);
  }
  return fd;
}

/** The last lines that a daemon wrote, for an error. */
export function logTail(lab: Lab, host: string, daemon: Pick<Daemon, "log">, lines = 4): string {
  try {
    return readFileSync(join(hostRoot(lab, host), daemon.log), "utf8")
      .trim()
      .split("\n")
      .slice(-lines)
      .join(" | ")
      .slice(-600);
  } catch {
    return "";
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
  for (const end of ["pid", "json"]) rmSync(note(lab, host, `${name}.${end}`), { force: true });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {} // gone in the meantime
}
