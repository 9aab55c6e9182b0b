// Opens the vault: what is there is kept, what is missing is made once. Whoever only looks is given what would be made, and nothing is
// written. The time is handed in, so that renewal can be tested.
import { ensureFolder, fingerprintOf, hasSecret, readSecret, removeSecret, VaultError, writeSecret } from "./store.ts";

export interface Vault {
  dir: string;
  /** Milliseconds since 1970. */
  now: number;
  has(name: string): boolean;
  /** Throws `secret-missing`. */
  read(name: string): string;
  /** `flush` is true unless told otherwise (store.ts). */
  write(name: string, content: string, flush?: boolean): void;
  /** Reads a secret, and makes it first if there is none. */
  ensure(name: string, make: () => string): string;
  remove(name: string): void;
  /** What may stand in the engine's state in a secret's stead. */
  fingerprint(name: string): string;
}

/** What stands for a secret that could be guessed (brought.ts): a name beside its own. */
export const markOf = (name: string): string => `${name}.mark`;

/** Opens, or makes, the vault in `dir`. `look`: what is written stays with this opening and never reaches the folder. Throws `vault-unusable`. */
export function openVault(dir: string, now: number, { look = false } = {}): Vault {
  if (!look) ensureFolder(dir);
  /** By name; undefined for what was removed. */
  const imagined = new Map<string, string | undefined>();
  const bytes = (name: string) => {
    const content = imagined.get(name);
    if (content !== undefined) return Buffer.from(content);
    if (imagined.has(name)) throw new VaultError("secret-missing", name, "it would be made anew");
    return readSecret(dir, name);
  };
  const read = (name: string) => bytes(name).toString("utf8");
  const has = (name: string) => (imagined.has(name) ? imagined.get(name) !== undefined : hasSecret(dir, name));
  const write = (name: string, content: string, flush = true) =>
    look ? void imagined.set(name, content) : writeSecret(dir, name, content, flush);
  return {
    dir,
    now,
    has,
    read,
    write,
    ensure(name, make) {
      if (!has(name)) write(name, make());
      return read(name);
    },
    remove: (name) => (look ? void imagined.set(name, undefined) : removeSecret(dir, name)),
    fingerprint: (name) => (has(markOf(name)) ? read(markOf(name)) : fingerprintOf(bytes(name))),
  };
}
