// What the engine is told of a host and a link: the platform's specs made small. The engine writes every input of every
// resource into its state at each step (about 50 ms a resource at a thousand), so a text travels as its hash and lies
// once in the state folder (content.ts); a secret travels as its name and fingerprint and lies in the vault. Pure.
import { createHash } from "node:crypto";
import type { DaemonSpec, FileSpec, HostSpec, LinkEnd, LinkSpec } from "../platform.ts";

/** `sha256:<hex> <mode> <owner>` or `vault:<name> <fingerprint> <mode> <owner>`: one line, so that a preview reads well. */
export type FileLine = string;

export interface HostInputs {
  host: string;
  loopback: string[];
  sysctls: Record<string, string>;
  bridges: HostSpec["bridges"];
  /** Hash of the ruleset's text. */
  nftables?: string;
  directories: Record<string, string>;
  files: Record<string, FileLine>;
  /** By name; `order` keeps the order of start. */
  daemons: Record<string, Omit<DaemonSpec, "name"> & { order: number }>;
  runtime: boolean;
  keep: HostSpec["keep"];
  forward?: HostSpec["forward"];
  resolvers: string[];
}

export interface LinkInputs extends Omit<LinkSpec, "id"> {
  /** Its id: the engine keeps the name `id` for itself. */
  link: string;
  /** Always true in a program: what a refresh finds down is a difference that `up` mends. */
  up: boolean;
}

/** What is started once the network stands: servers with the console, and after them the agents that watch them. */
export const PHASES = ["services", "agents"] as const;
export type Phase = (typeof PHASES)[number];

/** The processes of one phase: `<host>/<daemon>` and their role. */
export interface ServicesInputs {
  phase: Phase;
  programs: Record<string, DaemonSpec["role"]>;
}

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

export type FileSource = { sha256: string } | { secret: string; fingerprint: string };
export interface FileWanted {
  source: FileSource;
  mode: string;
  owner: string;
}

const fileLine = (file: FileSpec): FileLine =>
  "text" in file.content
    ? `sha256:${sha256(file.content.text)} ${file.mode} ${file.owner}`
    : `vault:${file.content.secret} ${file.content.fingerprint} ${file.mode} ${file.owner}`;

/** Reads a FileLine back. */
export function parseFileLine(line: FileLine): FileWanted {
  const words = line.split(" ");
  const [mode, owner] = words.slice(-2) as [string, string];
  if (words[0]!.startsWith("sha256:")) return { source: { sha256: words[0]!.slice(7) }, mode, owner };
  return { source: { secret: words[0]!.slice(6), fingerprint: words[1]! }, mode, owner };
}

/** A host's inputs, and the public texts that must lie in the content folder before the engine runs. */
export function hostInputs(spec: HostSpec): { inputs: HostInputs; texts: string[] } {
  const texts = spec.files.flatMap((f) => ("text" in f.content ? [f.content.text] : []));
  if (spec.nftables !== undefined) texts.push(spec.nftables);
  const inputs: HostInputs = {
    host: spec.id,
    loopback: spec.loopback,
    sysctls: spec.sysctls,
    bridges: spec.bridges,
    ...(spec.nftables !== undefined && { nftables: sha256(spec.nftables) }),
    directories: Object.fromEntries(spec.directories.map((d) => [d.path, `${d.mode} ${d.owner}`])),
    files: Object.fromEntries(spec.files.map((f) => [f.path, fileLine(f)])),
    daemons: Object.fromEntries(spec.daemons.map(({ name, ...d }, order) => [name, { ...sharingClock(d), order }])),
    runtime: spec.runtime,
    keep: spec.keep,
    ...(spec.forward && { forward: spec.forward }),
    resolvers: spec.resolvers,
  };
  return { inputs, texts };
}

/** All hosts of a lab have the machine's own clock: no daemon may set it. */
function sharingClock({ onSharedClock, capabilities, ...daemon }: Omit<DaemonSpec, "name">): Omit<DaemonSpec, "name"> {
  const kept = capabilities?.filter((c) => c !== "sys_time");
  return { ...daemon, argv: [...daemon.argv, ...(onSharedClock ?? [])], ...(kept && { capabilities: kept }) };
}

/** A lab's kernel need not know WireGuard: a tunnel is a plain line here, and its keys stay in the vault. */
const plain = ({ tunnel: _, ...end }: LinkEnd): LinkEnd => end;

export const linkInputs = ({ id, a, b }: LinkSpec): LinkInputs => ({ link: id, a: plain(a), b: plain(b), up: true });

/** Undefined for what makes the network: that is started with its host. */
export const phaseOf = (role: DaemonSpec["role"]): Phase | undefined =>
  role === "network" ? undefined : role === "agent" ? "agents" : "services";

/** Every process of a phase, over all hosts; those that make the network are started with their hosts. */
export const servicesInputs = (hosts: readonly HostSpec[], phase: Phase): ServicesInputs => ({
  phase,
  programs: Object.fromEntries(
    hosts
      .flatMap((host) =>
        host.daemons.filter((d) => phaseOf(d.role) === phase).map((d) => [`${host.id}/${d.name}`, d.role] as const),
      )
      .sort(([a], [b]) => a.localeCompare(b)),
  ),
});
