// The sign-in desk: every way in, step by step (people/sign-in.ts is the table of steps). Rules: no session without two factors,
// or the machine's own one-time code; a wrong guess costs its source and its account a wait; who is refused learns nothing
// that they did not know; what opens a session is used up in the same transaction.
import { BY_ACCOUNT, missed, NO_MISSES, waitOf } from "../../people/lockout.ts";
import type { Account, Session } from "../../people/records.ts";
import { afterPassword, passwordFault } from "../../people/sign-in.ts";
import type { Backend, Proofs } from "../ports.ts";
import { type Refused, refuse } from "../route.ts";
import { codesOf, type Issued, OPERATOR } from "./codes.ts";
import { factorsOf } from "./factors.ts";
import { guessBook } from "./guesses.ts";
import { challengeBook, type PasskeyAnswer, passkeyDesk, type Site } from "./passkeys.ts";
import { sessionsOf } from "./sessions.ts";
import { ticketBook } from "./tickets.ts";

/** In, or one step further. */
export type Entered =
  | { session: Session; cookie: string; recoveryCodes?: string[] }
  | { next: "enrol" | "set-password"; ticket: string }
  /** `passkey`: one of the account's own stands in for the code. */
  | { next: "second-factor"; ticket: string; passkey: boolean };

/** What the key of a first sign-in is called until its owner names others. */
const FIRST_KEY = "1";

export function signIns(backend: Backend, proofs: Proofs) {
  const { accounts, audit, transaction, now } = backend;
  const codes = codesOf(backend);
  const factors = factorsOf(backend, proofs);
  const sessions = sessionsOf(backend);
  const tickets = ticketBook(backend.monotonic);
  const guesses = guessBook(backend.monotonic);
  const keys = passkeyDesk(backend);
  const challenges = challengeBook(backend.monotonic);

  const held = (waitMs: number): Refused | undefined =>
    waitMs > 0 ? { refused: "too-many-guesses", retryAfterMs: waitMs } : undefined;
  /** A wrong guess at an account: its own count is kept, and the audit says so. */
  const missedAt = (account: Account, address: string, what: string): void => {
    guesses.wrong(address);
    transaction(() => {
      const misses = missed(accounts.misses(account.uid), BY_ACCOUNT, now());
      accounts.setMisses(account.uid, misses);
      audit.write({
        at: now(),
        account: account.name,
        act: "signin-refused",
        subject: account.uid,
        detail: { what, wrong: String(misses.wrong) },
        personal: { address },
      });
    });
  };
  const enter = (account: Account, address: string, recoveryCodes?: string[]): Entered => {
    const method = account.state === "sealed" ? "sealed" : "local";
    accounts.setMisses(account.uid, NO_MISSES);
    const begun = sessions.begin(account.name, method, address);
    return { ...begun, ...(recoveryCodes ? { recoveryCodes } : {}) };
  };
  /** The sealed account is never opened quietly. */
  const soundIfSealed = (account: Account): void => {
    if (account.state !== "sealed") return;
    backend.alarm({ code: "sealed-account-opened", facts: { account: account.uid } });
  };
  const codeSession = (typed: string, address: string): Entered | Refused => {
    const used = codes.take(typed);
    if (used === undefined || used === "expired") return refuse(used ? "code-expired" : "code-wrong");
    if (used.account === OPERATOR) return sessions.begin(OPERATOR, "code", address);
    const account = accounts.byName(used.account);
    if (account?.state !== "active" || account.subject !== undefined) return refuse("code-wrong");
    return { next: "set-password", ticket: tickets.open(account.name, { at: "set-password" }) };
  };

  /** A right answer, and how it is kept: inside a transaction. */
  const addKey = async (account: Account, answer: PasskeyAnswer, challenge: string, site: Site, label: string) => {
    const key = await keys.judgeNew(answer, challenge, site, label);
    const keep = (): boolean => {
      if (!key || !backend.passkeys.add(account.uid, key)) return false;
      audit.write({
        at: now(),
        account: account.name,
        act: "passkey-added",
        subject: account.uid,
        detail: {},
        personal: { label },
      });
      return true;
    };
    return key && { keep };
  };
  const useKey = async (account: Account, answer: PasskeyAnswer, challenge: string, site: Site) => {
    const used = await keys.judge(account, answer, challenge, site);
    const keep = (): boolean => {
      backend.passkeys.used(account.uid, used!.id, used!.counter, now());
      return true;
    };
    return used && { keep };
  };

  return {
    ...sessions,
    issue: codes.issue,
    /** Inside a transaction: an invitation to take up an account, or to begin anew after a loss. */
    invite: (account: string): Issued => codes.invite(account),

    /** Trades a one-time code: the operator's for a session, an invitation for the step at which a password is set. */
    byCode(typed: string, address: string): Entered | Refused {
      const wait = held(guesses.wait(address));
      if (wait) return wait;
      // The code is used up only together with what it buys.
      const entered = transaction(() => codeSession(typed, address));
      if (!("refused" in entered)) guesses.right(address);
      else if (entered.refused === "code-wrong") guesses.wrong(address);
      return entered;
    },

    /** The first factor. Takes as long for a name that nobody has. */
    async byPassword(name: string, password: string, address: string): Promise<Entered | Refused> {
      const account = accounts.byName(name);
      const wait = held(Math.max(guesses.wait(address), account ? waitOf(accounts.misses(account.uid), now()) : 0));
      if (wait) return wait;
      const right = await proofs.checkPassword(account && accounts.secrets(account.uid).password, password);
      if (right === undefined) return refuse("busy");
      const step = afterPassword(account && { ...account, passwordRight: right }, proofs.provider());
      if ("go" in step) {
        const ticket = tickets.open(account!.name, { at: step.go });
        return step.go === "enrol" ? { next: step.go, ticket } : { next: step.go, ticket, passkey: keys.has(account!) };
      }
      if (account) missedAt(account, address, step.refused);
      else guesses.wrong(address);
      return refuse(step.refused);
    },

    /** After an invitation: the owner's own password. The second factor is set up next, whatever was before. */
    async setPassword(ticket: string, password: string): Promise<Entered | Refused> {
      const held = tickets.at(ticket, "set-password");
      const account = held && accounts.byName(held.account);
      if (!account) return refuse("ticket-invalid");
      const fault = passwordFault(password, account.name);
      if (fault) return refuse(fault);
      const hash = await proofs.hashPassword(password);
      if (hash === undefined) return refuse("busy");
      transaction(() => {
        accounts.setPassword(account.uid, hash);
        accounts.setTotp(account.uid, undefined);
        backend.passkeys.dropAll(account.uid);
        accounts.revoke({ account: account.name });
        audit.write({ at: now(), account: account.name, act: "password-set", subject: account.uid, detail: {} });
      });
      tickets.close(ticket);
      return { next: "enrol", ticket: tickets.open(account.name, { at: "enrol" }) };
    },

    /** Shows a new second factor to whoever is setting one up. The same one, until it is confirmed or the ticket ends. */
    enrol(ticket: string): { secret: string; uri: string } | Refused {
      const held = tickets.at(ticket, "enrol");
      if (!held) return refuse("ticket-invalid");
      const { secret, typed, uri } = factors.propose(held.account);
      held.stage.secret = secret;
      return { secret: typed, uri };
    },

    /** The second factor, or the first code of a new one. */
    second(ticket: string, code: string, address: string): Entered | Refused {
      const held = tickets.at(ticket, "second-factor") ?? tickets.at(ticket, "enrol");
      const account = held && accounts.byName(held.account);
      if (!account || account.state === "disabled") return refuse("ticket-invalid");
      // The sealed account is set up while it is not sealed.
      if (held.stage.at === "enrol" && account.state !== "active") return refuse("ticket-invalid");
      const wait = Math.max(guesses.wait(address), waitOf(accounts.misses(account.uid), now()));
      if (wait > 0) return { refused: "too-many-guesses", retryAfterMs: wait };
      const { stage } = held;
      const entered = transaction((): Entered | undefined => {
        if (stage.at === "second-factor") {
          const by = factors.check(account, code);
          if (by === "recovery")
            audit.write({ at: now(), account: account.name, act: "recovery-used", subject: account.uid, detail: {} });
          return by && enter(account, address);
        }
        const recovery = stage.secret && factors.confirm(account, stage.secret, code);
        if (!recovery) return undefined;
        audit.write({ at: now(), account: account.name, act: "second-factor-set", subject: account.uid, detail: {} });
        return enter(account, address, recovery);
      });
      if (!entered) {
        missedAt(account, address, "second-factor");
        return refuse("code-wrong");
      }
      tickets.close(ticket);
      guesses.right(address);
      soundIfSealed(account);
      return entered;
    },

    /** What a passkey signs instead of the second factor's code; at the first sign-in, what a new one is made from. */
    async askPasskey(ticket: string, site: Site): Promise<{ options: object } | Refused> {
      const held = tickets.at(ticket, "second-factor") ?? tickets.at(ticket, "enrol");
      const account = held && accounts.byName(held.account);
      if (!account) return refuse("ticket-invalid");
      const options = await (held.stage.at === "enrol" ? keys.askNew(account, site) : keys.ask(account, site));
      held.stage.challenge = options.challenge;
      return { options };
    },

    /** The answer to that. Right or wrong, the challenge is used up. */
    async byPasskey(ticket: string, answer: PasskeyAnswer, site: Site, address: string): Promise<Entered | Refused> {
      const held = tickets.at(ticket, "second-factor") ?? tickets.at(ticket, "enrol");
      const account = held && accounts.byName(held.account);
      if (!account || account.state === "disabled") return refuse("ticket-invalid");
      if (held.stage.at === "enrol" && account.state !== "active") return refuse("ticket-invalid");
      const wait = Math.max(guesses.wait(address), waitOf(accounts.misses(account.uid), now()));
      if (wait > 0) return { refused: "too-many-guesses", retryAfterMs: wait };
      const { challenge } = held.stage;
      delete held.stage.challenge;
      if (challenge === undefined) return refuse("passkey-refused");
      const kept = await (held.stage.at === "enrol"
        ? addKey(account, answer, challenge, site, FIRST_KEY)
        : useKey(account, answer, challenge, site));
      if (!kept) {
        missedAt(account, address, "passkey");
        return refuse("passkey-refused");
      }
      const { at } = held.stage;
      const entered = transaction(() => {
        if (!kept.keep()) return undefined;
        return at === "enrol" ? enter(account, address, factors.newRecovery(account)) : enter(account, address);
      });
      if (!entered) return refuse("passkey-refused");
      tickets.close(ticket);
      guesses.right(address);
      soundIfSealed(account);
      return entered;
    },

    /** For somebody signed in: what a new passkey is made from, or what one of theirs signs as a proof. */
    async askSignedIn(cookie: string, purpose: "new" | "proof", site: Site): Promise<{ options: object } | Refused> {
      const session = sessions.session(cookie);
      const account = session && accounts.byName(session.account);
      if (!account) return refuse("passkey-account");
      if (purpose === "proof" && !keys.has(account)) return refuse("passkey-unknown");
      const options = await (purpose === "new" ? keys.askNew(account, site) : keys.ask(account, site));
      challenges.put(session.id, purpose, options.challenge);
      return { options };
    },

    /** Keeps a new passkey of somebody signed in. */
    async addPasskey(cookie: string, answer: PasskeyAnswer, site: Site, label: string): Promise<true | Refused> {
      const session = sessions.session(cookie);
      const account = session && accounts.byName(session.account);
      const challenge = session && challenges.take(session.id, "new");
      if (!account) return refuse("passkey-account");
      const kept = challenge === undefined ? undefined : await addKey(account, answer, challenge, site, label);
      return kept && transaction(kept.keep) ? true : refuse("passkey-refused");
    },

    /** The same proof as `proveAgain`, by a passkey. */
    async proveByPasskey(cookie: string, answer: PasskeyAnswer, site: Site, address: string): Promise<true | Refused> {
      const session = sessions.session(cookie);
      const account = session && accounts.byName(session.account);
      const challenge = session && challenges.take(session.id, "proof");
      if (!account) return refuse("passkey-account");
      const wait = Math.max(guesses.wait(address), waitOf(accounts.misses(account.uid), now()));
      if (wait > 0) return { refused: "too-many-guesses", retryAfterMs: wait };
      const kept = challenge === undefined ? undefined : await useKey(account, answer, challenge, site);
      if (!kept) {
        missedAt(account, address, "passkey");
        return refuse("passkey-refused");
      }
      transaction(() => {
        kept.keep();
        sessions.prove(cookie);
      });
      return true;
    },

    /** Proves again who holds a session: a TOTP or recovery code, or for the operator a new one-time code. */
    proveAgain(cookie: string, code: string, address: string): true | Refused {
      const session = sessions.session(cookie);
      if (!session) return refuse("session-required");
      const account = accounts.byName(session.account);
      const wait = Math.max(guesses.wait(address), account ? waitOf(accounts.misses(account.uid), now()) : 0);
      if (wait > 0) return { refused: "too-many-guesses", retryAfterMs: wait };
      const right = transaction(() => {
        const used = account ? factors.check(account, code) : codes.take(code);
        const mine = account ? used !== undefined : typeof used === "object" && used.account === session.account;
        if (mine) sessions.prove(cookie);
        return mine;
      });
      if (right) return true;
      if (account) missedAt(account, address, "proof");
      else guesses.wrong(address);
      return refuse("code-wrong");
    },
  };
}
export type SignIns = ReturnType<typeof signIns>;
