// Somebody on the Internet tries passwords on a host's SSH server: the real OpenSSH client, wrong passwords, at most 30
// connections within at most 60 s.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { quote } from "../exec.ts";
import { namespaceOf, notesDir } from "../names.ts";
import { hostsOf } from "../notes.ts";
import { daemonOf } from "./assets.ts";
import { addressOf, attackerOf, endIn, startIn } from "./attacker.ts";
import type { Fault } from "./fault.ts";

const CONNECTIONS = 30;
const SECONDS = 60;

export const sshBruteforce: Fault = {
  name: "ssh-bruteforce",
  targets: "host",
  candidates: (lab) => hostsOf(lab).filter((host) => daemonOf(lab, host, "sshd")),
  expects: (_, host) => ({ incident: `intrusion ${host}`, withinMs: 20_000 }),
  async inject(lab, host) {
    const attacker = attackerOf(lab, host);
    const address = await addressOf(lab, host);
    const askpass = join(notesDir(lab, attacker), "wrong-password");
    writeFileSync(askpass, "#!/bin/sh\necho wrong-$$\n", { mode: 0o755 });
    const env = { HOME: "/nonexistent", SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force" };
    const argv = ["timeout", String(SECONDS), "sh", "-c", attack(address)];
    const injectedAt = Date.now();
    return { injectedAt, facts: await startIn(namespaceOf(lab, attacker), argv, env) };
  },
  undo: (_lab, _host, injected) => endIn(injected),
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
