// Signing in and out, and what people do about themselves: sessions, proof, tokens.
import Type from "typebox";
import { permissionsOf } from "../../people/roles.ts";
import type { Principal } from "../../people/scope.ts";
import type { Entered } from "../desk/desk.ts";
import { CALLBACK } from "../desk/provider.ts";
import { type Api, type Refused, type Reply, refuse, route } from "../route.ts";
import { Agencies, EnteredSchema, Instant, MeSchema, Roles, SessionSchema, Ticket, TokenSchema } from "../schemas.ts";

const Code = Type.String({ minLength: 1, maxLength: 64 });
const Password = Type.String({ minLength: 1, maxLength: 256 });
const GUESSES = ["code-wrong", "too-many-guesses"] as const;
const PASSWORD_FAULTS = ["password-short", "password-long", "password-is-name", "password-repeats"] as const;
const TOKEN_LIFE_MS = { least: 3_600_000, most: 366 * 86_400_000 } as const;

const passkeysOf = ({ backend }: Api, name: string) => {
  const account = backend.accounts.byName(name);
  return account ? backend.passkeys.of(account.uid) : [];
};

const meOf = (api: Api, who: Principal, expiresAt?: number) => ({
  account: who.account,
  ...(expiresAt === undefined ? {} : { expiresAt }),
  roles: who.roles,
  permissions: [...who.permissions],
  agencies: who.scope === undefined ? null : [...who.scope],
  passkeys: passkeysOf(api, who.account).length,
  firstRun: api.backend.accounts.count() === 0,
});

/** What a step of the sign-in gives: a session and its cookie, or the next step. */
export function enteredReply(api: Api, entered: Entered | Refused): Reply {
  if ("refused" in entered || "next" in entered) return "refused" in entered ? entered : { body: entered };
  const who = api.desk.byCookie(entered.cookie);
  if (!who) return refuse("credentials-wrong");
  const { recoveryCodes } = entered;
  const me = meOf(api, who, entered.session.expiresAt);
  return { body: { ...me, ...(recoveryCodes ? { recoveryCodes } : {}) }, session: entered.cookie };
}

export const sessionRoutes = [
  route({
    id: "waysIn",
    method: "GET",
    path: "/api/signin",
    needs: "public",
    summary: "The ways to sign in here",
    gives: Type.Object({ code: Type.Literal(true), password: Type.Boolean(), provider: Type.Optional(Type.String()) }),
    run: ({ backend, provider }) => {
      const password = backend.accounts.count() > 0;
      return { body: { code: true, password, ...(provider ? { provider: provider.name } : {}) } };
    },
  }),
  route({
    id: "signInByProvider",
    method: "GET",
    path: "/api/signin/provider",
    needs: "public",
    summary: "Go to the identity provider (OpenID Connect)",
    status: 303,
    givesType: "text/html",
    refuses: ["provider-absent", "provider-down"],
    run: async ({ provider }, { url }) => {
      if (!provider) return refuse("provider-absent");
      const begun = await provider.begin(new URL(CALLBACK, url));
      return "refused" in begun ? begun : { headers: { location: begun.to }, flow: begun.flow };
    },
  }),
  route({
    id: "backFromProvider",
    method: "GET",
    path: CALLBACK,
    needs: "public",
    summary: "Come back from the identity provider",
    query: Type.Object({}),
    status: 303,
    givesType: "text/html",
    refuses: ["provider-absent", "ticket-invalid", "provider-refused", "no-role"],
    run: async ({ provider, backend, desk }, { url, asked, flow, address }) => {
      if (!provider) return refuse("provider-absent");
      const account = await provider.finish(flow, new URL(asked, url));
      if ("refused" in account) return account;
      const { cookie } = backend.transaction(() => desk.begin(account.name, "oidc", address));
      return { headers: { location: "/" }, session: cookie, flow: "" };
    },
  }),
  route({
    id: "signInByCode",
    method: "POST",
    path: "/api/signin",
    needs: "public",
    summary: "Trade a one-time code for a session, or an invitation for the step at which a password is set",
    body: Type.Object({ code: Code }, { additionalProperties: false }),
    bodyBytes: 1_024,
    invalid: "code-required",
    gives: EnteredSchema,
    secret: true,
    refuses: [...GUESSES, "code-expired"],
    run: (api, { body, address }) => enteredReply(api, api.desk.byCode(body.code, address)),
  }),
  route({
    id: "signInByPassword",
    method: "POST",
    path: "/api/signin/password",
    needs: "public",
    summary: "The first factor of an account kept here",
    body: Type.Object(
      { account: Type.String({ minLength: 1, maxLength: 64 }), password: Password },
      { additionalProperties: false },
    ),
    bodyBytes: 2_048,
    invalid: "credentials-wrong",
    gives: EnteredSchema,
    secret: true,
    refuses: ["credentials-wrong", "account-sealed", "too-many-guesses", "busy"],
    run: async (api, { body, address }) =>
      enteredReply(api, await api.desk.byPassword(body.account.toLowerCase(), body.password, address)),
  }),
  route({
    id: "setFirstPassword",
    method: "POST",
    path: "/api/signin/new-password",
    needs: "public",
    summary: "After an invitation: set one's own password",
    body: Type.Object({ ticket: Ticket, password: Password }, { additionalProperties: false }),
    bodyBytes: 2_048,
    gives: EnteredSchema,
    secret: true,
    refuses: ["ticket-invalid", "busy", ...PASSWORD_FAULTS],
    run: async (api, { body }) => enteredReply(api, await api.desk.setPassword(body.ticket, body.password)),
  }),
  route({
    id: "showSecondFactor",
    method: "POST",
    path: "/api/signin/new-factor",
    needs: "public",
    summary: "Show a new second factor (TOTP) to whoever is setting one up",
    body: Type.Object({ ticket: Ticket }, { additionalProperties: false }),
    bodyBytes: 1_024,
    gives: Type.Object({ secret: Type.String(), uri: Type.String() }),
    secret: true,
    refuses: ["ticket-invalid"],
    run: (api, { body }) => {
      const shown = api.desk.enrol(body.ticket);
      return "refused" in shown ? shown : { body: shown };
    },
  }),
  route({
    id: "signInBySecondFactor",
    method: "POST",
    path: "/api/signin/second",
    needs: "public",
    summary: "The second factor: a TOTP code, a recovery code, or the first code of a new second factor",
    body: Type.Object({ ticket: Ticket, code: Code }, { additionalProperties: false }),
    bodyBytes: 1_024,
    gives: EnteredSchema,
    secret: true,
    refuses: ["ticket-invalid", ...GUESSES],
    run: (api, { body, address }) => enteredReply(api, api.desk.second(body.ticket, body.code, address)),
  }),
  route({
    id: "me",
    method: "GET",
    path: "/api/me",
    needs: "signed-in",
    summary: "Who is signed in, and what they may do",
    gives: MeSchema,
    run: (api, { who, cookie }) => ({
      body: meOf(api, who, cookie === undefined ? undefined : api.desk.session(cookie)?.expiresAt),
    }),
  }),
  route({
    id: "signOut",
    method: "POST",
    path: "/api/signout",
    needs: "signed-in",
    summary: "End this session",
    gives: Type.Object({}),
    run: (api, { cookie }) => {
      if (cookie) api.backend.transaction(() => api.desk.end(cookie));
      return { body: {}, session: "" };
    },
  }),
  route({
    id: "proveAgain",
    method: "POST",
    path: "/api/me/proof",
    needs: "signed-in",
    summary: "Prove again who you are, before what is hard to undo",
    body: Type.Object({ code: Code }, { additionalProperties: false }),
    bodyBytes: 1_024,
    invalid: "code-required",
    gives: Type.Object({}),
    secret: true,
    refuses: [...GUESSES, "not-by-token"],
    run: (api, { cookie, body, address }) => {
      if (!cookie) return refuse("not-by-token");
      const proved = api.desk.proveAgain(cookie, body.code, address);
      return proved === true ? { body: {} } : proved;
    },
  }),
  route({
    id: "mySessions",
    method: "GET",
    path: "/api/me/sessions",
    needs: "signed-in",
    summary: "One's own sessions",
    gives: Type.Object({ items: Type.Array(SessionSchema) }),
    run: ({ backend }, { who }) => ({ body: { items: backend.accounts.sessions(backend.now(), who.account) } }),
  }),
  route({
    id: "endMySession",
    method: "DELETE",
    path: "/api/me/sessions/{id}",
    needs: "signed-in",
    summary: "End one of one's own sessions",
    params: Type.Object({ id: Type.String({ pattern: "^[0-9a-f]{16}$" }) }),
    gives: Type.Object({}),
    refuses: ["session-unknown"],
    run: ({ backend }, { who, params }) => {
      const { accounts, audit, now } = backend;
      if (!accounts.sessions(now(), who.account).some((s) => s.id === params.id)) return refuse("session-unknown");
      backend.transaction(() => {
        accounts.revoke({ id: params.id });
        audit.write({ at: now(), account: who.account, act: "session-ended", subject: params.id, detail: {} });
      });
      return { body: {} };
    },
  }),
  route({
    id: "myTokens",
    method: "GET",
    path: "/api/me/tokens",
    needs: "token.own",
    summary: "One's own API tokens; never their secrets",
    gives: Type.Object({ items: Type.Array(TokenSchema) }),
    run: ({ backend }, { who }) => ({ body: { items: backend.tokens.list(who.account) } }),
  }),
  route({
    id: "makeToken",
    method: "POST",
    path: "/api/me/tokens",
    needs: "token.own",
    summary: "Make an API token that reaches no further than oneself; its secret is shown once",
    body: Type.Object(
      {
        label: Type.String({ minLength: 1, maxLength: 80, pattern: "\\S" }),
        roles: Roles,
        agencies: Type.Optional(Agencies),
        expiresAt: Instant,
      },
      { additionalProperties: false },
    ),
    gives: Type.Object({ token: TokenSchema, secret: Type.String() }),
    status: 201,
    secret: true,
    proof: true,
    refuses: ["scope-too-wide", "token-life"],
    run: ({ backend, desk }, { who, body }) => {
      const { now, audit } = backend;
      const agencies = body.agencies ?? [];
      const life = body.expiresAt - now();
      if (life < TOKEN_LIFE_MS.least || life > TOKEN_LIFE_MS.most) return refuse("token-life");
      if (body.roles.some((r) => !who.roles.includes(r))) return refuse("scope-too-wide");
      if (who.scope !== undefined && agencies.some((a) => !who.scope!.has(a))) return refuse("scope-too-wide");
      if (agencies.some((a) => !backend.hasAgency(a))) return refuse("scope-too-wide");
      const { label, roles, expiresAt } = body;
      const made = backend.transaction(() => {
        const token = desk.makeToken({ account: who.account, label, roles, agencies, expiresAt });
        audit.write({
          at: now(),
          account: who.account,
          act: "token-made",
          subject: token.token.id,
          detail: {
            roles: roles.join(" "),
            permissions: String(permissionsOf(roles).size),
            expiresAt: String(expiresAt),
          },
          personal: { label },
        });
        return token;
      });
      return { status: 201, body: made };
    },
  }),
  route({
    id: "revokeMyToken",
    method: "DELETE",
    path: "/api/me/tokens/{id}",
    needs: "token.own",
    summary: "Revoke one of one's own tokens",
    params: Type.Object({ id: Type.String({ pattern: "^[a-z0-9]{16}$" }) }),
    gives: Type.Object({}),
    refuses: ["token-unknown"],
    run: ({ backend }, { who, params }) => {
      const { tokens, audit, now } = backend;
      if (tokens.get(params.id)?.token.account !== who.account) return refuse("token-unknown");
      backend.transaction(() => {
        tokens.revoke(params.id);
        audit.write({ at: now(), account: who.account, act: "token-revoked", subject: params.id, detail: {} });
      });
      return { body: {} };
    },
  }),
];
