// Sessions and tokens: from what a request carries to who it is. Roles and state are read anew each time, so that what an
// administrator takes away is gone with the next request.
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Account, Session, Token } from "../../people/records.ts";
import { OPERATOR, OPERATOR_ROLES, permissionsOf, type Role } from "../../people/roles.ts";
import type { Principal, Scope } from "../../people/scope.ts";
import type { Backend } from "../ports.ts";
import { hashOf } from "./codes.ts";

/** A shift on duty. */
export const SESSION_LIVES_MS = 12 * 3_600_000;
/** How long a proof is fresh enough for what is hard to undo. */
export const PROOF_FRESH_MS = 10 * 60_000;
/** A token's use is noted no more often than this: one write a minute, not one a request. */
const NOTE_USE_MS = 60_000;
/** Found by secret scanners: who it is of, which, and 32 random bytes. */
const TOKEN = /^vgt_([a-z0-9]{16})_([A-Za-z0-9_-]{43})$/;

/** Whoever holds this machine keeps it and leads on it. */

const scopeOf = (agencies: readonly string[]): Scope => (agencies.length === 0 ? undefined : new Set(agencies));

/** How far a token reaches: its own limit within its account's. */
function narrowed(account: Scope, token: Scope): Scope {
  if (account === undefined || token === undefined) return account ?? token;
  return new Set([...token].filter((a) => account.has(a)));
}

export function sessionsOf(backend: Backend) {
  const { accounts, tokens, now } = backend;

  const rolesOf = (session: Session, account: Account | undefined): readonly Role[] | undefined => {
    if (session.account === OPERATOR) return OPERATOR_ROLES;
    if (!account || account.state === "disabled") return undefined;
    return account.state === "sealed" && session.method !== "sealed" ? undefined : account.roles;
  };
  const ofSession = (session: Session): Principal | undefined => {
    const account = session.account === OPERATOR ? undefined : accounts.byName(session.account);
    const roles = rolesOf(session, account);
    if (!roles) return undefined;
    const scope = scopeOf(account?.agencies ?? []);
    const { provedAt } = session;
    return { account: session.account, roles, permissions: permissionsOf(roles), scope, via: "session", provedAt };
  };
  const ofToken = (token: Token): Principal | undefined => {
    const account = accounts.byName(token.account);
    const has = token.account === OPERATOR ? OPERATOR_ROLES : account?.state === "active" ? account.roles : [];
    const roles = token.roles.filter((r) => has.includes(r));
    if (roles.length === 0) return undefined;
    if (now() - (token.usedAt ?? 0) > NOTE_USE_MS) tokens.used(token.id, now());
    const scope = narrowed(scopeOf(account?.agencies ?? []), scopeOf(token.agencies));
    return { account: token.account, roles, permissions: permissionsOf(roles), scope, via: "token", provedAt: 0 };
  };

  return {
    /** Inside a transaction: a new session. Gives its cookie. */
    begin(account: string, method: Session["method"], address: string): { cookie: string; session: Session } {
      const cookie = randomBytes(32).toString("base64url");
      const at = now();
      const id = randomBytes(8).toString("hex");
      const session = { id, account, method, address, createdAt: at, provedAt: at, expiresAt: at + SESSION_LIVES_MS };
      accounts.saveSession(hashOf(cookie), session);
      const uid = accounts.byName(account)?.uid ?? account;
      backend.audit.write({ at, account, act: "signed-in", subject: uid, detail: { method }, personal: { address } });
      return { cookie, session };
    },
    session: (cookie: string): Session | undefined => accounts.session(hashOf(cookie), now()),
    /** Who holds this cookie; nobody when the session ended or its account may no longer come in. */
    byCookie(cookie: string): Principal | undefined {
      const session = accounts.session(hashOf(cookie), now());
      return session && ofSession(session);
    },
    byToken(presented: string): Principal | undefined {
      const [, id, secret] = TOKEN.exec(presented) ?? [];
      const kept = id === undefined ? undefined : tokens.get(id);
      if (!kept || !timingSafeEqual(kept.hash, hashOf(secret!)) || kept.token.expiresAt <= now()) return undefined;
      return ofToken(kept.token);
    },
    /** Inside a transaction: a token. The secret is given here and never again. */
    makeToken(token: Omit<Token, "id" | "createdAt">): { token: Token; secret: string } {
      const id = Array.from(randomBytes(16), (b) => (b % 36).toString(36)).join("");
      const secret = randomBytes(32).toString("base64url");
      const made = { ...token, id, createdAt: now() };
      tokens.add(made, hashOf(secret));
      return { token: made, secret: `vgt_${id}_${secret}` };
    },
    /** Inside a transaction. */
    prove: (cookie: string): void => accounts.proved(hashOf(cookie), now()),
    end(cookie: string): void {
      const session = accounts.session(hashOf(cookie), now());
      if (!session) return;
      accounts.endSession(hashOf(cookie));
      const subject = accounts.byName(session.account)?.uid ?? session.account;
      backend.audit.write({ at: now(), account: session.account, act: "signed-out", subject, detail: {} });
    },
  };
}
