// The root's key leaves the vault for a place that no network reaches, under a passphrase, and comes back for the day on which an
// issuing CA is made.
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { ROOT } from "./pki.ts";
import { VaultError } from "./store.ts";
import type { Vault } from "./vault.ts";

const KEY = `${ROOT}.key`;
/** A passphrase is all that guards the text: a short one guards nothing. */
const LEAST_PASSPHRASE = 16;

/**
 * The root's key as encrypted PKCS#8 (RFC 5958, PBES2 with AES-256), as `openssl pkey` reads it. It stays in the vault until
 * `forgetRootKey`: first it must lie safely elsewhere. Throws `root-key-absent`, `passphrase-weak`.
 */
export function sealedRootKey(vault: Vault, passphrase: string): string {
  if (passphrase.length < LEAST_PASSPHRASE)
    throw new VaultError("passphrase-weak", KEY, `at least ${LEAST_PASSPHRASE} characters`);
  if (!vault.has(KEY)) throw new VaultError("root-key-absent", KEY, "it was taken out before");
  return createPrivateKey(vault.read(KEY))
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase })
    .toString();
}

/** Removes the root's key from the vault. */
export const forgetRootKey = (vault: Vault): void => vault.remove(KEY);

/** Puts the root's key back. Throws `root-key-wrong` when the text, its passphrase or its certificate do not fit. */
export function restoreRootKey(vault: Vault, sealed: string, passphrase: string): void {
  const refuse = (cause?: unknown) =>
    new VaultError("root-key-wrong", KEY, "the text that was taken out of this vault, and its passphrase", cause);
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey({ key: sealed, passphrase });
  } catch (error) {
    throw refuse(error);
  }
  const root = new X509Certificate(vault.read(`${ROOT}.crt`));
  if (!createPublicKey(key).equals(root.publicKey)) throw refuse();
  vault.write(KEY, key.export({ type: "pkcs8", format: "pem" }).toString());
}
