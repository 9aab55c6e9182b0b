// One-time codes and the sessions that they are traded for. Rules: a code is random, lives ten minutes, works once, and
// only its hash is kept; a wrong guess costs the address that made it a wait that doubles.
import { createHash, randomBytes, randomInt } from "node:crypto";
import type { Backend, Session } from "./ports.ts";

export const CODE_LIVES_MS = 10 * 60_000;
/** A shift on duty. */
export const SESSION_LIVES_MS = 12 * 3_600_000;
/** Crockford's alphabet: no letter that is taken for a digit. Twelve of them are 60 bits. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH = 12;
const FREE_GUESSES = 5;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const MOST_GUESSERS = 10_000;
/** A guesser is forgotten after this long without a guess. */
const FORGET_MS = 15 * 60_000;

export type SignIn =
  | { ok: true; session: Session; cookie: string }
  | { ok: false; code: "code-wrong" | "code-expired" }
  | { ok: false; code: "too-many-guesses"; retryAfterMs: number };

const hashOf = (secret: string): Uint8Array => createHash("sha256").update(secret).digest();

/** What a person types, as it was made: no case, no hyphens, no letters that look like digits. */
export const normalCode = (typed: string): string =>
  typed
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, "")
    .replaceAll("O", "0")
    .replace(/[IL]/g, "1");

export type SignInDesk = ReturnType<typeof signInDesk>;

export function signInDesk(backend: Pick<Backend, "accounts" | "audit" | "transaction" | "now" | "monotonic">) {
  const { accounts } = backend;
  const guessers = new Map<string, { wrong: number; until: number; at: number }>();

  /** How long this address must wait, in ms; 0 for not at all. */
  const waitOf = (address: string): number => {
    const guesser = guessers.get(address);
    return guesser ? Math.max(0, guesser.until - backend.monotonic()) : 0;
  };
  const noteWrong = (address: string): void => {
    const mono = backend.monotonic();
    const known = guessers.get(address);
    const wrong = (known && mono - known.at < FORGET_MS ? known.wrong : 0) + 1;
    const wait = wrong < FREE_GUESSES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (wrong - FREE_GUESSES));
    guessers.delete(address);
    guessers.set(address, { wrong, until: mono + wait, at: mono });
    if (guessers.size > MOST_GUESSERS) guessers.delete(guessers.keys().next().value!);
  };

  const trade = (hash: Uint8Array, address: string): SignIn => {
    const now = backend.now();
    const used = accounts.useCode(hash, now);
    if (used === undefined || used === "expired") return { ok: false, code: used ? "code-expired" : "code-wrong" };
    const { account } = used;
    const cookie = randomBytes(32).toString("base64url");
    const session = { account, createdAt: now, expiresAt: now + SESSION_LIVES_MS };
    accounts.saveSession(hashOf(cookie), session);
    backend.audit({ at: now, account, act: "signed-in", subject: account, detail: { address } });
    return { ok: true, session, cookie };
  };

  return {
    /** A new code for `account`, to be shown once on a terminal. */
    issue(account: string): { code: string; expiresAt: number } {
      const now = backend.now();
      const plain = Array.from({ length: CODE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
      backend.transaction(() => {
        accounts.prune(now);
        accounts.saveCode(hashOf(plain), account, now + CODE_LIVES_MS);
        backend.audit({ at: now, account, act: "signin-code-issued", subject: account, detail: {} });
      });
      return { code: plain.match(/.{4}/g)!.join("-"), expiresAt: now + CODE_LIVES_MS };
    },
    /** Trades a code for a session. `address` is who asks. */
    signIn(typed: string, address: string): SignIn {
      const wait = waitOf(address);
      if (wait > 0) return { ok: false, code: "too-many-guesses", retryAfterMs: wait };
      // The code is used up only together with the session that it buys.
      const result = backend.transaction(() => trade(hashOf(normalCode(typed)), address));
      if (result.ok) guessers.delete(address);
      else if (result.code === "code-wrong") noteWrong(address);
      return result;
    },
    session: (cookie: string): Session | undefined => accounts.session(hashOf(cookie), backend.now()),
    signOut(cookie: string): void {
      const session = accounts.session(hashOf(cookie), backend.now());
      if (!session) return;
      accounts.endSession(hashOf(cookie));
      backend.audit({
        at: backend.now(),
        account: session.account,
        act: "signed-out",
        subject: session.account,
        detail: {},
      });
    },
  };
}
