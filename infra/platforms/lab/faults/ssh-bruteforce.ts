// Somebody on the Internet tries passwords on a host's SSH server: the real OpenSSH client, wrong passwords, at most 30
// connections within at most 60 s.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../errors.ts";
import { CLEAN_ENV, quote } from "../exec.ts";
import { hostRoot, type Lab, namespaceOf, notesDir } from "../names.ts";
import { namespaceInode, namespaceOfProcess } from "../netns.ts";
import { addressesOf, devicesOf } from "../network.ts";
import { appliedHost, hostsOf, linksOf } from "../notes.ts";
import { assetsOf, daemonRunning } from "./assets.ts";
import type { Fault } from "./fault.ts";

const CONNECTIONS = 30;
const SECONDS = 60;

export const sshBruteforce: Fault = {
  name: "ssh-bruteforce",
  targets: "host",
  candidates: (lab) => hostsOf(lab).filter((host) => daemonRunning(lab, host, "sshd")),
  async inject(lab, host) {
    const attacker = attackerOf(lab, host);
    const address = await addressOf(lab, host);
    const askpass = join(notesDir(lab, attacker), "wrong-password");
    writeFileSync(askpass, "#!/bin/sh\necho wrong-$$\n", { mode: 0o755 });
    const child = spawn(
      "ip",
      ["netns", "exec", namespaceOf(lab, attacker), "timeout", String(SECONDS), "sh", "-c", attack(address)],
      {
        stdio: "ignore",
        detached: true,
        env: { ...CLEAN_ENV, HOME: "/nonexistent", SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force" },
      },
    );
    child.unref();
    const injectedAt = Date.now();
    if (child.pid === undefined)
      throw new LabError("fault-failed", host, "ip or ssh could not be started", "run npm start");
    return { injectedAt, facts: { attacker, pid: child.pid } };
  },
  async undo(lab, _host, injected) {
    const { attacker, pid } = injected?.facts ?? {};
    if (typeof pid !== "number" || typeof attacker !== "string") return;
    // The number may be another's by now: only what stands in the attacker's namespace is ended.
    if (namespaceOfProcess(pid) !== namespaceInode(namespaceOf(lab, attacker))) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {} // over by itself
  },
};

/** Three wrong passwords a connection, as many as the server lets one try. */
const attack = (address: string): string => {
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/dev/null"];
  options.push("PreferredAuthentications=password", "NumberOfPasswordPrompts=3", "ConnectTimeout=3", "LogLevel=ERROR");
  const ssh = ["ssh", "-F", "none", ...options.flatMap((o) => ["-o", o]), `root@${address}`, "true"]
    .map(quote)
    .join(" ");
  return `i=0; while [ $i -lt ${CONNECTIONS} ]; do ${ssh}; i=$((i + 1)); sleep 0.2; done`;
};

/** Outside if there is an outside, else a site: somebody other than the victim. */
function attackerOf(lab: Lab, victim: string): string {
  const roles = new Map(assetsOf(lab, "host").map((a) => [a.id, a.role]));
  const others = hostsOf(lab).filter((h) => h !== victim);
  const found = others.find((h) => roles.get(h) === "internet") ?? others.find((h) => roles.get(h) === "site");
  if (found === undefined)
    throw new LabError("fault-failed", victim, "nobody is there to attack it", "run lab up again");
  return found;
}

/** The address that the server listens on: IPv6 first. */
async function addressOf(lab: Lab, host: string): Promise<string> {
  const loopback = appliedHost(lab, host)?.loopback ?? [];
  const links = linksOf(lab).flatMap((l) => [l.a, l.b].filter((end) => end.host === host));
  const devices = await devicesOf(lab, host);
  const all = [...loopback, ...links.flatMap((end) => addressesOf(devices.get(end.device)))].map(
    (a) => a.split("/")[0]!,
  );
  const found = all.find((a) => a.includes(":")) ?? all[0];
  if (found === undefined)
    throw new LabError("fault-failed", hostRoot(lab, host), "it has no address", "run lab up again");
  return found;
}
