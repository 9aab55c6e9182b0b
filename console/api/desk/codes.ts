// One-time codes: how whoever holds this machine comes in as its operator, and how a person takes up an account that was made
// for them. Rules: a code is random, works once and for a while, and only its hash is kept.
import { createHash, randomInt } from "node:crypto";
import { OPERATOR } from "../../people/roles.ts";
import type { Backend } from "../ports.ts";

export { OPERATOR };
export const CODE_LIVES_MS = 10 * 60_000;
/** An invitation is handed over by a person. */
const INVITATION_LIVES_MS = 72 * 3_600_000;
/** Crockford's alphabet: no letter that is taken for a digit. Twelve of them are 60 bits. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH = 12;

export const hashOf = (secret: string): Uint8Array => createHash("sha256").update(secret).digest();

/** What a person types, as it was made: no case, no hyphens, no letters that look like digits. */
export const normalCode = (typed: string): string =>
  typed
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, "")
    .replaceAll("O", "0")
    .replace(/[IL]/g, "1");

/** A new code as it is shown: groups of four. */
export const newCode = (length = CODE_LENGTH): string =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)])
    .join("")
    .match(/.{4}/g)!
    .join("-");

export interface Issued {
  code: string;
  expiresAt: number;
}

export function codesOf({
  accounts,
  audit,
  transaction,
  now,
}: Pick<Backend, "accounts" | "audit" | "transaction" | "now">) {
  const save = (account: string, livesMs: number): Issued => {
    const code = newCode();
    const expiresAt = now() + livesMs;
    accounts.prune(now());
    accounts.saveCode(hashOf(normalCode(code)), account, expiresAt);
    return { code, expiresAt };
  };
  return {
    /** A new code for the operator, to be shown once on a terminal. */
    issue: (): Issued =>
      transaction(() => {
        audit.write({ at: now(), account: OPERATOR, act: "signin-code-issued", subject: OPERATOR, detail: {} });
        return save(OPERATOR, CODE_LIVES_MS);
      }),
    /** Inside a transaction: a code with which the account's owner sets a password. */
    invite: (account: string): Issued => save(account, INVITATION_LIVES_MS),
    /** Inside a transaction: takes the code. Gives whose it was. */
    take: (typed: string) => accounts.useCode(hashOf(normalCode(typed)), now()),
  };
}
