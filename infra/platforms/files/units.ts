// A host's daemons as units of systemd, its directories as tmpfiles.d, its accounts as sysusers.d. Pure. The names begin with `vonggac-`, so that no
// file of a Debian package is overwritten; the package's own unit is refused beside ours.
import type { DaemonSpec, HostSpec } from "../platform.ts";
import { BOOT, type Entry, text } from "./tree.ts";

export const unitOf = (daemon: Pick<DaemonSpec, "name">): string => `vonggac-${daemon.name}.service`;

/** Debian's own units of the same programs: two of them would fight for one port. */
const DEBIAN: Record<string, string> = {
  bird: "bird.service",
  knot: "knot.service",
  unbound: "unbound.service",
  nginx: "nginx.service",
  sshd: "ssh.service",
  chrony: "chrony.service",
  postfix: "postfix@-.service",
  ulogd: "ulogd2.service",
};

/** Every unit of the host, and what they need: directories and accounts. */
export function unitFiles(host: HostSpec, volatile: readonly Entry[]): Entry[] {
  const sockets = host.forward ? [socketUnit(host)] : [];
  return [
    ...host.daemons.map((daemon) => text(`/etc/systemd/system/${unitOf(daemon)}`, unitText(host, daemon))),
    ...sockets,
    text("/etc/tmpfiles.d/vonggac.conf", tmpfiles(host, volatile)),
    ...accounts(host),
  ];
}

function unitText(host: HostSpec, daemon: DaemonSpec): string {
  const root = daemon.user === "root";
  const capabilities = (daemon.capabilities ?? []).map((c) => `CAP_${c.toUpperCase()}`).join(" ");
  const waits = daemon.role === "network" ? "network-pre.target" : "network-online.target";
  const keeps = daemon.role === "console" ? Object.entries(host.keep) : [];
  return [
    "[Unit]",
    `Description=Vong Gac: ${daemon.name} of ${host.id}`,
    `After=${waits}`,
    `Wants=${waits}`,
    ...(DEBIAN[daemon.name] ? [`Conflicts=${DEBIAN[daemon.name]}`] : []),
    "",
    "[Service]",
    `User=${daemon.user}`,
    ...(daemon.groups?.length ? [`SupplementaryGroups=${daemon.groups.join(" ")}`] : []),
    ...(root
      ? []
      : [`AmbientCapabilities=${capabilities}`, `CapabilityBoundingSet=${capabilities}`, "NoNewPrivileges=yes"]),
    ...Object.entries(daemon.env ?? {}).map(([k, v]) => `Environment=${word(`${k}=${v}`)}`),
    ...keeps.map(([path, { name }]) => `BindPaths=/var/lib/vonggac/${name}:${path}`),
    ...(daemon.prepare ?? []).map((argv) => `ExecStartPre=${argv.map(word).join(" ")}`),
    `ExecStart=${daemon.argv.map(word).join(" ")}`,
    ...(daemon.reload ? [`ExecReload=${daemon.reload.argv.map(word).join(" ")}`] : []),
    `Restart=${daemon.restart === "always" ? "always" : "no"}`,
    `StandardOutput=append:${daemon.log}`,
    "StandardError=inherit",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n");
}

/** The socket that the lab opens on the operator's machine is here one of systemd's: it too becomes descriptor 3. */
function socketUnit(host: HostSpec): Entry {
  const { daemon, port, listen = "127.0.0.1" } = host.forward!;
  const address = listen.includes(":") ? `[${listen}]` : listen;
  return text(
    `/etc/systemd/system/vonggac-${daemon}.socket`,
    `[Unit]\nDescription=Vong Gac: the screen of ${host.id}\n\n[Socket]\nListenStream=${address}:${port}\n\n[Install]\nWantedBy=sockets.target\n`,
  );
}

/** Below /run nothing outlives a restart of the machine: directories are made anew, and files copied from where they are kept. */
function tmpfiles(host: HostSpec, volatile: readonly Entry[]): string {
  const line = (type: string, path: string, mode: string, owner: string, from = "-") =>
    `${type} ${path} ${mode} ${owner.replace(":", " ")} - ${from}\n`;
  const logs = new Set(host.daemons.map((d) => d.log.slice(0, d.log.lastIndexOf("/"))));
  const made = new Set(host.directories.map((d) => d.path));
  return [
    ...[...logs].filter((path) => !made.has(path)).map((path) => line("d", path, "0755", "root:root")),
    ...host.directories.map((d) => line("d", d.path, d.mode, d.owner)),
    ...Object.entries(host.keep).flatMap(([path, { name, owner }]) => [
      line("d", `/var/lib/vonggac/${name}`, "0750", owner),
      line("d", path, "0750", owner),
    ]),
    ...volatile.map((f) => line("C+", f.path, f.mode, f.owner, `${BOOT}${f.path}`)),
  ].join("");
}

function accounts(host: HostSpec): Entry[] {
  const owners = [...host.files, ...host.directories].flatMap((f) => f.owner.split(":"));
  const own = [...new Set([...owners, ...host.daemons.map((d) => d.user)])].filter((a) => a.startsWith("vonggac-"));
  return own.length === 0
    ? []
    : [
        text(
          "/etc/sysusers.d/vonggac.conf",
          own
            .sort()
            .map((a) => `u ${a} - "Vong Gac" / /usr/sbin/nologin\n`)
            .join(""),
        ),
      ];
}

/** One word of a unit's command line (systemd.service(5), Command lines). */
const word = (raw: string): string => {
  const escaped = raw.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@%+=:,./-]+$/.test(raw) ? escaped : `"${escaped}"`;
};
