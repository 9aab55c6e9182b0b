// The shape of province.yaml, and the only place that states it. A description says what would be right: it is what
// the reader of an error gets. What goes beyond one value (references, overlaps) stands in rules.ts.
import Type from "typebox";
import { SYSTEM_LEVELS } from "../../protocol/retention.ts";

const text = (right: string) => Type.String({ minLength: 1, maxLength: 200, description: right });
const pattern = (expression: string, right: string) => Type.String({ pattern: expression, description: right });
const whole = (minimum: number, maximum: number) =>
  Type.Integer({ minimum, maximum, description: `a whole number from ${minimum} to ${maximum}` });
const object = <P extends Record<string, Type.TSchema>>(properties: P) =>
  Type.Object(properties, {
    additionalProperties: false,
    description: `a map with ${Object.keys(properties).join(", ")}`,
  });
const list = <T extends Type.TSchema>(items: T, minItems: number, right: string) =>
  Type.Array(items, { minItems, description: right });

/** Interfaces are named `to-<host>`, and a kernel's name has at most 15 characters. */
const HostId = pattern(
  "^[a-z][a-z0-9-]{0,11}$",
  "at most 12 characters: a small letter, then small letters, digits and hyphens",
);
/** A DNS label (RFC 1035 §2.3.1), since `<id>.<domain>` is the agency's name, and a folder's and a namespace's name. */
const Slug = pattern("^[a-z][a-z0-9-]{0,61}[a-z0-9]$", "an ASCII slug such as so-noi-vu");
const Domain = pattern(
  "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$",
  "a domain name in small letters such as camau.gov.vn",
);
const Ipv6Prefix = pattern("^[0-9a-f:]+/[0-9]{1,3}$", "an IPv6 prefix such as 2001:db8:4000::/40");
const Ipv4Prefix = pattern("^[0-9.]+/[0-9]{1,2}$", "an IPv4 prefix such as 203.0.113.0/24");
const Address = pattern("^[0-9a-f:.]+$", "an IPv4 or IPv6 address");
/** RFC 7607, RFC 4893 and RFC 7300 keep 0, 23456, 65535 and the last one back. */
const Asn = whole(1, 4_294_967_294);
const Name = object({ vi: text("the name in Vietnamese"), en: text("the name in English") });
/** Left out, province.lock gives it; a number that stands here is kept as it is. */
const number = (most: number, least = 1) => Type.Optional(whole(least, most));
const Contact = Type.Optional(text("whom to call"));
const oneOf = <const T extends string>(values: readonly T[]) =>
  Type.Enum([...values], { description: values.join(", ") });

export const SERVER_TASKS = [
  "primary-dns",
  "secondary-dns",
  "resolver",
  "portal",
  "mail",
  "console",
  "bastion",
] as const;
export const SECURITY_ZONES = ["border", "dmz", "application", "data", "management", "campus", "server-room"] as const;
const Zone = Type.Optional(oneOf(SECURITY_ZONES));
const Router = object({
  id: HostId,
  number: number(255),
  role: oneOf(["border", "core", "hub"]),
  drain: Type.Optional(
    Type.Boolean({ description: "true while the router is being emptied for work on it (RFC 8326)" }),
  ),
  /** Of a hub: where agencies find it over the Internet (WireGuard), in the province's public space. */
  internet: Type.Optional(object({ ipv4: Address, ipv6: Address })),
});
const Server = object({ id: HostId, number: number(62, 2), runs: oneOf(SERVER_TASKS), zone: Zone });
const Datacentre = object({
  id: HostId,
  number: number(4),
  level: Slug,
  name: Name,
  contact: Contact,
  routers: list(Router, 1, "a list of routers"),
  servers: list(Server, 0, "a list of servers"),
});
const Upstream = object({
  id: HostId,
  asn: Asn,
  name: Name,
  border: HostId,
  ipv6: Ipv6Prefix,
  ipv4: Ipv4Prefix,
  line: object({ ipv6: Ipv6Prefix, ipv4: Ipv4Prefix }),
  maxPrefixes: Type.Optional(object({ ipv4: whole(1, 10_000_000), ipv6: whole(1, 10_000_000) })),
});

/** Level I: two fibre channels on two routes; level II: one point (Circular 06/2026/TT-BKHCN). */
const Dedicated = Type.Optional(oneOf(["I", "II"]));
/** What is known of a line beside its two ends. Stated at an agency, it holds for those of its lines that do not say otherwise. */
const line = {
  medium: Type.Optional(oneOf(["dedicated", "leased", "internet"])),
  provider: Type.Optional(Slug),
  contract: Type.Optional(text("the contract's number")),
  capacityMbps: Type.Optional(whole(1, 1_000_000)),
};
const Uplink = Type.Union([HostId, object({ hub: HostId, ...line })], {
  description: "a hub's id, or a map with hub and what is known of the line",
});
export const AgencySchema = object({
  id: Slug,
  number: number(16_383),
  level: Slug,
  name: Name,
  uplinks: list(Uplink, 1, "a list of hubs, the preferred first"),
  dedicated: Dedicated,
  ...line,
  contact: Contact,
});
const agencyList = list(AgencySchema, 1, "a list of agencies");

const SERVICE_KINDS = [
  "agency-site",
  "mail",
  "public-service",
  "one-stop",
  "documents",
  "document-axis",
  "time",
  "other",
] as const;
const Service = object({ id: Slug, kind: oneOf(SERVICE_KINDS), name: Name, on: HostId });
/** What the plan itself decides of an agency: whether it is on the dedicated network, whether it has two lines. */
export const COVERAGES = ["dedicated", "two-paths"] as const;
const Day = pattern("^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "a day such as 2027-12-31");
const Coverage = object({ what: oneOf(COVERAGES), level: Slug, percent: whole(1, 100), by: Day });
const DEVICE_KINDS = ["router", "switch", "firewall", "access-point", "ups", "camera", "sensor", "other"] as const;
const Device = object({
  id: Slug,
  managed: Type.Literal(false, { description: "false: what stands here is never touched" }),
  kind: oneOf(DEVICE_KINDS),
  name: Name,
  at: Slug,
  number: number(62, 2),
  zone: Zone,
  contact: Contact,
});

/** What people may be on the console (console/people/roles.ts is the table; a test holds both to the same words). */
export const PEOPLE_ROLES = [
  "engineer",
  "security-staff",
  "security-lead",
  "agency-it",
  "auditor",
  "administrator",
] as const;
/** An identity provider (OpenID Connect). Its secret never stands here: `vonggac provider-secret` puts it into the vault. */
const Provider = object({
  name: text("as people read it on the sign-in page"),
  issuer: pattern("^https://[^\\s?#]+$", "the issuer's address, such as https://sso.camau.gov.vn"),
  clientId: text("the console's id at the provider"),
  scope: Type.Optional(pattern("^openid( [!#-\\[\\]-~]+)*$", "words, openid the first, such as openid profile groups")),
  rows: list(
    object({
      claim: text("a claim's name, such as groups"),
      value: text("the value that the claim has, or contains"),
      roles: list(oneOf(PEOPLE_ROLES), 1, "a list of roles"),
      agencies: Type.Optional(list(Slug, 1, "a list of agencies' ids; left out, the whole province")),
    }),
    1,
    "a list of what claims give",
  ),
});
export type ProviderIntent = Type.Static<typeof Provider>;

/** What the console's firewall lets out to channels (plan/firewall.ts; a test holds both to the same numbers). */
export const OUTWARD_PORTS = { mail: [25, 465, 587], webhook: [443], heartbeat: [443, 8460] } as const;
const SecretName = pattern("^[a-z0-9][a-z0-9-]{0,63}$", "a secret's name in the vault such as smtp-password");
const ChannelId = pattern("^[a-z0-9][a-z0-9-]{0,63}$", "small letters, digits and hyphens");
/** Neither a name and password nor a query: a secret in an address would stand in logs. */
const HttpsUrl = (port: string, right: string) =>
  pattern(`^https://([a-z0-9.-]+|\\[[0-9a-f:.]+\\])(:(${port}))?(/[!$->A-Z\\[-~]*)?$`, right);
const MailAddress = pattern(
  "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63}){0,8}$",
  "an address such as vonggac@camau.gov.vn",
);
const own = {
  language: Type.Optional(oneOf(["vi", "en"])),
  agencies: Type.Optional(list(Slug, 1, "agencies of whose part alone it tells; left out, the whole province")),
};
/** Channels by which people outside the console are told, beside the screen. Their secrets never stand here: `vonggac channel-secret`. */
const Notify = object({
  mail: Type.Optional(
    list(
      object({
        id: ChannelId,
        host: pattern("^[A-Za-z0-9.:-]{1,253}$", "the relay's name or address"),
        port: Type.Enum([...OUTWARD_PORTS.mail], { description: OUTWARD_PORTS.mail.join(", ") }),
        from: MailAddress,
        user: Type.Optional(text("the console's account at the relay")),
        passwordSecret: Type.Optional(SecretName),
        to: Type.Optional(list(MailAddress, 1, "a list of addresses; left out, each person's own")),
        ...own,
      }),
      1,
      "a list of mail relays",
    ),
  ),
  webhooks: Type.Optional(
    list(
      object({
        id: ChannelId,
        url: HttpsUrl("443", "an https address on port 443, without password or query"),
        keySecret: SecretName,
        ...own,
      }),
      1,
      "a list of webhooks",
    ),
  ),
  heartbeat: Type.Optional(
    object({
      url: HttpsUrl("443|8460", "an https address on port 443 or 8460, without password or query"),
      keySecret: SecretName,
      everySeconds: whole(5, 3_600),
    }),
  ),
  reach: Type.Optional(
    list(
      pattern("^[0-9a-f:.]+/[0-9]{1,3}$", "a prefix such as 10.20.0.0/16"),
      1,
      "private networks in which a relay, webhook or watcher stands",
    ),
  ),
  roots: Type.Optional(
    pattern(
      "^\\s*-----BEGIN CERTIFICATE-----[\\s\\S]*$",
      "certificates (PEM) that count beside the world's authorities",
    ),
  ),
});
export type NotifyIntent = Type.Static<typeof Notify>;

/** Whose agents a person lets in, beside their token. */
const Enrolment = object({
  approve: Type.Union([Type.Literal("all"), list(Slug, 1, "a list of levels and agencies")], {
    description: "all, or a list of levels and agencies",
  }),
});
const Retention = object({
  systemLevel: Type.Optional(
    Type.Enum([...SYSTEM_LEVELS], { description: `the system's level: ${SYSTEM_LEVELS.join(", ")}; left out, 3` }),
  ),
  logDays: whole(1, 36_500),
});

export const ProvinceSchema = object({
  province: object({
    id: Slug,
    name: Name,
    domain: Domain,
    asn: Asn,
    ipv6: Ipv6Prefix,
    ipv4: Ipv4Prefix,
    publicIpv4: Ipv4Prefix,
    /** RFC 9276 §3.1: hashing is worth its cost only where names are to be hidden. */
    denial: Type.Optional(oneOf(["nsec", "nsec3"])),
    time: Type.Optional(list(Address, 1, "a list of NTP servers outside that the province's own follow")),
    validators: Type.Optional(
      list(object({ address: Address, port: whole(1, 65_535) }), 1, "a list of RPKI validators (RFC 8210)"),
    ),
  }),
  levels: list(object({ id: Slug, name: Name, dedicated: Dedicated }), 1, "a list of levels"),
  providers: Type.Optional(list(object({ id: Slug, name: Name, contact: Contact }), 0, "a list of providers of lines")),
  datacentres: list(Datacentre, 1, "a list of data centres, the primary first"),
  backbone: list(
    Type.Tuple([HostId, HostId], { description: "two routers, the upper first: [br1, core1]" }),
    0,
    "a list of pairs of routers",
  ),
  upstreams: list(Upstream, 1, "a list of upstreams, the preferred first"),
  internet: object({ id: HostId, asn: Asn, name: Name, ipv6: Ipv6Prefix, ipv4: Ipv4Prefix }),
  services: Type.Optional(list(Service, 0, "a list of services")),
  devices: Type.Optional(list(Device, 0, "a list of devices")),
  targets: Type.Optional(list(Coverage, 0, "a list of what shall be reached at a level by a day")),
  signIn: Type.Optional(object({ provider: Provider })),
  notify: Type.Optional(Notify),
  enrolment: Type.Optional(Enrolment),
  retention: Type.Optional(Retention),
  lab: object({ agencies: list(Slug, 1, "a list of agencies' ids") }),
  agencies: Type.Union(
    [
      agencyList,
      object({ csv: text("a file beside this one, such as agencies.csv"), list: Type.Optional(agencyList) }),
    ],
    { description: "a list of agencies, or a map with csv and, for those that a row cannot say, list" },
  ),
});

type Raw = Type.Static<typeof ProvinceSchema>;
/** What was written: valid, the agencies of the CSV joined to the list, numbers only where somebody chose them. */
export type Written = Omit<Raw, "agencies"> & { agencies: Type.Static<typeof AgencySchema>[] };

type WithNumber<T> = Omit<T, "number"> & { number: number };
/** What the plan is made from: the text as written, with every number given (plan/number.ts). */
export type Intent = Omit<Written, "agencies" | "datacentres" | "devices"> & {
  datacentres: (Omit<WithNumber<Written["datacentres"][number]>, "routers" | "servers"> & {
    routers: WithNumber<Written["datacentres"][number]["routers"][number]>[];
    servers: WithNumber<Written["datacentres"][number]["servers"][number]>[];
  })[];
  devices?: WithNumber<NonNullable<Written["devices"]>[number]>[];
  agencies: AgencyIntent[];
};
export type AgencyIntent = WithNumber<Written["agencies"][number]>;
/** The hub of an uplink, however it was written. */
export const hubOf = (uplink: AgencyIntent["uplinks"][number]): string =>
  typeof uplink === "string" ? uplink : uplink.hub;
export type ServerTask = (typeof SERVER_TASKS)[number];
export type SecurityZone = (typeof SECURITY_ZONES)[number];
