// The seam between what a province is and where it runs: a list of hosts and links, with nothing in it that only one
// platform could do. The lab, a tree of files, SSH and OpenStack implement it; the renderers know no platform.

/** A file on a host. `text` is public; `secret` names an entry of the vault, which never enters the engine's state. */
export interface FileSpec {
  /** Absolute, as the daemon sees it: /etc/bird/bird.conf. */
  path: string;
  content: { text: string } | { secret: string; fingerprint: string };
  /** Octal, e.g. "0640". */
  mode: string;
  /** "user:group" */
  owner: string;
}

export interface DaemonSpec {
  name: string;
  /** Started in this order within a host: lower first. */
  argv: string[];
  /** Run once before the first start, as `user`, idempotent: keys imported, configuration checked. */
  prepare?: string[][];
  /** Account that the process runs as; "root" where the daemon drops privileges by itself. */
  user: string;
  /** Supplementary groups, e.g. to read one log. */
  groups?: string[];
  /** Capabilities kept, e.g. "net_bind_service"; none unless listed. */
  capabilities?: string[];
  /** "once": a crash leaves it down, as a plain daemon. "always": the host's supervisor starts it again. */
  restart: "once" | "always";
  /** Arguments besides, where hosts share one machine's clock, which none of them may set; the capability to set it is not given there. */
  onSharedClock?: string[];
  /** Files whose change needs `reload` (with no session lost); a change of another of its files restarts it. */
  files: string[];
  reload?: { files: string[]; argv: string[] };
  /** Where its standard output and error go. */
  log: string;
  /** Environment besides PATH. */
  env?: Record<string, string>;
  /** What role it has for start-up order and accounting: agents start after the network stands. */
  role: "network" | "service" | "console" | "agent";
}

export interface HostSpec {
  id: string;
  /** It stands for a device that is not ours: a platform of real machines makes nothing of it. */
  standIn?: true;
  /** Address with prefix length, on loopback: "10.0.0.1/32", "2001:db8::1/128". */
  loopback: string[];
  /** Below /proc/sys/net, with slashes: "ipv4/conf/all/forwarding": "1". */
  sysctls: Record<string, string>;
  bridges: { device: string; addresses: string[] }[];
  /** nftables ruleset, or nothing. */
  nftables?: string;
  /** Empty directories that daemons need. */
  directories: { path: string; mode: string; owner: string }[];
  files: FileSpec[];
  daemons: DaemonSpec[];
  /** The project's own code is needed here, read-only at /opt/vonggac. */
  runtime: boolean;
  /** Durable directories outside the host's life: path on the host → name in the state folder (the console's record). */
  keep: Record<string, { name: string; owner: string }>;
  /** TCP sockets that the platform opens towards the operator's own machine and hands to a daemon as descriptor 3. */
  forward?: { daemon: string; port: number /** Address of that machine; 127.0.0.1 unless given. */; listen?: string };
  /** For nsswitch and resolvers: the host's own resolv.conf. */
  resolvers: string[];
}

export interface LinkEnd {
  host: string;
  /** At most 15 characters, unique on the host. */
  device: string;
  /** Put the device into this bridge instead of giving it addresses. */
  bridge?: string;
  addresses: string[];
  routes: { to: string; via: string }[];
  /** The line is a tunnel over the Internet. A platform whose kernel has none may lay a plain line instead. */
  tunnel?: TunnelEnd;
}

/** One end of a WireGuard tunnel. */
export interface TunnelEnd {
  key: { secret: string; fingerprint: string };
  /** The other end's, base64. */
  peerKey: string;
  /** What the other end may send from, and what is sent to it. */
  allowed: string[];
  /** Where this end listens, or where it finds the other. */
  port: { listen: number } | { at: number; endpoint: string };
}

export interface LinkSpec {
  id: string;
  a: LinkEnd;
  b: LinkEnd;
}

/** Everything that a platform is asked to make. */
export interface Deployment {
  province: string;
  hosts: HostSpec[];
  links: LinkSpec[];
}
