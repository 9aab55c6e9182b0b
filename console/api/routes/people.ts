// Accounts, sessions and tokens of others: an administrator's work, read by auditors. What is hard to undo asks for a fresh proof.
import { randomBytes } from "node:crypto";
import Type from "typebox";
import type { Account } from "../../people/records.ts";
import { type Role, roleFault } from "../../people/roles.ts";
import type { Principal } from "../../people/scope.ts";
import { OPERATOR } from "../desk/codes.ts";
import { pageAsked, pageOfList } from "../paging.ts";
import type { Backend } from "../ports.ts";
import { type Refused, refuse, route } from "../route.ts";
import {
  AccountName,
  AccountSchema,
  Agencies,
  InvitationSchema,
  PageQuery,
  pageOf,
  Roles,
  SessionSchema,
  TokenSchema,
  Uid,
} from "../schemas.ts";

const Page = Type.Object(PageQuery, { additionalProperties: false });
const One = Type.Object({ uid: Uid });
const Display = Type.String({ minLength: 1, maxLength: 120, pattern: "\\S" });
const WhatFor = ["role-missing", "agency-it-stands-alone", "agency-missing", "agency-unknown"] as const;

/** Why these roles over these agencies cannot be given. */
function grantFault(backend: Backend, roles: readonly Role[], agencies: readonly string[]): Refused | undefined {
  const fault = roleFault(roles, agencies);
  if (fault) return refuse(fault);
  const unknown = agencies.find((a) => !backend.hasAgency(a));
  return unknown === undefined ? undefined : refuse("agency-unknown", unknown);
}

const byUid = (backend: Backend, uid: string): Account | undefined =>
  backend.accounts.list().find((a) => a.uid === uid);

/** An administrator who takes part of themselves away, or the last one, locks everybody out. */
function lockOut(backend: Backend, who: Principal, before: Account, after: Account): Refused | undefined {
  const keeps = (a: Account) => a.state === "active" && a.roles.includes("administrator");
  if (!keeps(before) || keeps(after)) return undefined;
  if (before.name === who.account) return refuse("account-own");
  return backend.accounts.list().some((a) => a.uid !== before.uid && keeps(a)) ? undefined : refuse("account-last");
}

export const peopleRoutes = [
  route({
    id: "accounts",
    method: "GET",
    path: "/api/accounts",
    needs: "people.read",
    summary: "Accounts of people",
    query: Page,
    personal: true,
    gives: pageOf(AccountSchema),
    refuses: ["cursor-invalid"],
    run: ({ backend }, { query }) => {
      const page = pageAsked(query);
      return "refused" in page ? page : { body: pageOfList(backend.accounts.list(), page) };
    },
  }),
  route({
    id: "makeAccount",
    method: "POST",
    path: "/api/accounts",
    needs: "people.manage",
    summary: "Make an account; its owner sets a password and a second factor with the invitation, shown once",
    body: Type.Object(
      { name: AccountName, display: Display, roles: Roles, agencies: Type.Optional(Agencies) },
      { additionalProperties: false },
    ),
    gives: Type.Object({ account: AccountSchema, invitation: InvitationSchema }),
    status: 201,
    proof: true,
    secret: true,
    refuses: ["account-exists", ...WhatFor],
    run: ({ backend, desk }, { who, body }) => {
      const { accounts, audit, now } = backend;
      const { name, display, roles, agencies = [] } = body;
      const fault = grantFault(backend, roles, agencies);
      if (fault) return fault;
      if (name === OPERATOR || accounts.byName(name)) return refuse("account-exists");
      const uid = `p-${randomBytes(8).toString("hex")}`;
      const [createdAt, secrets] = [now(), { hasPassword: false, hasSecondFactor: false }];
      const account: Account = {
        uid,
        name,
        display,
        roles,
        agencies,
        state: "active",
        ...secrets,
        createdAt,
        changedAt: createdAt,
      };
      const invitation = backend.transaction(() => {
        accounts.save(account);
        const detail = { roles: roles.join(" "), agencies: agencies.join(" ") };
        const personal = { name, display };
        audit.write({ at: createdAt, account: who.account, act: "account-made", subject: uid, detail, personal });
        return desk.invite(name);
      });
      return { status: 201, body: { account, invitation } };
    },
  }),
  route({
    id: "changeAccount",
    method: "PATCH",
    path: "/api/accounts/{uid}",
    needs: "people.manage",
    summary: "Change what an account may do, or whether it may come in; its sessions end",
    params: One,
    body: Type.Object(
      {
        display: Type.Optional(Display),
        roles: Type.Optional(Roles),
        agencies: Type.Optional(Agencies),
        state: Type.Optional(Type.Enum(["active", "disabled", "sealed"])),
      },
      { additionalProperties: false },
    ),
    gives: Type.Object({ account: AccountSchema }),
    proof: true,
    refuses: ["account-unknown", "account-own", "account-last", ...WhatFor],
    run: ({ backend }, { who, params, body }) => {
      const { accounts, audit, now } = backend;
      const before = byUid(backend, params.uid);
      if (!before) return refuse("account-unknown");
      const account: Account = { ...before, ...body, changedAt: now() };
      const fault = grantFault(backend, account.roles, account.agencies) ?? lockOut(backend, who, before, account);
      if (fault) return fault;
      const { display, ...rights } = body;
      const detail = Object.fromEntries(Object.entries(rights).map(([k, v]) => [k, [v].flat().join(" ")]));
      backend.transaction(() => {
        accounts.save(account);
        if (Object.keys(rights).length > 0) accounts.revoke({ account: account.name });
        const personal = display === undefined ? {} : { personal: { display } };
        audit.write({
          at: now(),
          account: who.account,
          act: "account-changed",
          subject: account.uid,
          detail,
          ...personal,
        });
      });
      return { body: { account } };
    },
  }),
  route({
    id: "inviteAgain",
    method: "POST",
    path: "/api/accounts/{uid}/invitation",
    needs: "people.manage",
    summary: "A new invitation after a loss: password and second factor are set anew with it",
    params: One,
    body: Type.Object({}, { additionalProperties: false }),
    gives: InvitationSchema,
    status: 201,
    proof: true,
    secret: true,
    refuses: ["account-unknown"],
    run: ({ backend, desk }, { who, params }) => {
      const account = byUid(backend, params.uid);
      if (account?.state !== "active" || account.subject !== undefined) return refuse("account-unknown");
      const { audit, now } = backend;
      const invitation = backend.transaction(() => {
        audit.write({ at: now(), account: who.account, act: "account-invited", subject: account.uid, detail: {} });
        return desk.invite(account.name);
      });
      return { status: 201, body: invitation };
    },
  }),
  route({
    id: "eraseAccount",
    method: "POST",
    path: "/api/accounts/{uid}/erase",
    needs: "people.manage",
    summary: "Disable an account and erase what the audit keeps beside its chain of this person; the chain stays whole",
    params: One,
    body: Type.Object({}, { additionalProperties: false }),
    gives: Type.Object({ erased: Type.Integer() }),
    proof: true,
    refuses: ["account-unknown", "account-own", "account-last"],
    run: ({ backend }, { who, params }) => {
      const { accounts, audit, now, tokens } = backend;
      const before = byUid(backend, params.uid);
      if (!before) return refuse("account-unknown");
      const account: Account = { ...before, display: before.uid, state: "disabled", changedAt: now() };
      const fault = lockOut(backend, who, before, account);
      if (fault) return fault;
      const erased = backend.transaction(() => {
        accounts.save(account);
        accounts.setTotp(account.uid, undefined);
        backend.passkeys.dropAll(account.uid);
        accounts.revoke({ account: account.name });
        for (const token of tokens.list(account.name)) tokens.revoke(token.id);
        backend.notifications.removeContact(account.name);
        const gone = audit.erasePersonal(account.uid);
        const detail = { entries: String(gone) };
        audit.write({ at: now(), account: who.account, act: "account-erased", subject: account.uid, detail });
        return gone;
      });
      return { body: { erased } };
    },
  }),
  route({
    id: "sessions",
    method: "GET",
    path: "/api/sessions",
    needs: "people.read",
    summary: "Everybody's sessions",
    personal: true,
    gives: Type.Object({ items: Type.Array(SessionSchema) }),
    run: ({ backend }) => ({ body: { items: backend.accounts.sessions(backend.now()) } }),
  }),
  route({
    id: "endSession",
    method: "DELETE",
    path: "/api/sessions/{id}",
    needs: "people.manage",
    summary: "End somebody's session at once",
    params: Type.Object({ id: Type.String({ pattern: "^[0-9a-f]{16}$" }) }),
    gives: Type.Object({}),
    refuses: ["session-unknown"],
    run: ({ backend }, { who, params }) => {
      const { accounts, audit, now } = backend;
      return backend.transaction(() => {
        if (accounts.revoke({ id: params.id }) === 0) return refuse("session-unknown");
        audit.write({ at: now(), account: who.account, act: "session-ended", subject: params.id, detail: {} });
        return { body: {} };
      });
    },
  }),
  route({
    id: "tokens",
    method: "GET",
    path: "/api/tokens",
    needs: "people.read",
    summary: "Everybody's API tokens; never their secrets",
    query: Page,
    personal: true,
    gives: pageOf(TokenSchema),
    refuses: ["cursor-invalid"],
    run: ({ backend }, { query }) => {
      const page = pageAsked(query);
      return "refused" in page ? page : { body: pageOfList(backend.tokens.list(), page) };
    },
  }),
  route({
    id: "revokeToken",
    method: "DELETE",
    path: "/api/tokens/{id}",
    needs: "people.manage",
    summary: "Revoke somebody's token at once",
    params: Type.Object({ id: Type.String({ pattern: "^[a-z0-9]{16}$" }) }),
    gives: Type.Object({}),
    refuses: ["token-unknown"],
    run: ({ backend }, { who, params }) => {
      const { tokens, audit, now } = backend;
      return backend.transaction(() => {
        if (!tokens.revoke(params.id)) return refuse("token-unknown");
        audit.write({ at: now(), account: who.account, act: "token-revoked", subject: params.id, detail: {} });
        return { body: {} };
      });
    },
  }),
];
