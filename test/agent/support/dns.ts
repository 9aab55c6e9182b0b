// A signed zone on a real Knot DNS, and a real Unbound in front of it, on ports of loopback.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { World } from "../../../agent/check.ts";
import { exchangeTcp } from "../../../agent/world/connect.ts";
import { exchangeUdp } from "../../../agent/world/datagram.ts";
import { freePort } from "../../support/port.ts";

export const ZONE = "camau.example";
const ZONE_TEXT = `$ORIGIN ${ZONE}.
@ 300 SOA ns1 hostmaster 1 3600 600 86400 300
@ 300 NS ns1
ns1 300 A 192.0.2.1
www 300 A 192.0.2.80
www 300 AAAA 2001:db8::80
big 300 TXT ${Array.from({ length: 8 }, (_, i) => `"${String(i).repeat(200)}"`).join(" ")}
`;

export const missing = ["knotd", "kzonesign", "knotc", "unbound"].filter((tool) => {
  try {
    execFileSync("sh", ["-c", `PATH=$PATH:/usr/sbin command -v ${tool}`]);
    return false;
  } catch {
    return true;
  }
});
const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };

const PATIENCE_MS = 20_000;

export class Dns {
  readonly dir = mkdtempSync(join(tmpdir(), "dns-"));
  port = 0;
  resolverPort = 0;
  signed = "";
  private children: ChildProcess[] = [];

  /** Signs the zone and serves it; `edit` changes its text before. */
  async start(edit = (text: string) => text): Promise<void> {
    this.port = await freePort();
    mkdirSync(join(this.dir, "zones"));
    writeFileSync(join(this.dir, "zones", `${ZONE}.zone`), edit(ZONE_TEXT));
    writeFileSync(join(this.dir, "sign.conf"), this.config("dnssec-signing: on"));
    this.run("kzonesign", "-c", join(this.dir, "sign.conf"), "-o", this.dir, ZONE);
    this.signed = readFileSync(join(this.dir, `${ZONE}.zone`), "utf8");
    writeFileSync(join(this.dir, "zones", `${ZONE}.zone`), this.signed);
    writeFileSync(join(this.dir, "knot.conf"), this.config("dnssec-signing: off"));
    this.children.push(spawn("knotd", ["-c", join(this.dir, "knot.conf")], { env, stdio: "ignore" }));
    await this.wait(() => this.knotc("zone-status", ZONE));
  }

  /** Serves another text of the zone. */
  serve(text: string): void {
    writeFileSync(join(this.dir, "zones", `${ZONE}.zone`), text);
    // Blocking: without it the next question may still find the old text.
    this.knotc("-b", "-f", "zone-reload", ZONE);
  }

  /** A resolver that forwards the zone to Knot and trusts its keys. */
  async startResolver(modules = "validator iterator"): Promise<ChildProcess> {
    this.resolverPort = await freePort();
    const anchor = this.signed.match(/^.*\sDNSKEY\s+257 .*$/m)![0];
    const conf = join(this.dir, `unbound-${this.resolverPort}.conf`);
    writeFileSync(`${conf}.anchor`, `${anchor}\n`);
    writeFileSync(
      conf,
      `server:\n  directory: "${this.dir}"\n  chroot: ""\n  username: ""\n  pidfile: ""\n  use-syslog: no\n  do-daemonize: no\n` +
        `  interface: 127.0.0.1\n  port: ${this.resolverPort}\n  do-not-query-localhost: no\n  ede: yes\n  val-bogus-ttl: 0\n` +
        `  cache-max-ttl: 0\n  cache-max-negative-ttl: 0\n  module-config: "${modules}"\n  trust-anchor-file: "${conf}.anchor"\n` +
        `  private-domain: ${ZONE}\nstub-zone:\n  name: ${ZONE}\n  stub-addr: 127.0.0.1@${this.port}\n  stub-no-cache: yes\nremote-control:\n  control-enable: no\n`,
    );
    const child = spawn("unbound", ["-d", "-c", conf], { env, stdio: "ignore" });
    this.children.push(child);
    await this.wait(() =>
      execFileSync("kdig", ["-p", String(this.resolverPort), "@127.0.0.1", ZONE, "SOA", "+timeout=1", "+retry=0"]),
    );
    return child;
  }

  /**
   * Sends what is meant for port 53 of loopback to `port`; other addresses are out of reach, and say so at once. A server that is there
   * is waited for: on a loaded machine it may not run within the two seconds that a check has, and was then called unreachable.
   */
  doors(port: () => number): Pick<World, "exchangeUdp" | "exchangeTcp"> {
    const at = (address: string) => ({ address, port: ["127.0.0.1", "::1"].includes(address) ? port() : 9 });
    return {
      exchangeUdp: (to, query, accepts) => exchangeUdp(at(to.address), query, accepts, PATIENCE_MS),
      exchangeTcp: (to, query) => exchangeTcp(at(to.address), query, PATIENCE_MS),
    };
  }

  async stop(): Promise<void> {
    const ended = this.children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (const child of this.children) child.kill();
    await Promise.all(ended);
    rmSync(this.dir, { recursive: true });
  }

  private config(signing: string): string {
    const listen = this.port ? `  listen: [ 127.0.0.1@${this.port}, ::1@${this.port} ]\n` : "";
    return (
      `server:\n  rundir: "${this.dir}"\n${listen}  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n` +
      `log:\n  - target: "${this.dir}/knot.log"\n    any: info\ndatabase:\n  storage: "${this.dir}"\n  journal-db-max-size: 8M\n  kasp-db-max-size: 8M\n  timer-db-max-size: 2M\n` +
      `policy:\n  - id: p\n    algorithm: ECDSAP256SHA256\n    rrsig-lifetime: 10d\n    rrsig-refresh: 2d\n` +
      `zone:\n  - domain: ${ZONE}\n    storage: "${this.dir}/zones"\n    file: "%s.zone"\n    zonefile-load: whole\n    journal-content: none\n    zonefile-sync: -1\n    dnssec-policy: p\n    ${signing}\n    semantic-checks: off\n`
    );
  }

  private knotc = (...args: string[]) => this.run("knotc", "-b", "-s", join(this.dir, "knot.sock"), ...args);
  private run = (tool: string, ...args: string[]) =>
    execFileSync(tool, args, { env, stdio: ["ignore", "pipe", "pipe"] });

  private async wait(works: () => unknown): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        works();
        return;
      } catch (error) {
        if (tries > 60) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}
