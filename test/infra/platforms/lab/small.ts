// A deployment of three hosts for tests of the platform and the engine: two routers with real BIRD and eBGP in both
// families, and a server behind the second with a forwarded socket, a durable folder and a secret.
import type { Deployment, HostSpec, LinkSpec } from "../../../../infra/platforms/platform.ts";
import type { Topology } from "../../../../infra/topology.ts";

const ROUTER_SYSCTLS = {
  "ipv4/conf/all/forwarding": "1",
  "ipv6/conf/all/forwarding": "1",
  "ipv6/conf/all/accept_dad": "0",
  "ipv6/conf/default/accept_dad": "0",
  "ipv6/conf/all/keep_addr_on_down": "1",
};

export const birdConf = (n: 1 | 2, extra = ""): string => `router id 10.9.0.${n};
log stderr all;
protocol device { }
protocol direct { ipv4; ipv6; interface "lo", "c1"; }
protocol kernel k4 { ipv4 { import none; export all; }; }
protocol kernel k6 { ipv6 { import none; export all; }; }
protocol bgp peer4 { local 10.9.1.${n - 1} as ${64600 + n}; neighbor 10.9.1.${2 - n} as ${64603 - n}; connect delay time 1; error wait time 1,3; hold time 9; ipv4 { import all; export all; }; }
protocol bgp peer6 { local 2001:db8:99::${n - 1} as ${64600 + n}; neighbor 2001:db8:99::${2 - n} as ${64603 - n}; connect delay time 1; error wait time 1,3; hold time 9; ipv6 { import all; export all; }; }
${extra}`;

const router = (n: 1 | 2): HostSpec => ({
  id: `r${n}`,
  loopback: [`10.9.0.${n}/32`, `2001:db8:90::${n}/128`],
  sysctls: ROUTER_SYSCTLS,
  bridges: [],
  directories: [{ path: "/run/bird", mode: "0755", owner: "bird:bird" }],
  files: [{ path: "/etc/bird/bird.conf", content: { text: birdConf(n) }, mode: "0640", owner: "root:bird" }],
  daemons: [
    {
      name: "bird",
      argv: [
        "/usr/sbin/bird",
        "-f",
        "-u",
        "bird",
        "-g",
        "bird",
        "-c",
        "/etc/bird/bird.conf",
        "-s",
        "/run/bird/bird.ctl",
      ],
      prepare: [["/usr/sbin/bird", "-p", "-c", "/etc/bird/bird.conf"]],
      user: "root",
      restart: "once",
      files: ["/etc/bird/bird.conf"],
      reload: { files: ["/etc/bird/bird.conf"], argv: ["/usr/sbin/birdc", "configure"] },
      log: "/var/log/bird.out",
      role: "network",
    },
    ...(n === 2 ? [agent()] : []),
  ],
  runtime: n === 2,
  keep: {},
  resolvers: [`10.9.0.${n}`],
});

/** Stands for an agent: says who it is and what it may, then waits. */
const agent = (): HostSpec["daemons"][number] => ({
  name: "agent",
  argv: [
    "/bin/sh",
    "-c",
    'id -un; grep -E "CapEff|CapBnd|NoNewPrivs" /proc/self/status; test -r /opt/vonggac/package.json && echo code; exec sleep 600',
  ],
  user: "vonggac-agent",
  capabilities: ["net_bind_service"],
  restart: "always",
  files: [],
  log: "/var/log/agent.log",
  role: "agent",
});

const SERVER = `import { createServer } from "node:http";
import { appendFileSync, readFileSync } from "node:fs";
appendFileSync("/run/vonggac/record/starts", process.pid + "\\n");
createServer((_, reply) => reply.end(readFileSync("/run/vonggac/secret", "utf8") + readFileSync("/run/vonggac/watched", "utf8"))).listen({ fd: 3 });
`;

/** \`port\`: the machine's port that the server answers on. */
const server = (port: number): HostSpec => ({
  id: "c1",
  loopback: [],
  sysctls: { "ipv6/conf/all/accept_dad": "0", "ipv6/conf/default/accept_dad": "0" },
  bridges: [],
  nftables: "table inet lab {\n  chain in { type filter hook input priority 0; policy accept; }\n}\n",
  directories: [{ path: "/run/vonggac", mode: "0755", owner: "vonggac-console:vonggac-console" }],
  files: [
    { path: "/run/vonggac/server.mjs", content: { text: SERVER }, mode: "0644", owner: "root:root" },
    { path: "/run/vonggac/watched", content: { text: "one" }, mode: "0644", owner: "root:root" },
    {
      path: "/run/vonggac/secret",
      content: { secret: "test/secret", fingerprint: "f1" },
      mode: "0600",
      owner: "vonggac-console:vonggac-console",
    },
  ],
  daemons: [
    {
      name: "console",
      argv: ["/opt/vonggac/node_modules/.bin/node", "/run/vonggac/server.mjs"],
      user: "vonggac-console",
      restart: "always",
      files: ["/run/vonggac/server.mjs"],
      log: "/var/log/console.log",
      role: "console",
    },
  ],
  runtime: true,
  keep: { "/run/vonggac/record": { name: "console", owner: "vonggac-console:vonggac-console" } },
  forward: { daemon: "console", port },
  resolvers: ["10.9.0.2"],
});

const LINKS: LinkSpec[] = [
  {
    id: "r1~r2",
    a: { host: "r1", device: "r2", addresses: ["10.9.1.0/31", "2001:db8:99::/127"], routes: [] },
    b: { host: "r2", device: "r1", addresses: ["10.9.1.1/31", "2001:db8:99::1/127"], routes: [] },
  },
  {
    id: "r2~c1",
    a: { host: "r2", device: "c1", addresses: ["10.9.2.1/24", "2001:db8:98::1/64"], routes: [] },
    b: {
      host: "c1",
      device: "eth0",
      addresses: ["10.9.2.2/24", "2001:db8:98::2/64"],
      routes: [
        { to: "0.0.0.0/0", via: "10.9.2.1" },
        { to: "::/0", via: "2001:db8:98::1" },
      ],
    },
  },
];

export const smallDeployment = (port: number): Deployment => ({
  province: "small",
  hosts: [router(1), router(2), server(port)],
  links: structuredClone(LINKS),
});

/** The secret that the server's file names; put it into the vault of the test's state folder. */
export const SECRET = "a secret that no state may hold";

/** The server stands in the data centre; the routers are a redundant pair. */
export const smallTopology: Topology = {
  placeOf: (host) => (host === "c1" ? { kind: "data-centre", name: "dc1" } : { kind: "wan", name: "wan" }),
  groupOf: (host) => (host === "c1" ? undefined : "router"),
  partOf: () => "dc1",
};
