// Secrets that the user brings, since another made them: of the identity provider's client, and of the channels by which people are told.
// A password that a person chose can be guessed, and a digest would prove the guess: so the engine's state has a random mark instead,
// which changes whenever the secret is put there anew.
import { randomBytes } from "node:crypto";
import { VaultError } from "./store.ts";
import { markOf, type Vault } from "./vault.ts";

export const PROVIDER_SECRET = "people/provider-secret";

const CHANNEL_SECRET = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Where the vault keeps what province.yaml calls `name` (`passwordSecret`, `keySecret`). Throws `secret-name`. */
export function channelSecret(name: string): string {
  if (!CHANNEL_SECRET.test(name)) throw new VaultError("secret-name", name, "small letters, digits and hyphens");
  return `notify/${name}`;
}

/** Keeps it. Whitespace around it is no part of it. */
export function keepBrought(vault: Vault, name: string, secret: string): void {
  vault.write(markOf(name), randomBytes(16).toString("hex"));
  vault.write(name, secret.trim());
}
