/**
 * Knot and BIND as authorities for zones that were signed and broken before, and Unbound as the recursive server (not
 * validating) that delv needs to ask. Child processes of this one, with files in a folder of the run.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TYPE } from "../../../../agent/wire/dns/index.ts";
import { ask } from "../../../../agent/wire/dns-ask.ts";
import { exchangeTcp } from "../../../../agent/world/connect.ts";
import { exchangeUdp } from "../../../../agent/world/datagram.ts";
import type { ServerAddresses } from "../zones/content.ts";
import type { Zone } from "../zones/zone.ts";

/** A daemon of ours: stopped by its process, never by a name. */
export class Daemon {
  private readonly child: ChildProcess;
  private readonly log: string;

  constructor(command: string, args: readonly string[], folder: string) {
    this.log = join(folder, "log");
    const log = openSync(this.log, "a");
    this.child = spawn(command, args, { stdio: ["ignore", log, log] });
    this.child.on("error", () => undefined);
  }

  /** Waits until it answers for a name of its own, or throws with the end of its log. */
  async ready(address: string, name: string, recursive: boolean): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      const answer = await ask({ name, type: TYPE.SOA, recursive }, transport(address, 200));
      if (answer.ok && (answer.message.authoritative || recursive)) return;
      if (this.child.exitCode !== null) break;
      await sleep(50);
    }
    throw new Error(
      `${this.child.spawnfile} does not answer for ${name}: ${readFileSync(this.log, "utf8").slice(-800)}`,
    );
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) return;
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGTERM");
    const patience = sleep(3_000).then(() => this.child.kill("SIGKILL"));
    await Promise.race([gone, patience]);
    await gone;
  }
}

function transport(address: string, timeoutMs: number) {
  const to = { address, port: 53 };
  return {
    udp: (query: Uint8Array, fits: (answer: Uint8Array) => boolean) => exchangeUdp(to, query, fits, timeoutMs),
    tcp: (query: Uint8Array) => exchangeTcp(to, query, timeoutMs),
    random16: () => Math.floor(Math.random() * 0x1_0000),
  };
}

/** Which of these zones a server really serves with authority. */
export async function servedZones(zones: readonly Zone[], address: string): Promise<Set<string>> {
  const out = new Set<string>();
  for (const { apex } of zones) {
    const answer = await ask({ name: apex, type: TYPE.SOA, recursive: false }, transport(address, 500));
    if (answer.ok && answer.message.authoritative && answer.message.rcode === 0) out.add(apex);
  }
  return out;
}

function writeZones(folder: string, zones: readonly Zone[]): { apex: string; file: string }[] {
  mkdirSync(folder, { recursive: true });
  return zones.map((zone, i) => {
    const file = join(folder, `z${i}.zone`);
    writeFileSync(file, zone.text(), "latin1");
    return { apex: zone.apex, file };
  });
}

/** Knot with these zones; those named in `open` may be transferred by anybody. */
export function startKnot(
  folder: string,
  { v4, v6 }: ServerAddresses,
  zones: readonly Zone[],
  open: readonly string[] = [],
): Daemon {
  const files = writeZones(folder, zones);
  const conf = `server:
    rundir: "${folder}"
    listen: [ ${v4}@53, ${v6}@53 ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "${folder}"
    journal-db-max-size: 20M
    kasp-db-max-size: 20M
    timer-db-max-size: 5M
acl:
  - id: anybody
    address: [ 0.0.0.0/0, ::/0 ]
    action: transfer
template:
  - id: default
    semantic-checks: off
    journal-content: none
    zonefile-load: whole
    zonefile-sync: -1
zone:
${files.map(({ apex, file }) => `  - domain: "${apex}"\n    file: "${file}"${open.includes(apex) ? "\n    acl: anybody" : ""}`).join("\n")}
`;
  writeFileSync(join(folder, "knot.conf"), conf);
  return new Daemon("knotd", ["-c", join(folder, "knot.conf")], folder);
}

export function startBind(folder: string, { v4, v6 }: ServerAddresses, zones: readonly Zone[]): Daemon {
  const files = writeZones(folder, zones);
  const conf = `options {
    directory "${folder}";
    pid-file none;
    lock-file none;
    session-keyfile none;
    managed-keys-directory "${folder}";
    listen-on port 53 { ${v4}; };
    listen-on-v6 port 53 { ${v6}; };
    recursion no;
    minimal-responses yes;
    dnssec-validation no;
    notify no;
    check-names primary ignore;
};
controls { };
${files
  .map(
    ({ apex, file }) =>
      `zone "${apex}" { type primary; file "${file}"; check-integrity no; check-sibling no; check-mx ignore; };`,
  )
  .join("\n")}
`;
  writeFileSync(join(folder, "named.conf"), conf);
  return new Daemon("named", ["-g", "-n", "1", "-c", join(folder, "named.conf")], folder);
}

/** Unbound as a recursive server without anchors: it fetches, and judges nothing. */
export function startRecursor(folder: string, address: string, hints: string): Daemon {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "unbound.conf"),
    `server:
    directory: "${folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    do-daemonize: no
    interface: ${address}
    access-control: 0.0.0.0/0 allow
    root-hints: "${hints}"
    module-config: "validator iterator"
    edns-buffer-size: 1232
remote-control:
    control-enable: no
`,
  );
  return new Daemon("unbound", ["-d", "-p", "-c", join(folder, "unbound.conf")], folder);
}
