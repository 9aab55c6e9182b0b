// What must be read again but not lie about in the record (TOTP secrets): sealed with a key that stands beside it, 0600. A copy
// of the database alone opens nothing. AES-256-GCM; the account's id is authenticated, so that one cannot be put on another.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { messageOf, Problem } from "./problem.ts";

export interface Seal {
  close(plain: Uint8Array, owner: string): Uint8Array;
  /** Throws when it was sealed by another key, for another owner, or changed. */
  open(sealed: Uint8Array, owner: string): Uint8Array;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type SealCode = "people-key-unusable";

/** Reads the key, or makes it on the first start. Throws Problem<SealCode>: without it no second factor can be checked. */
export function sealAt(path: string): Seal {
  const key = keyAt(path);
  return {
    close(plain, owner) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(owner));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, owner) {
      const bytes = Buffer.from(sealed);
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const cipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(owner))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]);
    },
  };
}

function keyAt(path: string): Uint8Array {
  try {
    if (!existsSync(path)) {
      writeFileSync(`${path}.new`, randomBytes(KEY_BYTES), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    }
    const key = readFileSync(path);
    if (key.length === KEY_BYTES) return key;
    throw new Error(`it has ${key.length} bytes, not ${KEY_BYTES}`);
  } catch (error) {
    throw new Problem<SealCode>(
      "people-key-unusable",
      path,
      `the key of second factors cannot be used: ${messageOf(error)}`,
      "Restore the file from the backup of the record; without it everybody's second factor must be set up anew.",
      error,
    );
  }
}
