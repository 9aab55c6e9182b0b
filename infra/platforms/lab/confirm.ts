// Commit, confirmed: a change of a standing host's network is undone unless the host is seen again, over the network, from where the
// province is provisioned. Rules:
//   - What was not seen before the change needs no confirmation after it: a lab that is just being made, a host that is mended.
//   - Every family in which the host was seen must come back within `confirmMs`; else the old configuration is applied again
//     and the change fails as `cut-off`. A change that fails by itself is undone likewise.
//   - The provisioner may die between the change and its confirmation. So the host itself holds a watchdog, armed before the
//     change: unless it is called off it restores the old configuration after `watchdogMs`, below a minute.
//   - Only what was confirmed is ever restored: a second change that begins while the first is pending keeps the first's old one.
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "./errors.ts";
import { CLEAN_ENV, quote } from "./exec.ts";
import type { HostInputs, LinkInputs } from "./model.ts";
import { type Lab, namespaceOf, namespacePath, notesDir } from "./names.ts";
import { namespaceInode, namespaceOfProcess } from "./netns.ts";
import { appliedHost } from "./notes.ts";
import { pidOf } from "./process.ts";
import { answering, familiesOf, type Path, pathsTo } from "./reach.ts";
import { logTail } from "./start.ts";

/** How long a change may take to be seen; how long the host waits for a word before it helps itself. */
export interface Timing {
  confirmMs: number;
  watchdogMs: number;
}
export const TIMING: Timing = { confirmMs: 20_000, watchdogMs: 40_000 };

/** What to put back: the last configuration that was confirmed. */
export type Confirmed = { kind: "Host"; inputs: HostInputs } | { kind: "Link"; inputs: LinkInputs };

/** Puts a confirmed configuration back. Given by the caller, since applying is what is being guarded. */
export type Restore = (lab: Lab, confirmed: Confirmed) => Promise<void>;

/** Makes a change of `host`, whose present state is `before`. Throws `cut-off`, or what the change itself throws; both undone. */
export async function confirmed(
  lab: Lab,
  host: string,
  before: Confirmed,
  change: () => Promise<void>,
  restore: Restore,
  timing: Timing = TIMING,
): Promise<void> {
  const seen = familiesOf(await answering(lab, pathsTo(lab, host)));
  if (seen.size === 0) return change();
  const old = pending(lab, host) ?? before;
  arm(lab, host, old, timing.watchdogMs);
  const fault = await change().then(
    () => undefined,
    (error: Error) => error,
  );
  const lost = fault === undefined ? await stillLost(lab, host, seen, timing.confirmMs) : [];
  if (fault === undefined && lost.length === 0) return disarm(lab, host);
  // Read before the way back, which starts them again.
  const words = fault ? [] : lastWords(lab, host);
  // Whatever hinders the way back, the watchdog tries again later: it is called off only when the old state stands.
  await restore(lab, old);
  disarm(lab, host);
  if (fault) throw fault;
  throw new LabError(
    "cut-off",
    host,
    [
      `not seen any more over IPv${lost.join(" and IPv")} within ${timing.confirmMs / 1_000} s of its change; its old configuration was restored`,
      ...words,
    ].join(". "),
    "look what in the change closes the way to the host, and run it again",
  );
}

/** What the host's daemons said that have died since: a start may take longer to fail than its first moments are. */
const lastWords = (lab: Lab, host: string): string[] =>
  Object.entries(appliedHost(lab, host)?.daemons ?? {})
    .filter(([name, { role }]) => role === "network" && pidOf(lab, host, name) === undefined)
    .map(([name, daemon]) => `${name} has died: ${logTail(lab, host, daemon)}`);

/** The families that have not come back in time. */
async function stillLost(lab: Lab, host: string, seen: ReadonlySet<4 | 6>, withinMs: number): Promise<(4 | 6)[]> {
  const missing = (paths: Path[]) => {
    const there = familiesOf(paths);
    return [...seen].filter((family) => !there.has(family));
  };
  for (const end = Date.now() + withinMs; ; await sleep(300)) {
    const lost = missing(await answering(lab, pathsTo(lab, host)));
    if (lost.length === 0 || Date.now() > end) return lost;
  }
}

const orderFile = (lab: Lab, host: string) => join(notesDir(lab, host), "watchdog.json");
const pidFile = (lab: Lab, host: string) => join(notesDir(lab, host), "watchdog.pid");

/** The order that a watchdog carries out (watchdog.ts). */
export interface Order {
  lab: Lab;
  host: string;
  confirmed: Confirmed;
}

/** What a change that was never confirmed had found, or undefined. */
function pending(lab: Lab, host: string): Confirmed | undefined {
  try {
    return (JSON.parse(readFileSync(orderFile(lab, host), "utf8")) as Order).confirmed;
  } catch {
    return undefined;
  }
}

/** A shell that sleeps: it stands in the host's network, so that it ends with the host and with nothing else. */
function arm(lab: Lab, host: string, old: Confirmed, watchdogMs: number): void {
  disarm(lab, host);
  writeFileSync(orderFile(lab, host), JSON.stringify({ lab, host, confirmed: old } satisfies Order), { mode: 0o600 });
  const wake = [process.execPath, join(import.meta.dirname, "watchdog.ts"), orderFile(lab, host)].map(quote).join(" ");
  const script = `echo $$ > ${quote(pidFile(lab, host))}; sleep ${watchdogMs / 1_000}; exec ${wake}`;
  spawn("nsenter", [`--net=${namespacePath(lab, host)}`, "sh", "-c", script], {
    stdio: "ignore",
    detached: true,
    env: CLEAN_ENV,
    cwd: "/",
  }).unref();
}

/** Calls the watchdog off. It looks for its order before it acts, so that one that has just woken does nothing either. */
function disarm(lab: Lab, host: string): void {
  rmSync(orderFile(lab, host), { force: true });
  try {
    const pid = Number(readFileSync(pidFile(lab, host), "utf8"));
    // The number may be another's by now: it counts only inside this host's namespace.
    if (namespaceOfProcess(pid) === namespaceInode(namespaceOf(lab, host))) process.kill(-pid, "SIGTERM");
  } catch {} // none was armed, or it has ended
  rmSync(pidFile(lab, host), { force: true });
}
