// Second factors: setting one up, and checking what a person types. Rules: a secret is kept sealed; a TOTP step and a recovery
// code are taken once, in the same transaction as what they open.
import { randomBytes } from "node:crypto";
import type { Account } from "../../people/records.ts";
import { base32, keyUri, SECRET_BYTES, stepOf } from "../../people/totp.ts";
import type { Backend, Proofs } from "../ports.ts";
import { hashOf, newCode, normalCode } from "./codes.ts";

const RECOVERY_CODES = 10;
const RECOVERY_LENGTH = 16;
const ISSUER = "Vọng Gác";

export interface Enrolment {
  secret: Uint8Array;
  /** As a person types it. */
  typed: string;
  /** As an application scans it. */
  uri: string;
}

export function factorsOf(backend: Pick<Backend, "accounts" | "now">, proofs: Proofs) {
  const { accounts, now } = backend;
  return {
    /** A secret to be shown to the account's owner; nothing is kept yet. */
    propose(account: string): Enrolment {
      const secret = randomBytes(SECRET_BYTES);
      return { secret, typed: base32(secret), uri: keyUri(secret, ISSUER, account) };
    },
    /** Inside a transaction: keeps the secret if the code is its own. Gives the recovery codes, shown once. */
    confirm(account: Account, secret: Uint8Array, code: string): string[] | undefined {
      const step = stepOf(secret, code, now(), 0);
      if (step === undefined) return undefined;
      accounts.setTotp(account.uid, proofs.seal(secret, account.uid));
      accounts.takeStep(account.uid, step);
      return this.newRecovery(account);
    },
    /** Inside a transaction: new recovery codes, shown once; those before them are void. */
    newRecovery(account: Account): string[] {
      const recovery = Array.from({ length: RECOVERY_CODES }, () => newCode(RECOVERY_LENGTH));
      accounts.setRecovery(
        account.uid,
        recovery.map((c) => hashOf(normalCode(c))),
      );
      return recovery;
    },
    /** Inside a transaction: takes the code. */
    check(account: Account, code: string): "totp" | "recovery" | undefined {
      const { totp, totpConfirmed, totpStep } = accounts.secrets(account.uid);
      const confirmed = totp && totpConfirmed ? proofs.unseal(totp, account.uid) : undefined;
      const step = confirmed && stepOf(confirmed, code, now(), totpStep);
      if (step !== undefined) return accounts.takeStep(account.uid, step) ? "totp" : undefined;
      const recovery = normalCode(code);
      if (recovery.length !== RECOVERY_LENGTH) return undefined;
      return accounts.useRecovery(account.uid, hashOf(recovery)) ? "recovery" : undefined;
    },
  };
}
