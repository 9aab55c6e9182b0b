// The vault as a folder: one secret a file, its name is its path. 0700 and 0600, whole files only. Nothing here knows what
// a secret is for.
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join, normalize } from "node:path";

export type VaultCode =
  | "channel-secret-missing"
  | "passphrase-weak"
  | "provider-secret-missing"
  | "root-key-absent"
  | "root-key-wrong"
  | "secret-missing"
  | "secret-name"
  | "vault-unusable";

export class VaultError extends Error {
  readonly code: VaultCode;
  readonly where: string;
  constructor(code: VaultCode, where: string, remedy: string, cause?: unknown) {
    super(`${code}: ${where} (${remedy})`, cause === undefined ? {} : { cause });
    this.name = "VaultError";
    this.code = code;
    this.where = where;
  }
}

/** A name is a relative path of plain words: it can neither leave the folder nor split a line. */
const NAME = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/;

function pathOf(dir: string, name: string): string {
  if (!NAME.test(name) || normalize(name) !== name)
    throw new VaultError("secret-name", name, "a path of small letters and digits");
  return join(dir, name);
}

/** What another made (brought.ts) cannot be made anew here. */
const BROUGHT = /^(notify|people)\//;
const BRING = "bring it again: npx vonggac channel-secret NAME FILE, or provider-secret FILE";
const MAKE = "provision again: what is missing is made anew";

/** The content of one secret, read at this moment. Throws `secret-missing`. */
export function readSecret(dir: string, name: string): Buffer {
  try {
    return readFileSync(pathOf(dir, name));
  } catch (error) {
    if (error instanceof VaultError) throw error;
    throw new VaultError("secret-missing", name, BROUGHT.test(name) ? BRING : MAKE, error);
  }
}

export const hasSecret = (dir: string, name: string): boolean => existsSync(pathOf(dir, name));

export const removeSecret = (dir: string, name: string): void => rmSync(pathOf(dir, name), { force: true });

/** Makes the folder if need be. Throws `vault-unusable`. */
export function ensureFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
  } catch (error) {
    throw new VaultError("vault-unusable", dir, "the state folder must be root's own and writable", error);
  }
}

/**
 * Writes a secret so that the end of this process leaves either the old one or the new one. `flush`: so does a loss of power; a
 * secret that its reader can recognise as damaged and make anew may do without, which is a thousand times faster.
 */
export function writeSecret(dir: string, name: string, content: string | Buffer, flush: boolean): void {
  const path = pathOf(dir, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    const fd = openSync(temporary, "wx", 0o600);
    try {
      writeSync(fd, Buffer.from(content));
      if (flush) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new VaultError("vault-unusable", name, "the state folder must be writable and not full", error);
  }
}

/** What may be known of a secret: whether it changed. All of ours are of high entropy, so a digest gives nothing away. */
export const fingerprintOf = (content: Buffer): string =>
  createHash("sha256").update(content).digest("hex").slice(0, 32);
