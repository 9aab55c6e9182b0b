// The text of the script that starts one daemon. Pure. The process that the platform starts is the process that the
// script becomes: its number, written before anything else, is the daemon's or its supervisor's.
import { posix } from "node:path";
import { quote } from "./exec.ts";
import type { HostInputs } from "./model.ts";

export type Daemon = HostInputs["daemons"][string];

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Starts the command again a second after its end, for as long as it is not told to stop. One that ends with an error of its
 * own, and not by a signal, waits twice as long each time, up to half a minute: what cannot start must not eat the machine.
 */
const SUPERVISE = `trap 'trap "" TERM; kill "$child" 2>/dev/null; wait; exit 0' TERM
delay=1
while :; do "$@" & child=$!; wait "$child"; code=$?
if [ "$code" -gt 0 ] && [ "$code" -lt 128 ]; then next=$((delay * 2)); [ "$next" -gt 30 ] && next=30; else delay=1; next=1; fi
sleep "$delay" & child=$!; wait "$child"; delay=$next; done`;

/** argv as the daemon's account, with the capabilities that it keeps and no way to more. */
export function asAccount(
  daemon: Pick<Daemon, "user" | "groups" | "capabilities" | "env">,
  argv: readonly string[],
): string[] {
  const env = { PATH, LANG: "C.UTF-8", HOME: "/", ...daemon.env };
  const command = ["env", "-i", ...Object.entries(env).map(([k, v]) => `${k}=${v}`), ...argv];
  // A daemon that starts as root (sshd, nginx) gives up its rights by itself and needs them to do so.
  if (daemon.user === "root") return command;
  const kept = (daemon.capabilities ?? []).map((c) => `,+${c}`).join("");
  const groups = daemon.groups?.length ? [`--groups=${daemon.groups.join(",")}`] : ["--init-groups"];
  return [
    "setpriv",
    `--reuid=${daemon.user}`,
    `--regid=${daemon.user}`,
    ...groups,
    `--inh-caps=-all${kept}`,
    `--ambient-caps=-all${kept}`,
    `--bounding-set=-all${kept}`,
    "--no-new-privs",
    "--",
    ...command,
  ];
}

/** The start script of a daemon whose host's notes (the `enter` script, process ids) lie in `notes`. */
export function launchScript(host: string, name: string, daemon: Daemon, notes: string): string {
  const command = asAccount(daemon, daemon.argv);
  const kept = daemon.restart === "always" ? ["/bin/sh", "-c", SUPERVISE, `supervise-${name}`, ...command] : command;
  return [
    "#!/bin/sh",
    `# ${name} of ${host}, inside its namespace`,
    `echo $$ > ${quote(posix.join(notes, `${name}.pid`))}`,
    `exec ${[posix.join(notes, "enter"), ...kept].map(quote).join(" ")}`,
    "",
  ].join("\n");
}
