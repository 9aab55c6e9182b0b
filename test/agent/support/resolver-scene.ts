// Run inside a network namespace of its own (resolver.test.ts): a signed zone, resolvers on port 53, a rule that redirects port 53
// as a transparent proxy does, and what the check says of each. Prints one line of JSON: findings and evidence by scene.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { resolver } from "../../../agent/checks/resolver.ts";
import { makeWorld } from "../../../agent/world/index.ts";
import type { TargetOf } from "../../../protocol/target.ts";
import { Dns, ZONE } from "./dns.ts";

const OWN = { v4: "10.53.0.1", v6: "fd53::1" };
const OTHER = { v4: "10.53.0.9", v6: "fd53::9" };
const MUTE = { v4: "10.53.0.7", v6: "fd53::7" };
const ID = "resolver-id.example";
const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
const run = (tool: string, args: string[], input?: string) => execFileSync(tool, args, { env, input, stdio: "pipe" });

type Expects = TargetOf<"resolver">["expects"];
const EXPECTS: Expects = {
  address: OWN.v6,
  address4: OWN.v4,
  names: [{ name: `www.${ZONE}`, type: "A", zoneAsset: `zone:${ZONE}` }],
  bogusName: `ns1.${ZONE}`,
  ipv6OnlyName: `far.${ZONE}`,
  identity: { name: ID, text: "res1" },
  mute: [MUTE.v6, MUTE.v4],
  configured: [OWN.v6, OWN.v4],
};

const dns = new Dns();

interface Kind {
  at: { v4: string; v6: string };
  modules?: string;
  identity?: string;
  /** Lines of its `server:` clause. */
  more?: string;
}

async function unbound({ at, modules = "validator iterator", identity, more = "" }: Kind): Promise<ChildProcess> {
  const conf = join(dns.dir, `at-${at.v4}.conf`);
  writeFileSync(`${conf}.anchor`, `${dns.signed.match(/^.*\sDNSKEY\s+257 .*$/m)![0]}\n`);
  const id = identity ? `  local-zone: "${ID}." static\n  local-data: '${ID}. 0 IN TXT "${identity}"'\n` : "";
  const stub = (zone: string, address: string) =>
    `stub-zone:\n  name: ${zone}\n  stub-addr: ${address}@${dns.port}\n  stub-no-cache: yes\n`;
  writeFileSync(
    conf,
    `server:\n  directory: "${dns.dir}"\n  chroot: ""\n  username: ""\n  pidfile: ""\n  use-syslog: no\n  do-daemonize: no\n` +
      `  interface: ${at.v4}\n  interface: ${at.v6}\n  access-control: 0.0.0.0/0 allow\n  access-control: ::/0 allow\n` +
      `  do-not-query-localhost: no\n  ede: yes\n  val-bogus-ttl: 0\n  cache-max-ttl: 0\n  cache-max-negative-ttl: 0\n` +
      `  module-config: "${modules}"\n  trust-anchor-file: "${conf}.anchor"\n  private-domain: ${ZONE}\n${more}${id}` +
      `remote-control:\n  control-enable: no\n${stub(ZONE, "127.0.0.1")}${stub(`far.${ZONE}`, "::1")}`,
  );
  const child = spawn("unbound", ["-d", "-c", conf], { env, stdio: "ignore" });
  for (let tries = 0; tries < 20; tries++, await sleep(50)) {
    try {
      run("kdig", [`@${at.v4}`, ZONE, "SOA", "+timeout=1", "+retry=0"]);
      return child;
    } catch {
      // not yet
    }
  }
  throw new Error(`unbound at ${at.v4} does not answer`);
}

const out: Record<string, unknown> = {};

async function look(scene: string, expects: Partial<Expects> = {}, conf = `nameserver ${OWN.v6}\n`): Promise<void> {
  const target = { id: "t", agency: "a", agent: "a", asset: "res1-dns", everyMs: 4_000 };
  const kind = "resolver" as const;
  out[scene] = await resolver.run(
    { ...target, kind, expects: { ...EXPECTS, ...expects } },
    { ...makeWorld(), resolvConf: () => conf },
  );
}

const table = (family: string, ...lines: string[]) =>
  `table ${family} scene {\n  chain out {\n${lines.map((line) => `    ${line}\n`).join("")}  }\n}\n`;

const end = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.kill();
  });

async function play(): Promise<void> {
  const own = await unbound({ at: OWN, identity: "res1" });
  const other = await unbound({ at: OTHER, modules: "iterator" });
  await look("all is as planned");
  await look("told to ask another", {}, `nameserver ${OWN.v6}\nnameserver ${OTHER.v4}\n`);
  await look("told to ask nobody", {}, "# nothing\n");

  const redirect = (family: "ip" | "ip6", to: string) =>
    `udp dport 53 ${family} daddr != ${to} dnat ${family} to ${to}`;
  const proxy = table(
    "inet",
    "type nat hook output priority -100;",
    redirect("ip", OTHER.v4),
    redirect("ip6", OTHER.v6),
  );
  run("nft", ["-f", "-"], proxy);
  await look("port 53 redirected to a resolver that does not validate");
  run("nft", ["flush", "ruleset"]);

  await end(other);
  const twin = await unbound({ at: OTHER });
  run("nft", ["-f", "-"], proxy);
  await look("port 53 redirected to a resolver that validates as well");
  run("nft", ["flush", "ruleset"]);
  await end(twin);

  run("nft", ["-f", "-"], table("ip", "type filter hook output priority 0;", "udp dport 53 drop"));
  await look("silent over IPv4");
  run("nft", ["flush", "ruleset"]);
  await end(own);

  const four = await unbound({ at: OWN, identity: "res1", more: "  do-ip6: no\n" }).catch(() => undefined);
  if (!four) throw new Error("the resolver without IPv6 does not start");
  // It listens over IPv4 alone then; the check is told so, to see what lies behind.
  await look("a resolver without IPv6", { address: OWN.v4, address4: undefined as never });
  await end(four);
}

const addresses = [OWN, OTHER, MUTE].flatMap(({ v4, v6 }) => [
  `addr add ${v4}/32 dev lo`,
  `addr add ${v6}/128 dev lo nodad`,
]);
run("ip", ["-batch", "-"], ["link set lo up", ...addresses, ""].join("\n"));
try {
  // `far` stands in the zone like any name; only the resolver's way to it is by IPv6 alone.
  await dns.start((text) => `${text}far 300 A 192.0.2.81\n`);
  dns.serve(dns.signed.replace(/(ns1\S*\s+\d+\s+A\s+)192\.0\.2\.1/, "$1192.0.2.66"));
  await play();
  process.stdout.write(`${JSON.stringify(out)}\n`);
} finally {
  await dns.stop();
}
