// Starts a daemon: what it needs once before, its log, its forwarded socket, and whether it stands after its first moments.
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
import { CLEAN_ENV } from "./exec.ts";
import { openForward } from "./forward.ts";
import { asAccount, type Daemon, launchScript } from "./launch.ts";
import type { HostInputs } from "./model.ts";
import { hostRoot, type Lab, namespaceOf, notesDir } from "./names.ts";
import { endRemains, inHost, note, pidOf } from "./process.ts";

/** Runs what must be done once before the first start with these inputs. Throws `prepare-failed`. */
export async function prepareDaemon(
  lab: Lab,
  inputs: HostInputs,
  name: string,
  daemon: Daemon,
  key: string,
): Promise<void> {
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

/** How long the former holder of a forwarded port may take to let it go: the provider of a killed run goes on for some seconds. */
const FORWARD_MS = 10_000;

/** Throws `daemon-died` with its last words, or `port-taken`. */
export async function startDaemon(lab: Lab, inputs: HostInputs, name: string, daemon: Daemon): Promise<void> {
  const script = note(lab, inputs.host, `${name}.sh`);
  await endRemains(lab, inputs.host, name);
  rmSync(note(lab, inputs.host, `${name}.pid`), { force: true });
  writeFileSync(script, launchScript(inputs.host, name, daemon, notesDir(lab, inputs.host)), { mode: 0o700 });
  const log = openLog(join(hostRoot(lab, inputs.host), daemon.log));
  const forward = inputs.forward?.daemon === name ? await openForward(inputs.forward, FORWARD_MS) : undefined;
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
