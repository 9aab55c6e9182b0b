// Passkeys over the API: as the second factor of a sign-in, as a fresh proof, and one's own to keep. What the browser is asked and
// what it answers is WebAuthn's own JSON (Level 3), handed through.
import Type from "typebox";
import { type Api, refuse, route } from "../route.ts";
import { EnteredSchema, PasskeyAnswerSchema, PasskeySchema, Ticket } from "../schemas.ts";
import { enteredReply } from "./session.ts";

const strict = { additionalProperties: false };
const Options = Type.Object({ options: Type.Unknown({ description: "For navigator.credentials." }) });
const Answer = Type.Object({ answer: PasskeyAnswerSchema }, strict);
const MOST_ANSWER = 16 * 1024;
const REFUSES = ["passkey-address", "passkey-refused", "too-many-guesses"] as const;
const SIGNED_IN = ["passkey-account", "passkey-address", "not-by-token"] as const;

const accountOf = ({ backend }: Api, name: string) => backend.accounts.byName(name);

export const passkeyRoutes = [
  route({
    id: "showPasskey",
    method: "POST",
    path: "/api/signin/passkey/options",
    needs: "public",
    summary: "What a passkey signs as the second factor; at the first sign-in, what a new one is made from",
    body: Type.Object({ ticket: Ticket }, strict),
    bodyBytes: 1_024,
    gives: Options,
    secret: true,
    refuses: ["ticket-invalid", "passkey-address"],
    run: async ({ desk }, { body, site }) => {
      if (!site) return refuse("passkey-address");
      const asked = await desk.askPasskey(body.ticket, site);
      return "refused" in asked ? asked : { body: asked };
    },
  }),
  route({
    id: "signInByPasskey",
    method: "POST",
    path: "/api/signin/passkey",
    needs: "public",
    summary: "The second factor, or the first of a new account, by a passkey",
    body: Type.Object({ ticket: Ticket, answer: PasskeyAnswerSchema }, strict),
    bodyBytes: MOST_ANSWER,
    gives: EnteredSchema,
    secret: true,
    refuses: ["ticket-invalid", ...REFUSES],
    run: async (api, { body, site, address }) => {
      if (!site) return refuse("passkey-address");
      return enteredReply(api, await api.desk.byPasskey(body.ticket, body.answer, site, address));
    },
  }),
  route({
    id: "myPasskeys",
    method: "GET",
    path: "/api/me/passkeys",
    needs: "signed-in",
    summary: "One's own passkeys",
    gives: Type.Object({ items: Type.Array(PasskeySchema) }),
    run: (api, { who }) => {
      const account = accountOf(api, who.account);
      const keys = account ? api.backend.passkeys.of(account.uid) : [];
      return { body: { items: keys.map(({ publicKey: _, counter: __, transports: ___, ...told }) => told) } };
    },
  }),
  route({
    id: "newPasskey",
    method: "POST",
    path: "/api/me/passkeys/options",
    needs: "signed-in",
    summary: "What a new passkey of one's own is made from",
    body: Type.Object({}, strict),
    gives: Options,
    secret: true,
    proof: true,
    refuses: SIGNED_IN,
    run: async ({ desk }, { cookie, site }) => {
      if (!cookie) return refuse("not-by-token");
      if (!site) return refuse("passkey-address");
      const asked = await desk.askSignedIn(cookie, "new", site);
      return "refused" in asked ? asked : { body: asked };
    },
  }),
  route({
    id: "addPasskey",
    method: "POST",
    path: "/api/me/passkeys",
    needs: "signed-in",
    summary: "Keep the new passkey",
    body: Type.Object(
      { answer: PasskeyAnswerSchema, label: Type.String({ minLength: 1, maxLength: 80, pattern: "\\S" }) },
      strict,
    ),
    bodyBytes: MOST_ANSWER,
    gives: Type.Object({}),
    status: 201,
    secret: true,
    proof: true,
    refuses: [...SIGNED_IN, "passkey-refused"],
    run: async ({ desk }, { cookie, site, body }) => {
      if (!cookie) return refuse("not-by-token");
      if (!site) return refuse("passkey-address");
      const kept = await desk.addPasskey(cookie, body.answer, site, body.label.trim());
      return kept === true ? { status: 201, body: {} } : kept;
    },
  }),
  route({
    id: "dropPasskey",
    method: "DELETE",
    path: "/api/me/passkeys/{id}",
    needs: "signed-in",
    summary: "Take one of one's own passkeys away, unless it is the last second factor",
    params: Type.Object({ id: Type.String({ pattern: "^[A-Za-z0-9_-]{8,1400}$" }) }),
    gives: Type.Object({}),
    proof: true,
    refuses: ["passkey-unknown", "factor-last"],
    run: (api, { who, params }) => {
      const { accounts, passkeys, audit, now, transaction } = api.backend;
      const account = accountOf(api, who.account);
      const mine = account ? passkeys.of(account.uid) : [];
      if (!account || !mine.some((k) => k.id === params.id)) return refuse("passkey-unknown");
      // Whoever the provider vouches for has their second factor there.
      const others = accounts.secrets(account.uid).totpConfirmed || account.subject !== undefined;
      if (mine.length === 1 && !others) return refuse("factor-last");
      transaction(() => {
        passkeys.drop(account.uid, params.id);
        audit.write({ at: now(), account: who.account, act: "passkey-removed", subject: account.uid, detail: {} });
      });
      return { body: {} };
    },
  }),
  route({
    id: "askPasskeyProof",
    method: "POST",
    path: "/api/me/proof/passkey/options",
    needs: "signed-in",
    summary: "What a passkey signs to prove again who one is",
    body: Type.Object({}, strict),
    gives: Options,
    secret: true,
    refuses: [...SIGNED_IN, "passkey-unknown"],
    run: async ({ desk }, { cookie, site }) => {
      if (!cookie) return refuse("not-by-token");
      if (!site) return refuse("passkey-address");
      const asked = await desk.askSignedIn(cookie, "proof", site);
      return "refused" in asked ? asked : { body: asked };
    },
  }),
  route({
    id: "proveByPasskey",
    method: "POST",
    path: "/api/me/proof/passkey",
    needs: "signed-in",
    summary: "Prove again who one is, by a passkey",
    body: Answer,
    bodyBytes: MOST_ANSWER,
    gives: Type.Object({}),
    secret: true,
    refuses: [...SIGNED_IN, ...REFUSES],
    run: async ({ desk }, { cookie, site, body, address }) => {
      if (!cookie) return refuse("not-by-token");
      if (!site) return refuse("passkey-address");
      const proved = await desk.proveByPasskey(cookie, body.answer, site, address);
      return proved === true ? { body: {} } : proved;
    },
  }),
];
