// A signed tree on real Knot servers on loopback, one process a level as on the Internet: root, `vn`, and `camau.vn` on two servers.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../support/port.ts";

const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };
const tool = (name: string, ...args: string[]) =>
  execFileSync(name, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

export const missing = ["knotd", "kzonesign", "keymgr", "unbound"].filter((name) => {
  try {
    return !tool("sh", "-c", `command -v ${name}`);
  } catch {
    return true;
  }
});

/** Where each zone is served. Networks of their own, as servers of one zone should stand. */
export const AT = { root: "127.0.0.53", vn: "127.0.1.53", ns1: "127.0.2.53", ns2: "127.0.3.53" } as const;
export const ZONE = "camau.vn";

const SOA = (mname: string) => `@ 300 SOA ${mname} hostmaster.${mname} 1 7200 600 604800 300\n`;
const ROOT_TEXT = `$ORIGIN .\n${SOA("a.root.")}@ 300 NS a.root.\na.root. 300 A ${AT.root}\nvn. 300 NS ns.vn.\nns.vn. 300 A ${AT.vn}\n`;
const NS = `ns1.${ZONE}. 300 A ${AT.ns1}\nns1.${ZONE}. 300 AAAA ::1\nns2.${ZONE}. 300 A ${AT.ns2}\n`;
const DELEGATION = `${ZONE}. 300 NS ns1.${ZONE}.\n${ZONE}. 300 NS ns2.${ZONE}.\n${NS}`;
const VN_TEXT = `$ORIGIN vn.\n${SOA("ns.vn.")}@ 300 NS ns.vn.\nns 300 A ${AT.vn}\n${DELEGATION}`;
const ZONE_TEXT = `$ORIGIN ${ZONE}.\n${SOA("ns1")}${DELEGATION}www 300 A 192.0.2.80\nwww 300 AAAA 2001:db8::80\n@ 300 CAA 0 issue "ca.example"\n`;

export class Tree {
  readonly dir = mkdtempSync(join(tmpdir(), "tree-"));
  port = 0;
  readonly hints = join(this.dir, "hints");
  readonly anchor = join(this.dir, "anchor");
  /** Key of zone transfers, in Knot's own form; without it no server gives a transfer. */
  readonly transferKey = join(this.dir, "transfer.conf");
  /** Signed text of the lowest zone. */
  signed = "";
  private readonly children: ReturnType<typeof spawn>[] = [];

  /** `zoneText` changes the lowest zone's text before it is signed. */
  async start(zoneText: (text: string) => string = (text) => text): Promise<void> {
    this.port = await freePort();
    writeFileSync(this.transferKey, tool("keymgr", "-t", "transfer", "hmac-sha256"));
    this.signed = this.sign(ZONE, zoneText(ZONE_TEXT));
    const vn = this.sign("vn", VN_TEXT + this.ds(ZONE));
    const root = this.sign(".", ROOT_TEXT + this.ds("vn"));
    writeFileSync(this.hints, `. 300 NS a.root.\na.root. 300 A ${AT.root}\n`);
    writeFileSync(this.anchor, this.ds("."));
    await Promise.all([
      this.serve("root", ".", root, [AT.root]),
      this.serve("vn", "vn", vn, [AT.vn]),
      this.serve("ns1", ZONE, this.signed, [AT.ns1, "::1"]),
      this.serve("ns2", ZONE, this.signed, [AT.ns2]),
    ]);
  }

  /** Options of the command line and of the tool that lead into this tree. */
  get way() {
    return { hints: this.hints, anchor: this.anchor, port: this.port };
  }

  /** Another text on one of the zone's servers. */
  reload(server: "ns1" | "ns2", text: string): void {
    writeFileSync(join(this.dir, server, "zone"), text);
    tool("knotc", "-b", "-f", "-s", join(this.dir, server, "knot.sock"), "zone-reload", ZONE);
  }

  /** A resolver over the tree, at 127.0.9.53 and the tree's own port. `options` go into its `server:` clause. */
  async resolver(options = ""): Promise<string> {
    const address = "127.0.9.53";
    const stub = (name: string, at: string) => `stub-zone:\n  name: "${name}"\n  stub-addr: ${at}@${this.port}\n`;
    const conf = join(this.dir, "unbound.conf");
    writeFileSync(
      conf,
      `server:\n  directory: "${this.dir}"\n  chroot: ""\n  username: ""\n  pidfile: ""\n  use-syslog: no\n  do-daemonize: no\n  interface: ${address}\n` +
        `  port: ${this.port}\n  do-not-query-localhost: no\n  trust-anchor-file: "${this.anchor}"\n${options}` +
        `${stub(".", AT.root)}${stub("vn", AT.vn)}${stub(ZONE, AT.ns1)}remote-control:\n  control-enable: no\n`,
    );
    this.children.push(spawn("unbound", ["-d", "-c", conf], { env, stdio: "ignore" }));
    await this.wait(() => this.dig(address, "vn"));
    return address;
  }

  async stop(): Promise<void> {
    const ended = this.children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (const child of this.children) child.kill();
    await Promise.all(ended);
    rmSync(this.dir, { recursive: true, force: true });
  }

  private sign(zone: string, text: string): string {
    const file = join(this.dir, `${zone}.text`);
    const out = join(this.dir, "signed");
    mkdirSync(out, { recursive: true });
    writeFileSync(file, text);
    const conf = join(this.dir, `${zone}.sign.conf`);
    writeFileSync(
      conf,
      `server:\n  rundir: "${this.dir}"\n${this.database()}policy:\n  - id: p\n    algorithm: ECDSAP256SHA256\n    rrsig-lifetime: 14d\n    rrsig-refresh: 7d\n` +
        `zone:\n  - domain: ${zone}\n    file: "${file}"\n    dnssec-signing: on\n    dnssec-policy: p\n    semantic-checks: off\n`,
    );
    tool("kzonesign", "-c", conf, "-o", out, zone);
    return readFileSync(join(out, `${zone}.text`), "utf8");
  }

  private ds(zone: string): string {
    const text = tool("keymgr", "-c", join(this.dir, `${zone}.sign.conf`), zone, "ds");
    return `${text
      .split("\n")
      .filter((line) => / 13 2 /.test(line))
      .map((line) => line.replace(/ (DS|IN DS) /, " 300 DS "))
      .join("\n")}\n`;
  }

  private async serve(id: string, zone: string, text: string, addresses: readonly string[]): Promise<void> {
    const dir = join(this.dir, id);
    mkdirSync(dir);
    writeFileSync(join(dir, "zone"), text);
    const listen = addresses.map((a) => `${a}@${this.port}`).join(", ");
    writeFileSync(
      join(dir, "knot.conf"),
      `include: ${this.transferKey}\nserver:\n  rundir: "${dir}"\n  listen: [ ${listen} ]\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n${this.database(dir)}` +
        "acl:\n  - id: transfer\n    key: transfer\n    action: transfer\n" +
        `zone:\n  - domain: ${zone}\n    file: "${join(dir, "zone")}"\n    zonefile-load: whole\n    journal-content: none\n    zonefile-sync: -1\n    semantic-checks: off\n    acl: transfer\n`,
    );
    this.children.push(spawn("knotd", ["-c", join(dir, "knot.conf")], { env, stdio: "ignore" }));
    await this.wait(() => this.dig(addresses[0]!, zone));
  }

  private database = (dir = this.dir) =>
    `database:\n  storage: "${dir}"\n  journal-db-max-size: 8M\n  kasp-db-max-size: 8M\n  timer-db-max-size: 2M\n`;

  private dig(address: string, name: string): void {
    const out = tool("kdig", "-p", String(this.port), `@${address}`, name, "SOA", "+timeout=1", "+retry=0");
    if (!/NOERROR/.test(out)) throw new Error(out);
  }

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
