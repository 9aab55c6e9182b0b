// The platform `files`: everything that each host of a deployment needs, as a tree that an engineer copies, looks through, or puts under version
// control. The texts are the very ones that the lab runs (the deployment's); what the lab does by commands is here a file of systemd's.
// Rules:
//   - One folder a host: `root/` is laid over the host's own root; `manifest.json` says owner, mode and reload of each file.
//   - A secret is a name and a fingerprint in the manifest, and no file, unless secrets are asked for.
//   - The same deployment gives the same tree, byte for byte; a tree of ours is replaced whole, another folder is never touched.

import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { INTERNET_DEVICE } from "../../render/nft-tunnel.ts";
import type { Deployment, HostSpec } from "../platform.ts";
import { FilesError } from "./errors.ts";
import { networkFiles, type OwnEnd } from "./network.ts";
import { type Entry, keptAt } from "./tree.ts";
import { unitFiles, unitOf } from "./units.ts";

const MANIFEST = "manifest.json";
const FORMAT = "vonggac-files-1";

export interface FilesOptions {
  /** The folder; made when it is not there. */
  out: string;
  /** Gives a secret's bytes by its name in the vault; without it secrets stay references. */
  secret?: (name: string) => Uint8Array;
}

/** Writes the tree of a deployment. Throws `out-not-ours`, `secret-missing`. */
export function writeTree(whole: Deployment, options: FilesOptions): { hosts: number; files: number; secrets: number } {
  const deployment = withoutStandIns(whole);
  claim(options.out);
  // First, so that a tree that was left half written is known as ours.
  writeJson(join(options.out, MANIFEST), {
    format: FORMAT,
    province: deployment.province,
    hosts: deployment.hosts.map((h) => h.id),
    lines: deployment.links.map(({ id, a, b }) => ({ id, ends: [a, b].map((e) => `${e.host} ${e.device}`) })),
  });
  const counts = { hosts: 0, files: 0, secrets: 0 };
  for (const host of deployment.hosts) {
    const ends = endsOf(deployment, host.id);
    const entries = entriesOf(host, ends);
    for (const entry of entries) if (writeEntry(options, host.id, entry)) counts.files++;
    counts.secrets += entries.filter((e) => "secret" in e.content).length;
    writeJson(join(options.out, host.id, MANIFEST), manifestOf(host, ends, entries));
    counts.hosts++;
  }
  return counts;
}

/** Where machines are real, so are the devices that are not ours, and nothing is made of them. */
function withoutStandIns(deployment: Deployment): Deployment {
  const bare = new Set(deployment.hosts.filter((h) => h.standIn).map((h) => h.id));
  const isReal = ({ host }: { host: string }) => !bare.has(host);
  return {
    ...deployment,
    hosts: deployment.hosts.filter((h) => !bare.has(h.id)),
    links: deployment.links.filter(({ a, b }) => isReal(a) && isReal(b)),
  };
}

/** Everything that lies on the host, in the order of its paths. */
export function entriesOf(host: HostSpec, ends: readonly OwnEnd[]): Entry[] {
  const volatile = host.files.filter((f) => keptAt(f.path) !== f.path);
  return [...host.files, ...networkFiles(host, ends), ...unitFiles(host, volatile)].sort((x, y) =>
    x.path < y.path ? -1 : 1,
  );
}

const endsOf = ({ links }: Deployment, host: string): OwnEnd[] =>
  links.flatMap((l) => [l.a, l.b].filter((e) => e.host === host).map((e) => ({ ...e, link: l.id })));

/** False for a secret that stays a reference. */
function writeEntry({ out, secret }: FilesOptions, host: string, { path, content, mode }: Entry): boolean {
  if ("secret" in content && !secret) return false;
  const file = join(out, host, "root", keptAt(path));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "text" in content ? content.text : bytesOf(secret!, content.secret), { mode: 0o600 });
  // Owners are the manifest's word: the tree is written by whoever asked for it. What is readable there is readable here.
  chmodSync(file, "secret" in content ? 0o600 : Number.parseInt(mode, 8));
  return true;
}

function bytesOf(secret: NonNullable<FilesOptions["secret"]>, name: string): Uint8Array {
  try {
    return secret(name);
  } catch (error) {
    throw new FilesError("secret-missing", name, (error as Error).message, "run lab up once, which makes it");
  }
}

/** What an engineer (or a program) must know to lay the tree over a host. */
function manifestOf(host: HostSpec, ends: readonly OwnEnd[], entries: readonly Entry[]) {
  return {
    format: FORMAT,
    host: host.id,
    /** The project's code is needed at /opt/vonggac. */
    runtime: host.runtime,
    files: entries.map(({ path, content, mode, owner }) => ({
      path: keptAt(path),
      ...(keptAt(path) !== path && { copiedTo: path }),
      mode,
      owner,
      ...("text" in content
        ? { sha256: createHash("sha256").update(content.text).digest("hex") }
        : { secret: content.secret, fingerprint: content.fingerprint }),
    })),
    /** A device bears this name once a .link file (systemd.link(5)) of the host's own hardware gives it. */
    devices: [
      ...ends.filter((e) => !e.tunnel).map(({ device, link }) => ({ device, link })),
      ...ends
        .filter((e) => e.tunnel && "endpoint" in e.tunnel.port)
        .slice(0, 1)
        .map(() => ({ device: INTERNET_DEVICE, link: "internet" })),
    ],
    units: host.daemons.map((daemon) => ({
      unit: unitOf(daemon),
      role: daemon.role,
      reloadWhenChanged: daemon.reload?.files ?? [],
      restartWhenChanged: daemon.files.filter((f) => !daemon.reload?.files.includes(f)),
    })),
    apply: [
      "systemd-sysusers",
      "systemd-tmpfiles --create",
      "sysctl --system",
      ...(host.nftables === undefined ? [] : ["nft -c -f /etc/nftables.conf", "systemctl enable --now nftables"]),
      "networkctl reload",
      "systemctl daemon-reload",
      ...(host.forward ? [`systemctl enable --now vonggac-${host.forward.daemon}.socket`] : []),
      ...host.daemons.map((daemon) => `systemctl enable --now ${unitOf(daemon)}`),
    ],
  };
}

const writeJson = (file: string, value: unknown): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
};

/** Takes the folder, if it is empty or holds a tree of ours, which goes. Throws `out-not-ours`. */
function claim(out: string): void {
  if (existsSync(out) && readdirSync(out).length > 0 && formatOf(out) !== FORMAT)
    throw new FilesError(
      "out-not-ours",
      out,
      "not empty, and no tree of ours",
      "give an empty folder, or one that is not there",
    );
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
}

function formatOf(out: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(out, MANIFEST), "utf8")) as { format?: unknown }).format;
  } catch {
    return undefined;
  }
}
