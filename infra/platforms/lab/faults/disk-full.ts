// A host's folder of logs is full: a small file system of memory is put over it in the view of the host's agent, and filled. The
// machine's own disk is left alone.
import { LabError } from "../errors.ts";
import { quote, run, runIfPossible } from "../exec.ts";
import type { Lab } from "../names.ts";
import { appliedHost } from "../notes.ts";
import { workerOf } from "../process.ts";
import { sitesOf, targetsOf } from "./assets.ts";
import type { Fault } from "./fault.ts";

const AGENT = "agent";
const SIZE = "64k";

/** The first folder that the agent watches: a site's, whose logs nobody else reads. */
function folderOf(lab: Lab, host: string): string {
  return targetsOf(lab, "disk").find((t) => t.agent === host)!.expects.paths[0]!;
}

const inAgentsView = (pid: number, script: string): string[] => [
  "nsenter",
  "-t",
  String(pid),
  "-m",
  "sh",
  "-ec",
  script,
];
const worker = (lab: Lab, host: string) =>
  workerOf(lab, host, AGENT, appliedHost(lab, host)?.daemons[AGENT]?.restart ?? "once");

export const diskFull: Fault = {
  name: "disk-full",
  targets: "site",
  candidates: (lab) => {
    const watched = new Set(targetsOf(lab, "disk").map((t) => t.agent));
    return sitesOf(lab).filter((site) => watched.has(site));
  },
  expects: (_, host) => ({ incident: `service ${host}`, withinMs: 60_000 }),
  async inject(lab, host) {
    const pid = worker(lab, host);
    if (pid === undefined) throw new LabError("fault-failed", host, "its agent does not run", "vonggac lab heal");
    const at = quote(folderOf(lab, host));
    const injectedAt = Date.now();
    await run(
      inAgentsView(
        pid,
        `mount -t tmpfs -o size=${SIZE},mode=0755 full ${at}; head -c 1000000 /dev/zero > ${at}/full 2>/dev/null || true`,
      ),
      { where: host },
    );
    return { injectedAt, facts: {} };
  },
  // An agent that was started anew has a view of its own, without it.
  async undo(lab, host) {
    const pid = worker(lab, host);
    const at = quote(folderOf(lab, host));
    if (pid !== undefined)
      await runIfPossible(
        inAgentsView(pid, `while grep -q "^full ${folderOf(lab, host)} tmpfs" /proc/mounts; do umount ${at}; done`),
      );
  },
};
