// A host's own directories and files, below its root. A file that is right already is left alone, so that no daemon sees
// a change where there is none; a changed one is put in place whole, by rename, as programs that watch it expect.
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ownerIds } from "./accounts.ts";
import { bytesOf } from "./content.ts";
import { type FileLine, type HostInputs, parseFileLine, sha256 } from "./model.ts";
import { hostRoot, type Lab } from "./names.ts";

/** Makes directories, durable ones too; a durable one lies in the state folder and outlives the host. */
export function makeDirectories(lab: Lab, inputs: HostInputs): void {
  const root = hostRoot(lab, inputs.host);
  for (const [path, line] of Object.entries(inputs.directories).sort()) {
    const [mode, owner] = line.split(" ") as [string, string];
    own(join(root, path), mode, owner);
  }
  for (const [path, { name, owner }] of Object.entries(inputs.keep)) {
    mkdirSync(join(root, path), { recursive: true });
    own(join(lab.stateDir, name), "0750", owner);
  }
}

function own(path: string, mode: string, owner: string): void {
  const { uid, gid } = ownerIds(owner);
  mkdirSync(path, { recursive: true });
  chownSync(path, uid, gid);
  chmodSync(path, Number.parseInt(mode, 8));
}

/** Writes the files whose content, mode or owner is not as wanted and gives their paths. */
export function writeFiles(lab: Lab, inputs: HostInputs): string[] {
  const changed: string[] = [];
  for (const [path, line] of Object.entries(inputs.files)) {
    if (seenFile(lab, inputs.host, path, line) === line) continue;
    const wanted = parseFileLine(line);
    place(join(hostRoot(lab, inputs.host), path), bytesOf(lab, wanted.source), wanted.mode, wanted.owner);
    changed.push(path);
  }
  return changed;
}

/** Puts a file in place whole: nobody sees half of it, or sees it with another's rights. */
export function place(path: string, bytes: Uint8Array | string, mode: string, owner: string): void {
  const { uid, gid } = ownerIds(owner);
  mkdirSync(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${process.pid}.${sha256(path).slice(0, 12)}.new`);
  writeFileSync(temporary, bytes, { mode: 0o600 });
  chownSync(temporary, uid, gid);
  chmodSync(temporary, Number.parseInt(mode, 8));
  renameSync(temporary, path);
}

export function removeFiles(lab: Lab, host: string, paths: Iterable<string>): void {
  for (const path of paths) rmSync(join(hostRoot(lab, host), path), { force: true });
}

/**
 * The line that tells what really lies there: equal to `wanted` when all is right, undefined when there is no file. The
 * bytes of a secret are compared with the vault's and only the outcome is told.
 */
export function seenFile(lab: Lab, host: string, path: string, wanted: FileLine): FileLine | undefined {
  const file = join(hostRoot(lab, host), path);
  const { source, mode, owner } = parseFileLine(wanted);
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) return undefined;
  const { uid, gid } = ownerIds(owner);
  const seenMode = `0${(statSync(file).mode & 0o7777).toString(8).padStart(3, "0")}`;
  const seenOwner = found.uid === uid && found.gid === gid ? owner : `${found.uid}:${found.gid}`;
  const bytes = readFileSync(file);
  const rights = `${Number.parseInt(seenMode, 8) === Number.parseInt(mode, 8) ? mode : seenMode} ${seenOwner}`;
  if ("sha256" in source) return `sha256:${sha256(bytes)} ${rights}`;
  const same = bytes.equals(bytesOf(lab, source));
  return `vault:${source.secret} ${same ? source.fingerprint : "changed"} ${rights}`;
}
