// Passkeys (WebAuthn Level 3) as a second factor: what the browser is asked, and judging what it answers (@simplewebauthn/server
// checks signature, origin, relying party, challenge and counter). Rules: a challenge is good for one answer, right or wrong; a
// key is looked for among its own account's only; a key whose counter went back was copied, and opens nothing.
import {
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import type { Account, Passkey } from "../../people/records.ts";
import type { Backend } from "../ports.ts";

/** The site as the browser names it: a key is bound to it. */
export interface Site {
  /** A domain name, or localhost; never a bare address (WebAuthn §5.1.2). */
  host: string;
  origin: string;
}
/** What a browser gives back, as JSON (WebAuthn §5.1, `toJSON`). */
export type PasskeyAnswer = RegistrationResponseJSON | AuthenticationResponseJSON;

const NAME = "Vọng Gác";
/** The second factor of somebody who has typed a password: to have it is enough, and a PIN is asked where the key can. */
const VERIFICATION = "preferred";

export function passkeyDesk({ passkeys, now }: Pick<Backend, "passkeys" | "now">) {
  const listed = (account: Account) =>
    passkeys.of(account.uid).map((k) => ({ id: k.id, transports: k.transports as AuthenticatorTransport[] }));
  return {
    has: (account: Account): boolean => passkeys.of(account.uid).length > 0,
    /** What a new key is made from. */
    askNew: (account: Account, site: Site) =>
      generateRegistrationOptions({
        rpName: NAME,
        rpID: site.host,
        userID: Uint8Array.from(Buffer.from(account.uid)),
        userName: account.name,
        userDisplayName: account.display,
        attestationType: "none",
        // EdDSA, ES256, RS256: what devices have; asking for more makes Node warn of what is experimental in it.
        supportedAlgorithmIDs: [-8, -7, -257],
        excludeCredentials: listed(account),
        authenticatorSelection: { userVerification: VERIFICATION, residentKey: "discouraged" },
      }),
    /** What one of the account's keys signs. */
    ask: (account: Account, site: Site) =>
      generateAuthenticationOptions({
        rpID: site.host,
        allowCredentials: listed(account),
        userVerification: VERIFICATION,
      }),
    /** A new key, if the answer is one to this challenge from this site. Nothing is kept yet. */
    async judgeNew(answer: PasskeyAnswer, challenge: string, site: Site, label: string): Promise<Passkey | undefined> {
      try {
        const { verified, registrationInfo } = await verifyRegistrationResponse({
          response: answer as RegistrationResponseJSON,
          expectedChallenge: challenge,
          expectedOrigin: site.origin,
          expectedRPID: site.host,
          requireUserVerification: false,
        });
        if (!verified || !registrationInfo) return undefined;
        const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
        return { id, label, publicKey, counter, transports, createdAt: now() };
      } catch {
        // It throws for each thing that can be wrong; which one is nothing to tell whoever tries.
        return undefined;
      }
    },
    /** Which of the account's keys signed this challenge, with its new counter. */
    async judge(
      account: Account,
      answer: PasskeyAnswer,
      challenge: string,
      site: Site,
    ): Promise<{ id: string; counter: number } | undefined> {
      const key = passkeys.of(account.uid).find((k) => k.id === answer.id);
      if (!key) return undefined;
      try {
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response: answer as AuthenticationResponseJSON,
          expectedChallenge: challenge,
          expectedOrigin: site.origin,
          expectedRPID: site.host,
          requireUserVerification: false,
          credential: { id: key.id, publicKey: Uint8Array.from(key.publicKey), counter: key.counter },
        });
        return verified ? { id: key.id, counter: authenticationInfo.newCounter } : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

const LIVES_MS = 5 * 60_000;
const MOST = 1_000;

/** Challenges of people who are signed in: each for one session and one purpose, taken once. */
export function challengeBook(monotonic: () => number) {
  const book = new Map<string, { challenge: string; until: number }>();
  const keyOf = (session: string, purpose: "new" | "proof") => `${purpose} ${session}`;
  return {
    put(session: string, purpose: "new" | "proof", challenge: string): void {
      const key = keyOf(session, purpose);
      book.delete(key);
      book.set(key, { challenge, until: monotonic() + LIVES_MS });
      if (book.size > MOST) book.delete(book.keys().next().value!);
    },
    take(session: string, purpose: "new" | "proof"): string | undefined {
      const key = keyOf(session, purpose);
      const found = book.get(key);
      book.delete(key);
      return found && found.until > monotonic() ? found.challenge : undefined;
    },
  };
}
