// Shapes of what the API gives and takes, by name: the OpenAPI document refers to them, and a test holds real answers to them.
// Answers may grow fields; requests may not have any that are not here.

import Type, { type TSchema } from "typebox";
import { AGENT_ACTS } from "../../protocol/software.ts";
import { ROLES, type Role } from "../people/roles.ts";
import type { PasskeyAnswer } from "./desk/passkeys.ts";

const RoleSchema = Type.Unsafe<Role>(Type.Enum([...ROLES]));

export const Instant = Type.Integer({ minimum: 0, description: "Milliseconds since 1970-01-01T00:00Z." });
export const Name = Type.String({ minLength: 1, maxLength: 160 });
const Both = Type.Object({ vi: Type.String(), en: Type.String() });
const Severity = Type.Enum(["critical", "high", "medium", "low", "info"]);
const Facts = Type.Record(Type.String(), Type.Unknown());

export const IncidentId = Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$" });
export const IncidentSchema = Type.Object({
  id: IncidentId,
  cause: Type.Object({ asset: Type.String(), name: Both, actor: Type.Optional(Type.String()) }),
  class: Type.String(),
  severity: Severity,
  state: Type.String(),
  detectedAt: Instant,
  openedAt: Instant,
  reopenedAt: Type.Optional(Instant),
  recoveredAt: Type.Optional(Instant),
  closedAt: Type.Optional(Instant),
  quietAt: Type.Optional(Instant),
  owner: Type.Optional(Type.String()),
  resolution: Type.Optional(Type.String()),
  impact: Type.Object({
    lost: Type.Array(Type.String()),
    degraded: Type.Array(Type.String()),
    affected: Type.Array(Type.String()),
  }),
  explains: Type.Array(Type.String()),
  evidence: Type.Array(Facts),
  history: Type.Array(Facts),
  restricted: Type.Optional(Type.Literal(true)),
});
export const AgencySchema = Type.Object({ id: Name, level: Name, name: Both });
export const AgentSchema = Type.Object({
  agent: Name,
  agency: Type.String(),
  host: Name,
  presence: Type.Enum(["live", "silent", "unknown"]),
  since: Instant,
});
export const TargetSchema = Type.Object({
  target: Name,
  agency: Name,
  agent: Name,
  asset: Name,
  check: Name,
  status: Type.Enum(["good", "finding", "skipped", "broke", "unknown"]),
  severity: Type.Optional(Severity),
  tags: Type.Array(Type.String()),
  since: Instant,
  at: Instant,
});
export const LogEntrySchema = Type.Object({
  id: Type.Integer(),
  receivedAt: Instant,
  agent: Name,
  epoch: Type.Integer(),
  seq: Type.Integer(),
  item: Facts,
});

export const HourSchema = Type.Object({
  at: Type.Integer({ minimum: 0, description: "Begin of the hour, milliseconds since 1970-01-01T00:00Z." }),
  agency: Name,
  source: Type.String({ description: "A check or a detector." }),
  reports: Type.Integer(),
  bad: Type.Integer({ description: "Reports with findings." }),
  broken: Type.Integer({ description: "Runs that broke or were skipped." }),
  detections: Type.Integer(),
});
export const FoundSchema = Type.Object({
  id: Type.Integer(),
  at: Instant,
  agency: Name,
  agent: Name,
  target: Name,
  text: Type.String({ description: "What was said, its first 500 characters." }),
});

export const EnrolmentSchema = Type.Object({
  agent: Name,
  keySha256: Type.String({
    description: "SHA-256 of the public key (SPKI), hex: compare it with what the host shows.",
  }),
  askedAt: Instant,
  address: Type.String(),
  state: Type.Enum(["waiting", "approved", "refused"]),
  decidedAt: Type.Optional(Instant),
  account: Type.Optional(Type.String()),
});
export const RevocationSchema = Type.Object({
  agent: Name,
  at: Type.Integer({ description: "Certificates issued until then are refused." }),
  account: Type.String(),
  reason: Type.String(),
});

export const SoftwareSchema = Type.Object({
  heard: Type.Array(Type.Object({ agent: Name, version: Type.String(), address: Type.String(), at: Instant }), {
    description: "What each agent said of itself when it last came in, since the console started.",
  }),
  offer: Type.Optional(
    Type.Object(
      {
        serial: Type.Integer(),
        version: Type.String(),
        share: Type.Number({ description: "Percent of all agents." }),
        ring: Type.Integer({ description: "Agents that are offered it." }),
        installed: Type.Integer(),
        rolledBack: Type.Integer(),
        refused: Type.Integer(),
      },
      { description: "The release that is offered, and how many agents told what became of it." },
    ),
  ),
  news: Type.Array(
    Type.Object({
      at: Instant,
      agent: Name,
      act: Type.Enum([...AGENT_ACTS]),
      detail: Type.Record(Type.String(), Type.String()),
    }),
    { description: "The newest first, 50 at most." },
  ),
});

export const AccountName = Type.String({
  pattern: "^[a-z][a-z0-9._-]{1,62}$",
  description: "Lower case; kept for ever, so that no one is taken for somebody who was here before.",
});
export const Uid = Type.String({ pattern: "^[A-Za-z0-9-]{1,64}$" });
export const Roles = Type.Array(RoleSchema, { minItems: 1, maxItems: 6, uniqueItems: true });
export const Agencies = Type.Array(Name, {
  maxItems: 500,
  uniqueItems: true,
  description: "Empty: the whole province.",
});
export const AccountSchema = Type.Object({
  uid: Uid,
  name: Type.String(),
  display: Type.String(),
  roles: Roles,
  agencies: Agencies,
  state: Type.Enum(["active", "disabled", "sealed"]),
  subject: Type.Optional(Type.String()),
  hasPassword: Type.Boolean(),
  hasSecondFactor: Type.Boolean(),
  createdAt: Instant,
  changedAt: Instant,
});
export const InvitationSchema = Type.Object({ code: Type.String(), expiresAt: Instant });
export const SessionSchema = Type.Object({
  id: Type.String(),
  account: Type.String(),
  method: Type.Enum(["code", "local", "sealed", "oidc"]),
  address: Type.String(),
  createdAt: Instant,
  provedAt: Instant,
  expiresAt: Instant,
});
export const PasskeySchema = Type.Object({
  id: Type.String(),
  label: Type.String(),
  createdAt: Instant,
  usedAt: Type.Optional(Instant),
});
/** What a browser answers (WebAuthn Level 3, `PublicKeyCredential.toJSON`); judged by the library. */
export const PasskeyAnswerSchema = Type.Unsafe<PasskeyAnswer>(
  Type.Object(
    {
      id: Type.String({ pattern: "^[A-Za-z0-9_-]{8,1400}$" }),
      rawId: Type.String({ maxLength: 1_400 }),
      type: Type.Literal("public-key"),
      response: Type.Record(Type.String(), Type.Unknown()),
      clientExtensionResults: Type.Record(Type.String(), Type.Unknown()),
      authenticatorAttachment: Type.Optional(Type.Union([Type.Null(), Type.String({ maxLength: 40 })])),
    },
    { additionalProperties: false },
  ),
);
export const TokenSchema = Type.Object({
  id: Type.String(),
  account: Type.String(),
  label: Type.String(),
  roles: Roles,
  agencies: Agencies,
  createdAt: Instant,
  expiresAt: Instant,
  usedAt: Type.Optional(Instant),
});
export const AuditSchema = Type.Object({
  n: Type.Integer({ minimum: 1 }),
  at: Instant,
  actor: Type.String({ description: "The opaque id of an account, or who acts without one." }),
  act: Type.String(),
  subject: Type.String(),
  detail: Type.Record(Type.String(), Type.String()),
  personal: Type.String({ description: "Commitment to personal data that stands beside the chain; empty for none." }),
  previous: Type.String(),
  hash: Type.String(),
  beside: Type.Optional(
    Type.Union([
      Type.Null({ description: "It was erased." }),
      Type.Object({ salt: Type.String(), data: Type.Record(Type.String(), Type.String()) }),
    ]),
  ),
});
export const VerdictSchema = Type.Union([
  Type.Object({ ok: Type.Literal(true), entries: Type.Integer(), head: Type.String(), erased: Type.Integer() }),
  Type.Object({ ok: Type.Literal(false), code: Type.String(), at: Type.Integer() }),
]);
export const MeSchema = Type.Object({
  account: Type.String(),
  expiresAt: Type.Optional(Instant),
  roles: Type.Array(RoleSchema),
  permissions: Type.Array(Type.String()),
  agencies: Type.Union([Type.Null({ description: "The whole province." }), Type.Array(Type.String())]),
  passkeys: Type.Integer({
    minimum: 0,
    description: "How many passkeys one has: one of them proves again who one is.",
  }),
  firstRun: Type.Boolean({ description: "No account of a person exists yet." }),
});
export const EnteredSchema = Type.Union([
  Type.Intersect([MeSchema, Type.Object({ recoveryCodes: Type.Optional(Type.Array(Type.String())) })]),
  Type.Object({
    next: Type.Enum(["second-factor", "enrol", "set-password"]),
    passkey: Type.Optional(Type.Boolean({ description: "A passkey of the account may stand in for the code." })),
    ticket: Type.String({ description: "For the next step; good for ten minutes, and for nothing else." }),
  }),
]);
export const Ticket = Type.String({ minLength: 32, maxLength: 32 });
export const ProblemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.Optional(Type.String()),
});

/** A page of a list that is read by cursor. */
export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object({
    items: Type.Array(item),
    next: Type.Optional(Type.String({ description: "The cursor of the next page; absent on the last." })),
  });
export const PageQuery = {
  limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,4}$", description: "1 to 200; 50 when absent." })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
};

/** Named once in the OpenAPI document. */
export const COMPONENTS: Readonly<Record<string, TSchema>> = {
  Incident: IncidentSchema,
  Agency: AgencySchema,
  Agent: AgentSchema,
  Target: TargetSchema,
  LogEntry: LogEntrySchema,
  Account: AccountSchema,
  Session: SessionSchema,
  Passkey: PasskeySchema,
  Token: TokenSchema,
  AuditEntry: AuditSchema,
  Me: MeSchema,
  Problem: ProblemSchema,
};
