// The key that signs releases: Ed25519, made where it stays, on a machine or a medium that no network reaches. Sealed by a passphrase.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { PackagingError } from "./errors.ts";

const spki = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();

/** Makes a key and writes it, sealed, to a new file. Gives the public half (PEM). */
export function newReleaseKey(file: string, passphrase: string): string {
  if (passphrase.length < 12)
    throw new PackagingError("release-key-unusable", file, "a passphrase of 12 characters or more");
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const sealed = privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase });
  writeFileSync(file, sealed, { mode: 0o600, flag: "wx", flush: true });
  return spki(publicKey);
}

/** Opens such a file. Throws `release-key-unusable`. */
export function openReleaseKey(file: string, passphrase: string): KeyObject {
  try {
    const key = createPrivateKey({ key: readFileSync(file), passphrase });
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (error) {
    throw new PackagingError("release-key-unusable", file, (error as Error).message, error);
  }
  throw new PackagingError("release-key-unusable", file, "not an Ed25519 key");
}

export const publicHalf = (key: KeyObject): string => spki(createPublicKey(key));
export const signatureOf = (text: string, key: KeyObject): Buffer => sign(null, Buffer.from(text), key);
export const isSignedBy = (text: string, signature: Buffer, publicPem: string): boolean =>
  verify(null, Buffer.from(text), createPublicKey(publicPem), signature);
