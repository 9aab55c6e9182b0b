// A part of a deployment as namespaces of this test alone: addresses, lines, firewalls and BIRD, without the engine and without
// other daemons. For what must be broken or told lies. May touch: namespaces and processes that it made, a folder of its own.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askBird } from "../../infra/platforms/lab/bird.ts";
import type { Deployment, HostSpec, LinkSpec } from "../../infra/platforms/platform.ts";

const TOOLS = ["bird", "birdc", "nft", "ip", "nsenter"];
const found = (tool: string) => ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((d) => existsSync(join(d, tool)));

/** Why such a network cannot be had here, or false. */
export const whyNoNet: string | false =
  process.getuid?.() !== 0
    ? "needs root: network namespaces"
    : TOOLS.every(found)
      ? false
      : `not installed: ${TOOLS.filter((t) => !found(t)).join(", ")}`;

export interface SmallNet {
  /** The namespace of a host. */
  namespace(host: string): string;
  /** Runs a command in a host's network; its standard output. Throws what it wrote when it fails. */
  exec(host: string, ...argv: string[]): string;
  /** Starts a process in a host's network, ended with the net. */
  start(host: string, ...argv: string[]): void;
  /** A command to a host's BIRD. */
  birdc(host: string, command: string): Promise<string[]>;
  /** Gives a host's BIRD another text, with no session lost that need not be. */
  reconfigure(host: string, text: string): Promise<void>;
  birdText(host: string): string;
  close(): Promise<void>;
}

/** Brings these hosts up, with the lines that both ends of are among them. */
export async function openNet(deployment: Deployment, ids: readonly string[]): Promise<SmallNet> {
  const folder = mkdtempSync(join(tmpdir(), "small-net-"));
  const mark = `vt${process.pid}`;
  const namespace = (host: string) => `${mark}-${host}`;
  const hosts = deployment.hosts.filter((h) => ids.includes(h.id));
  const links = deployment.links.filter((l) => ids.includes(l.a.host) && ids.includes(l.b.host));
  const children = new Set<ReturnType<typeof spawn>>();
  const file = (host: string, name: string) => join(folder, host, name);
  const enter = (host: string) => ["nsenter", `--net=/run/netns/${namespace(host)}`];
  const exec = (host: string, ...argv: string[]) => {
    const [command, ...rest] = [...enter(host), ...argv];
    return execFileSync(command!, rest, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  };
  const start = (host: string, ...argv: string[]) => {
    const [command, ...rest] = [...enter(host), ...argv];
    children.add(spawn(command!, rest, { stdio: "ignore" }));
  };
  ipBatch(hosts.map((h) => `netns add ${namespace(h.id)}`));
  ipBatch(links.map(({ a, b }) => veth(a, b, namespace)));
  for (const host of hosts) {
    mkdirSync(join(folder, host.id));
    const script = setUp(host, links);
    execFileSync("nsenter", [`--net=/run/netns/${namespace(host.id)}`, "sh", "-e"], { input: script });
    if (host.nftables !== undefined)
      execFileSync("nsenter", [`--net=/run/netns/${namespace(host.id)}`, "nft", "-f", "-"], { input: host.nftables });
    const bird = host.files.find((f) => f.path === "/etc/bird/bird.conf");
    if (!bird || !("text" in bird.content)) continue;
    writeFileSync(file(host.id, "bird.conf"), bird.content.text);
    start(host.id, "bird", "-f", "-c", file(host.id, "bird.conf"), "-s", file(host.id, "bird.ctl"));
  }
  const birdc = (host: string, command: string) => askBird(file(host, "bird.ctl"), command, 5_000);
  return {
    namespace,
    exec,
    start,
    birdc,
    birdText: (host) => readFileSync(file(host, "bird.conf"), "utf8"),
    async reconfigure(host, text) {
      writeFileSync(file(host, "bird.conf"), text);
      const said = (await birdc(host, "configure")).join("\n");
      if (!/Reconfigur|in progress/.test(said)) throw new Error(`${host}: ${said}`);
    },
    async close() {
      const ended = [...children].map((c) => (c.exitCode === null ? new Promise((r) => c.once("exit", r)) : undefined));
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(ended);
      await sleep(50);
      ipBatch(hosts.map((h) => `netns del ${namespace(h.id)}`));
      rmSync(folder, { recursive: true });
    },
  };
}

const ipBatch = (lines: string[]) =>
  execFileSync("ip", ["-force", "-batch", "-"], { input: `${lines.join("\n")}\n`, stdio: ["pipe", "ignore", "pipe"] });

const veth = (a: LinkSpec["a"], b: LinkSpec["b"], namespace: (host: string) => string) =>
  `link add ${a.device} netns ${namespace(a.host)} type veth peer name ${b.device} netns ${namespace(b.host)}`;

function setUp(host: HostSpec, links: LinkSpec[]): string {
  const ends = links.flatMap((l) => [l.a, l.b]).filter((e) => e.host === host.id);
  const add = (address: string, device: string) =>
    `ip addr add ${address} dev ${device}${address.includes(":") ? " nodad" : ""}`;
  return [
    ...Object.entries(host.sysctls).map(([k, v]) => `echo "${v}" > /proc/sys/net/${k}`),
    "ip link set lo up",
    ...host.loopback.map((a) => add(a, "lo")),
    ...host.bridges.flatMap((b) => [
      `ip link add ${b.device} type bridge stp_state 0 mcast_snooping 0`,
      ...b.addresses.map((a) => add(a, b.device)),
      `ip link set ${b.device} up`,
    ]),
    ...ends.flatMap((e) => [
      ...(e.bridge === undefined ? [] : [`ip link set ${e.device} master ${e.bridge}`]),
      ...e.addresses.map((a) => add(a, e.device)),
      `ip link set ${e.device} up`,
      ...e.routes.map((r) => `ip route add ${r.to} via ${r.via}`),
    ]),
    "",
  ].join("\n");
}
