// Notifications: how channels fare and who is told of what, a test, what one was told oneself, and how people are reached. The rules are
// the document `notifications` (work-put-policy); no secret of a channel stands in any answer.
import Type from "typebox";
import type { Backend, Contact } from "../ports.ts";
import { type Call, type Refused, refuse, route } from "../route.ts";
import { Instant, Uid } from "../schemas.ts";

const strict = { additionalProperties: false };
const Mail = Type.String({
  pattern: "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63}){0,8}$",
  maxLength: 254,
});
/** Without `mail`: not by mail. */
const ContactBody = Type.Object({ mail: Type.Optional(Mail), language: Type.Enum(["vi", "en"]) }, strict);
const ContactSchema = Type.Object({ mail: Type.Optional(Type.String()), language: Type.Enum(["vi", "en"]) });
const Strings = Type.Array(Type.String());
const NoticeSchema = Type.Object({
  id: Type.String(),
  at: Instant,
  kind: Type.String(),
  incident: Type.Optional(Type.String()),
  severity: Type.Optional(Type.String()),
  subject: Type.String(),
  summary: Type.String(),
  sound: Type.Boolean({ description: "It may ring: not within quiet hours, unless it is urgent." }),
  seen: Type.Boolean(),
});
const StateSchema = Type.Object({
  channels: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.String(),
      state: Type.Enum(["works", "failing", "dead", "unused"]),
      since: Type.Optional(Instant),
      lastOkAt: Type.Optional(Instant),
      error: Type.Optional(Type.Object({ code: Type.String(), detail: Type.String() })),
      pending: Type.Integer(),
      oldestAt: Type.Optional(Instant),
    }),
  ),
  direct: Strings,
  routes: Type.Array(
    Type.Object({
      id: Type.String(),
      to: Type.Optional(Strings),
      channels: Strings,
      kinds: Strings,
      when: Type.Optional(Type.Record(Type.String(), Strings)),
    }),
  ),
  caretakers: Strings,
  quiet: Type.Optional(Type.Object({ from: Type.String(), until: Type.String() })),
  failures: Type.Array(
    Type.Object({
      at: Instant,
      kind: Type.String(),
      incident: Type.String(),
      channel: Type.String(),
      receiver: Type.String(),
      attempts: Type.Integer(),
      code: Type.String(),
      detail: Type.String(),
    }),
  ),
});

/** Routes and failures speak of all agencies and of people. */
const barred = ({ who }: Pick<Call<never, never, never>, "who">): Refused | undefined =>
  who.scope === undefined ? undefined : refuse("permission-missing", "the whole province");

export const notificationRoutes = [
  route({
    id: "notifications",
    method: "GET",
    path: "/api/notifications",
    needs: "audit.read",
    summary: "How channels fare, who is told of what, and what could not be told lately",
    gives: StateSchema,
    run: ({ backend }, call) => barred(call) ?? { body: backend.notifications.state() },
  }),
  route({
    id: "testNotification",
    method: "POST",
    path: "/api/notifications/test",
    needs: "system.manage",
    summary: "Send a test over a channel, to oneself or to the channel's own address",
    body: Type.Object({ channel: Type.String({ minLength: 1, maxLength: 64 }) }, strict),
    gives: Type.Object({ sent: Type.Literal(true) }),
    refuses: ["channel-unknown", "channel-failed"],
    run: async ({ backend }, call) => {
      const no = barred(call);
      if (no) return no;
      const { channel } = call.body;
      const outcome = await backend.notifications.test(call.who.account, channel);
      if (!outcome.ok && outcome.code === "channel-unknown") return refuse("channel-unknown");
      const detail = { channel, outcome: outcome.ok ? "sent" : outcome.code };
      const entry = {
        at: backend.now(),
        account: call.who.account,
        act: "notification-tested",
        subject: channel,
        detail,
      };
      backend.transaction(() => backend.audit.write(entry));
      if (outcome.ok) return { body: { sent: true as const } };
      return refuse("channel-failed", [outcome.code, outcome.detail].filter(Boolean).join(": "));
    },
  }),
  route({
    id: "myNotices",
    method: "GET",
    path: "/api/me/notices",
    needs: "signed-in",
    summary: "What one was told on the screen, newest first",
    query: Type.Object({ language: Type.Optional(Type.Enum(["vi", "en"])) }, strict),
    gives: Type.Object({ items: Type.Array(NoticeSchema) }),
    run: ({ backend }, { who, query }) => ({
      body: { items: backend.notifications.notices(who.account, query.language) },
    }),
  }),
  route({
    id: "noticesSeen",
    method: "POST",
    path: "/api/me/notices/seen",
    needs: "signed-in",
    summary: "One has seen what one was told so far",
    body: Type.Object({}, strict),
    gives: Type.Object({}),
    run: ({ backend }, { who }) => {
      backend.notifications.seen(who.account);
      return { body: {} };
    },
  }),
  route({
    id: "myContact",
    method: "GET",
    path: "/api/me/contact",
    needs: "signed-in",
    summary: "How one is reached oneself",
    gives: Type.Object({ contact: Type.Optional(ContactSchema) }),
    run: ({ backend }, { who }) => {
      const contact = backend.notifications.contact(who.account);
      return { body: contact ? { contact } : {} };
    },
  }),
  route({
    id: "setMyContact",
    method: "POST",
    path: "/api/me/contact",
    needs: "signed-in",
    summary: "Say how one is reached, and in which language",
    body: ContactBody,
    gives: Type.Object({ contact: ContactSchema }),
    proof: true,
    run: ({ backend }, { who, body }) => ({ body: keep(backend, who.account, who.account, body) }),
  }),
  route({
    id: "contacts",
    method: "GET",
    path: "/api/contacts",
    needs: "people.read",
    summary: "How people are reached",
    personal: true,
    gives: Type.Object({ items: Type.Array(Type.Intersect([ContactSchema, Type.Object({ account: Type.String() })])) }),
    run: ({ backend }) => ({ body: { items: backend.notifications.contacts() } }),
  }),
  route({
    id: "setContact",
    method: "POST",
    path: "/api/accounts/{uid}/contact",
    needs: "people.manage",
    summary: "Say how somebody is reached",
    params: Type.Object({ uid: Uid }),
    body: ContactBody,
    gives: Type.Object({ contact: ContactSchema }),
    proof: true,
    refuses: ["account-unknown"],
    run: ({ backend }, { who, params, body }) => {
      const account = backend.accounts.list().find((a) => a.uid === params.uid);
      return account
        ? { body: keep(backend, who.account, account.name, body, account.uid) }
        : refuse("account-unknown");
    },
  }),
];

/** The address itself stands beside the audit's chain: it may have to be erased. */
function keep(backend: Backend, by: string, account: string, contact: Contact, subject = account) {
  backend.transaction(() => {
    backend.notifications.setContact(account, contact);
    backend.audit.write({
      at: backend.now(),
      account: by,
      act: "contact-changed",
      subject,
      detail: { language: contact.language },
      ...(contact.mail === undefined ? {} : { personal: { mail: contact.mail } }),
    });
  });
  return { contact };
}
