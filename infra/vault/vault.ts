// Opens the vault: what is there is kept, what is missing is made once. The time is handed in, so that renewal can be tested.
import { ensureFolder, fingerprintOf, hasSecret, readSecret, removeSecret, writeSecret } from "./store.ts";

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

/** Opens, or makes, the vault in `dir`. Throws `vault-unusable`. */
export function openVault(dir: string, now: number): Vault {
  ensureFolder(dir);
  const read = (name: string) => readSecret(dir, name).toString("utf8");
  const has = (name: string) => hasSecret(dir, name);
  const write = (name: string, content: string, flush = true) => writeSecret(dir, name, content, flush);
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
    remove: (name) => removeSecret(dir, name),
    fingerprint: (name) => fingerprintOf(readSecret(dir, name)),
  };
}
