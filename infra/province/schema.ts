// The shape of province.yaml, and the only place that states it. A description says what would be right: it is what
// the reader of an error gets. What goes beyond one value (references, overlaps) stands in rules.ts.
import Type from "typebox";

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
/** RFC 6996: numbers that nobody announces to the world. */
const PrivateAsn = whole(4_200_000_000, 4_294_967_294);
const Name = object({ vi: text("the name in Vietnamese"), en: text("the name in English") });
const HostNumber = whole(1, 255);

const Router = object({
  id: HostId,
  number: HostNumber,
  role: Type.Union([Type.Literal("border"), Type.Literal("core"), Type.Literal("hub")], {
    description: "border, core or hub",
  }),
  drain: Type.Optional(
    Type.Boolean({ description: "true while the router is being emptied for work on it (RFC 8326)" }),
  ),
});
export const SERVER_TASKS = ["primary-dns", "secondary-dns", "resolver", "portal", "console", "bastion"] as const;
const Server = object({
  id: HostId,
  number: whole(2, 62),
  runs: Type.Enum([...SERVER_TASKS], { description: SERVER_TASKS.join(", ") }),
});
const Datacentre = object({
  id: HostId,
  number: whole(1, 4),
  level: Slug,
  name: Name,
  routers: list(Router, 1, "a list of routers"),
  servers: list(Server, 0, "a list of servers"),
});
const Upstream = object({
  id: HostId,
  number: HostNumber,
  asn: PrivateAsn,
  name: Name,
  border: HostId,
  ipv6: Ipv6Prefix,
  ipv4: Ipv4Prefix,
  line: object({ ipv6: Ipv6Prefix, ipv4: Ipv4Prefix }),
  maxPrefixes: Type.Optional(object({ ipv4: whole(1, 10_000_000), ipv6: whole(1, 10_000_000) })),
});
const Agency = object({
  id: Slug,
  number: whole(1, 16_383),
  level: Slug,
  name: Name,
  uplinks: list(HostId, 1, "a list of hubs, the preferred first"),
  medium: Type.Optional(
    Type.Union([Type.Literal("dedicated"), Type.Literal("leased")], { description: "dedicated or leased" }),
  ),
  contact: Type.Optional(text("whom to call")),
});

export const ProvinceSchema = object({
  province: object({
    id: Slug,
    name: Name,
    domain: Domain,
    asn: PrivateAsn,
    ipv6: Ipv6Prefix,
    ipv4: Ipv4Prefix,
    publicIpv4: Ipv4Prefix,
    validators: Type.Optional(
      list(object({ address: Address, port: whole(1, 65_535) }), 1, "a list of RPKI validators (RFC 8210)"),
    ),
  }),
  levels: list(object({ id: Slug, name: Name }), 1, "a list of levels"),
  datacentres: list(Datacentre, 1, "a list of data centres"),
  backbone: list(
    Type.Tuple([HostId, HostId], { description: "two routers, the upper first: [br1, core1]" }),
    0,
    "a list of pairs of routers",
  ),
  upstreams: list(Upstream, 1, "a list of upstreams, the preferred first"),
  internet: object({ id: HostId, number: HostNumber, asn: PrivateAsn, name: Name, ipv6: Ipv6Prefix, ipv4: Ipv4Prefix }),
  lab: object({ agencies: list(Slug, 1, "a list of agencies' ids") }),
  agencies: list(Agency, 1, "a list of agencies"),
});

/** What the province wants to be: the text as read, with nothing added. */
export type Intent = Type.Static<typeof ProvinceSchema>;
export type ServerTask = (typeof SERVER_TASKS)[number];
export type AgencyIntent = Intent["agencies"][number];
