// The document `notifications`: channels, routes, quiet hours. YAML, bounded; a wrong one is refused with a code, the path in it,
// what is wrong and what to do. It names secrets and holds none.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { parseDocument } from "yaml";
import { SEVERITIES } from "../../protocol/finding.ts";
import { ROLES } from "../people/roles.ts";
import { hasOwnAddress } from "./own-address.ts";
import { joined, type Provisioned, withoutGone } from "./provisioned.ts";

const strict = { additionalProperties: false };
const Id = Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$" });
const Name = Type.String({ minLength: 1, maxLength: 160 });
const oneOf = <const T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(values.map((v) => Type.Literal(v))));
/** An address as SMTP carries it in Vietnam's offices: ASCII, one @, no quoting. */
export const MAIL_ADDRESS = "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63}){0,8}$";
const Mail = Type.String({ pattern: MAIL_ADDRESS, maxLength: 254 });
const Language = oneOf(["vi", "en"]);
const Host = Type.String({ pattern: "^[A-Za-z0-9.:-]{1,253}$" });

/** Of a channel with an address of its own: in which language, and whose part of the province. */
const OWN = {
  language: Type.Optional(Language),
  /** Only these agencies' part; absent: everything. */
  agencies: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 500 })),
};
export const ChannelSchema = Type.Union([
  Type.Object({ id: Id, kind: Type.Literal("screen") }, strict),
  Type.Object(
    {
      id: Id,
      kind: Type.Literal("mail"),
      host: Host,
      port: Type.Integer({ minimum: 1, maximum: 65_535 }),
      from: Mail,
      user: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
      passwordSecret: Type.Optional(Id),
      /** A list instead of single people. */
      to: Type.Optional(Type.Array(Mail, { minItems: 1, maxItems: 50 })),
      quiet: Type.Optional(Type.Boolean()),
      ...OWN,
    },
    strict,
  ),
  Type.Object(
    {
      id: Id,
      kind: Type.Literal("webhook"),
      url: Type.String({ minLength: 8, maxLength: 2_048 }),
      keySecret: Id,
      quiet: Type.Optional(Type.Boolean()),
      ...OWN,
    },
    strict,
  ),
]);
export type ChannelRule = Type.Static<typeof ChannelSchema>;

/** What may be told: the intents of protocol/casework.ts. */
export const KINDS = [
  "opened",
  "joined",
  "reopened",
  "recovered",
  "worsened",
  "escalation",
  "clock-warning",
  "clock-overdue",
  "handover",
  "channel-dead",
  "channel-back",
] as const;
const Kinds = Type.Array(oneOf(KINDS), { minItems: 1, maxItems: KINDS.length });
const Receiver = Type.String({ pattern: "^(role|account):.+$", maxLength: 100 });
const Severities = Type.Array(oneOf(SEVERITIES), { minItems: 1, maxItems: 5 });
const Time = Type.String({ pattern: "^([01]\\d|2[0-3]):[0-5]\\d$" });

export const HeartbeatSchema = Type.Object(
  {
    url: Type.String({ minLength: 8, maxLength: 2_048 }),
    keySecret: Id,
    everySeconds: Type.Integer({ minimum: 5, maximum: 3_600 }),
  },
  strict,
);

const RuleSchema = Type.Object(
  {
    channels: Type.Array(ChannelSchema, { minItems: 1, maxItems: 32 }),
    direct: Type.Array(Id, { minItems: 1, maxItems: 32 }),
    routes: Type.Array(
      Type.Object(
        {
          id: Id,
          /** Absent: the channels' own addresses. */
          to: Type.Optional(Type.Array(Receiver, { minItems: 1, maxItems: 64 })),
          channels: Type.Array(Id, { minItems: 1, maxItems: 32 }),
          kinds: Kinds,
          when: Type.Optional(
            Type.Object(
              {
                class: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 16 })),
                severity: Type.Optional(Severities),
                /** Levels of the agencies that are concerned. */
                level: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 16 })),
                agency: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 500 })),
              },
              strict,
            ),
          ),
        },
        strict,
      ),
      { maxItems: 200 },
    ),
    caretakers: Type.Array(Receiver, { minItems: 1, maxItems: 16 }),
    quiet: Type.Optional(
      Type.Object(
        {
          from: Time,
          until: Time,
          utcOffsetHours: Type.Number({ minimum: -12, maximum: 14 }),
          urgent: Type.Object({ severity: Type.Array(oneOf(SEVERITIES), { maxItems: 5 }), kinds: Kinds }, strict),
        },
        strict,
      ),
    ),
    dedupMinutes: Type.Integer({ minimum: 0, maximum: 1_440 }),
    expireHours: Type.Number({ minimum: 0.05, maximum: 720 }),
    deadAfterMinutes: Type.Number({ minimum: 0, maximum: 1_440 }),
    heartbeat: Type.Optional(HeartbeatSchema),
  },
  strict,
);
export type NotifyRules = Type.Static<typeof RuleSchema>;
export type RouteRule = NotifyRules["routes"][number];

const shape = Compile(RuleSchema);
const MOST_TEXT = 256 * 1024;

export type RuleFault =
  | "not-yaml"
  | "not-of-shape"
  | "id-twice"
  | "channel-unknown"
  | "channel-provisioned"
  | "channel-has-no-address"
  | "channel-has-own-address"
  | "role-unknown"
  | "password-missing"
  | "url-refused";
export interface Fault {
  code: RuleFault;
  path: string;
  detail: string;
  remedy: string;
}
export type ReadRules = { ok: true; value: NotifyRules } | { ok: false; fault: Fault; detail: string };

/** `kept`: it was put before, and what it names and is provisioned no longer is passed over. */
interface Reading {
  provisioned?: Provisioned | undefined;
  kept?: boolean;
}

/**
 * Reads the document, and gives the rules with what is provisioned. `urlFault`: why an address may not be sent to
 * (console/outbound). Never throws.
 */
export function readRules(
  text: string,
  urlFault: (url: string) => string | undefined,
  { provisioned = { channels: [] }, kept = false }: Reading = {},
): ReadRules {
  const fault = (code: RuleFault, path: string, detail: string, remedy: string): ReadRules => ({
    ok: false,
    fault: { code, path, detail, remedy },
    detail: `${code}: ${path}: ${detail}. ${remedy}`,
  });
  if (text.length > MOST_TEXT) return fault("not-yaml", "/", `more than ${MOST_TEXT} characters`, "Shorten it.");
  let value: unknown;
  try {
    const document = parseDocument(text, { schema: "core", stringKeys: true });
    if (document.errors[0]) throw document.errors[0];
    value = document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    const [line = ""] = (error as Error).message.split("\n");
    return fault("not-yaml", "/", line, "Correct the YAML at that place.");
  }
  if (!shape.Check(value)) {
    // Of a union each branch complains; the deepest complaint is the nearest to what was meant.
    const all = [...shape.Errors(value)];
    const deepest = all.reduce((a, b) => (b.instancePath.length > a.instancePath.length ? b : a), all[0]!);
    const remedy = "docs/notifications.md shows every field.";
    return fault("not-of-shape", deepest.instancePath || "/", deepest.message ?? "is not of the shape", remedy);
  }
  const written = value as NotifyRules;
  const both = joined(written, provisioned);
  const whole = kept ? withoutGone(both) : both;
  const shadow = kept ? undefined : shadowed(written, provisioned);
  const found = shadow ?? beyondShape(written, urlFault) ?? namesFault(whole);
  return found ? fault(...found) : { ok: true, value: whole };
}

type Found = [RuleFault, string, string, string];

/** A channel that would have no effect, since province.yaml has one of that id. */
function shadowed({ channels }: NotifyRules, provisioned: Provisioned): Found | undefined {
  const i = channels.findIndex((c) => provisioned.channels.some((p) => p.id === c.id));
  const [id, remedy] = [channels[i]?.id, "Name it in direct and routes only, or take another id."];
  return i < 0 ? undefined : ["channel-provisioned", `/channels/${i}/id`, `province.yaml provisions ${id}`, remedy];
}

/** What a schema cannot say: that what is named exists, and that a route has somebody to tell. */
function beyondShape(r: NotifyRules, urlFault: (url: string) => string | undefined): Found | undefined {
  const ids = r.channels.map((c) => c.id);
  const routeIds = r.routes.map((x) => x.id);
  const twice = ids.findIndex((id, i) => ids.indexOf(id) !== i);
  if (twice >= 0) return ["id-twice", `/channels/${twice}/id`, `${ids[twice]} is there twice`, "Give each its own id."];
  const again = routeIds.findIndex((id, i) => routeIds.indexOf(id) !== i);
  if (again >= 0)
    return ["id-twice", `/routes/${again}/id`, `${routeIds[again]} is there twice`, "Give each its own id."];
  for (const [i, c] of r.channels.entries()) {
    if (c.kind === "mail" && (c.user === undefined) !== (c.passwordSecret === undefined))
      return ["password-missing", `/channels/${i}`, "user and passwordSecret go together", "Give both, or neither."];
    const no = c.kind === "webhook" ? urlFault(c.url) : undefined;
    if (no)
      return ["url-refused", `/channels/${i}/url`, no, "An https address outside, or one that outbound.allow names."];
  }
  const no = r.heartbeat && urlFault(r.heartbeat.url);
  return no
    ? ["url-refused", "/heartbeat/url", no, "An https address outside, or one that outbound.allow names."]
    : undefined;
}

function namesFault(r: NotifyRules): Found | undefined {
  const known = new Map(r.channels.map((c) => [c.id, c]));
  const named: [string, string, "people" | "own"][] = [
    ...r.direct.map((id, i) => [id, `/direct/${i}`, "people"] as [string, string, "people"]),
    ...r.routes.flatMap((x, n) =>
      x.channels.map(
        (id, i) => [id, `/routes/${n}/channels/${i}`, x.to ? "people" : "own"] as [string, string, "people" | "own"],
      ),
    ),
  ];
  for (const [id, path, whom] of named) {
    const channel = known.get(id);
    if (!channel) return ["channel-unknown", path, `no channel is called ${id}`, "Name one of /channels."];
    const own = hasOwnAddress(channel);
    if (whom === "own" && !own)
      return ["channel-has-no-address", path, `${id} tells people, and nobody is named`, "Give the route `to`."];
    if (whom === "people" && own)
      return [
        "channel-has-own-address",
        path,
        `${id} has one address for all`,
        "Leave `to` out of a route of its own.",
      ];
  }
  const receivers: [string, string][] = [
    ...r.caretakers.map((to, i) => [to, `/caretakers/${i}`] as [string, string]),
    ...r.routes.flatMap((x, n) => (x.to ?? []).map((to, i) => [to, `/routes/${n}/to/${i}`] as [string, string])),
  ];
  const wrong = receivers.find(([to]) => to.startsWith("role:") && !(ROLES as readonly string[]).includes(to.slice(5)));
  return wrong && ["role-unknown", wrong[1], `${wrong[0]} is no role`, `Roles: ${ROLES.join(", ")}.`];
}

/** Whether quiet hours hold what goes over it. The screen is never held: there quiet means without a sound. */
export const keepsQuiet = (c: ChannelRule): boolean => c.kind !== "screen" && (c.quiet ?? c.kind === "mail");
