// What must be true where an agent stands. A target is one row of the watch list that the plan writes; `expects` holds
// what the check of that kind needs and nothing else. A new check means a new kind here.
import Type from "typebox";

const Id = Type.String({ minLength: 1, maxLength: 160 });
const Address = Type.String({ minLength: 2, maxLength: 45 });
const Prefix = Type.String({ minLength: 4, maxLength: 49 });
const Device = Type.String({ minLength: 1, maxLength: 15 });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const Name = Type.String({ minLength: 1, maxLength: 255 });

const head = {
  id: Id,
  /** The agency whose compliance this speaks of. */
  agency: Id,
  /** The agent that runs it. */
  agent: Id,
  /** The asset of the registry that is at fault when the check finds something wrong. */
  asset: Id,
  /** Milliseconds between two runs. */
  everyMs: Type.Integer({ minimum: 100, maximum: 86_400_000 }),
};

/** One link of this host: its device is up, and BGP sessions to the far end stand in the families given. */
const LinkTarget = Type.Object({
  ...head,
  kind: Type.Literal("link"),
  expects: Type.Object({
    device: Device,
    /** Established TCP sessions on port 179 between these addresses. Empty: the link carries no BGP. */
    sessions: Type.Array(Type.Object({ local: Address, peer: Address }), { maxItems: 4 }),
  }),
});

/** The data centre is reached from this site over the dedicated network, in both families. */
const DatacentreTarget = Type.Object({
  ...head,
  kind: Type.Literal("datacentre"),
  expects: Type.Object({
    /** TCP endpoints in the data centre, one a family. */
    probes: Type.Array(Type.Object({ address: Address, port: Port }), { minItems: 1, maxItems: 8 }),
    /** Devices of the dedicated network, the preferred first, with the link and hub behind each. */
    paths: Type.Array(Type.Object({ device: Device, link: Id, hub: Id }), { minItems: 1, maxItems: 8 }),
  }),
});

/** The site has its planned IPv6 address and a default route, and reaches a service over IPv6. */
const Ipv6Target = Type.Object({
  ...head,
  kind: Type.Literal("ipv6"),
  expects: Type.Object({ prefix: Prefix, service: Type.Object({ name: Name, address: Address, port: Port }) }),
});

/** The signed zone on each of its servers: signatures that verify and last. */
const ZoneTarget = Type.Object({
  ...head,
  kind: Type.Literal("zone"),
  expects: Type.Object({
    zone: Name,
    servers: Type.Array(Type.Object({ name: Name, address: Address, asset: Id }), { minItems: 1, maxItems: 32 }),
    /** Names besides the apex whose signatures are looked at. */
    names: Type.Array(Type.Object({ name: Name, type: Type.String({ maxLength: 16 }) }), { maxItems: 64 }),
    /** Warn when less than this fraction of a signature's lifetime is left. */
    warnFraction: Type.Number({ minimum: 0, maximum: 1 }),
  }),
});

/** The zone's whole audit, from one place, every few minutes: chain, delegation, servers, keys, denial, names. */
const ZoneAuditTarget = Type.Object({
  ...head,
  kind: Type.Literal("zone-audit"),
  expects: Type.Object({
    zone: Name,
    /** `as`, `prefix`: who announces the address, and in what, as the plan has it; no DNS answer tells. */
    servers: Type.Array(
      Type.Object({
        name: Name,
        address: Address,
        asset: Id,
        as: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_294_967_295 })),
        prefix: Type.Optional(Prefix),
      }),
      { minItems: 1, maxItems: 32 },
    ),
    /** Record sets that must exist; also looked at by the check `zone`. */
    names: Type.Array(Type.Object({ name: Name, type: Type.String({ maxLength: 16 }) }), { maxItems: 256 }),
    warnFraction: Type.Number({ minimum: 0, maximum: 1 }),
    /** Where the tree begins. */
    hints: Type.Array(Type.Object({ name: Name, addresses: Type.Array(Address, { minItems: 1, maxItems: 8 }) }), {
      minItems: 1,
      maxItems: 16,
    }),
    /** DS or DNSKEY records in zone-file form: the root's, or private ones. */
    anchors: Type.String({ minLength: 1, maxLength: 16_384 }),
    /** What the plan knows: mail addresses end in the zone; certificates are issued for its names; where its servers stand. */
    holds: Type.Optional(
      Type.Object({
        mail: Type.Optional(Type.Boolean()),
        caa: Type.Optional(Type.Boolean()),
        places: Type.Optional(Type.Integer({ minimum: 1, maximum: 32 })),
      }),
    ),
  }),
});

/** The resolver that this site uses: it answers, validates the names, and refuses the bogus one. */
const ResolverTarget = Type.Object({
  ...head,
  kind: Type.Literal("resolver"),
  expects: Type.Object({
    address: Address,
    names: Type.Array(Type.Object({ name: Name, type: Type.String({ maxLength: 16 }), zoneAsset: Id }), {
      maxItems: 16,
    }),
    bogusName: Type.Optional(Name),
    /** The same resolver by IPv4. */
    address4: Type.Optional(Address),
    /** A signed name whose zone has servers with IPv6 addresses only. */
    ipv6OnlyName: Type.Optional(Name),
    /** A TXT record that this resolver makes itself: in no zone, so nobody else has it. */
    identity: Type.Optional(Type.Object({ name: Name, text: Type.String({ maxLength: 253 }) })),
    /** Addresses where nothing answers DNS: an answer from there is somebody's in between. */
    mute: Type.Optional(Type.Array(Address, { maxItems: 4 })),
    /** What the host's own resolv.conf may name, all of it; absent: not looked at. */
    configured: Type.Optional(Type.Array(Address, { maxItems: 16 })),
  }),
});

/** A TLS service on every address: chain, name and time left. */
const CertificateTarget = Type.Object({
  ...head,
  kind: Type.Literal("certificate"),
  expects: Type.Object({
    name: Name,
    port: Port,
    addresses: Type.Array(Address, { minItems: 1, maxItems: 16 }),
    /** PEM of the roots that must vouch for it; empty means the public roots of the system. */
    roots: Type.String({ maxLength: 65_536 }),
    /** Warn when less than this fraction of the lifetime is left (CA/B SC-081v3: lifetimes shrink, days do not fit). */
    warnFraction: Type.Number({ minimum: 0, maximum: 1 }),
    /** TLS begins when this protocol says so (RFC 3207); left out, with the first octet. */
    starttls: Type.Optional(Type.Literal("smtp")),
  }),
});

/** sshd's log on this host. */
const SshLogTarget = Type.Object({
  ...head,
  kind: Type.Literal("ssh-log"),
  expects: Type.Object({
    path: Type.String({ minLength: 1, maxLength: 4096 }),
    /** This many failures by one source within the window make a detection. */
    failures: Type.Integer({ minimum: 2, maximum: 10_000 }),
    windowMs: Type.Integer({ minimum: 1_000, maximum: 86_400_000 }),
  }),
});

/** How good the way from this site to the data centre is: what is lost, how long it takes, whether whole packets pass. */
const PathTarget = Type.Object({
  ...head,
  kind: Type.Literal("path"),
  expects: Type.Object({
    /** A resolver in the data centre, asked for a TXT record that it makes itself. */
    address: Address,
    name: Name,
    /** There and back, the median of a run. */
    maxRttMs: Type.Number({ minimum: 1, maximum: 60_000 }),
    /** Of what is sent in a run. */
    maxLossPercent: Type.Number({ minimum: 0, maximum: 100 }),
    /** A whole packet's size in octets, IP header included: one as large must pass. */
    packetBytes: Type.Integer({ minimum: 576, maximum: 9_000 }),
  }),
});

/** This host's clock against the province's time servers, and these against each other. */
const ClockTarget = Type.Object({
  ...head,
  kind: Type.Literal("clock"),
  expects: Type.Object({
    servers: Type.Array(Type.Object({ name: Id, address: Address, asset: Id }), { minItems: 1, maxItems: 8 }),
    maxOffsetMs: Type.Integer({ minimum: 1, maximum: 86_400_000 }),
  }),
});

/** Room left where this host must be able to write. */
const DiskTarget = Type.Object({
  ...head,
  kind: Type.Literal("disk"),
  expects: Type.Object({
    paths: Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), { minItems: 1, maxItems: 16 }),
    /** Warn when less than this fraction is left. */
    warnFraction: Type.Number({ minimum: 0, maximum: 1 }),
  }),
});

/** The site's own network, where this host is the only router: nobody else announces itself as one. */
const RaTarget = Type.Object({
  ...head,
  kind: Type.Literal("ra"),
  expects: Type.Object({ device: Device }),
});

/** A device that is not ours to configure, in this host's own local network: it is there, at its address in each family. */
const DeviceTarget = Type.Object({
  ...head,
  kind: Type.Literal("device"),
  /** `device`: this host's own, to that network. */
  expects: Type.Object({ device: Device, addresses: Type.Array(Address, { minItems: 1, maxItems: 4 }) }),
});

/** A web page as it must be. */
const PageTarget = Type.Object({
  ...head,
  kind: Type.Literal("page"),
  expects: Type.Object({
    name: Name,
    address: Address,
    port: Port,
    path: Type.String({ minLength: 1, maxLength: 2_000, pattern: "^/[!-~]*$" }),
    /** Of the body, hex; absent for a page that changes by itself. */
    sha256: Type.Optional(Type.String({ pattern: "^[0-9a-f]{64}$" })),
  }),
});

/** The log of what this host's firewall refused. */
const FirewallLogTarget = Type.Object({
  ...head,
  kind: Type.Literal("firewall-log"),
  expects: Type.Object({
    path: Type.String({ minLength: 1, maxLength: 4096 }),
    /** So many different ports or hosts tried by one source within the window are a scan. */
    scanned: Type.Integer({ minimum: 2, maximum: 10_000 }),
    /** So many refused packets of one source within the window, at fewer ports, are a flood. */
    flooded: Type.Integer({ minimum: 2, maximum: 100_000 }),
    windowMs: Type.Integer({ minimum: 1_000, maximum: 86_400_000 }),
  }),
});

/** The routing daemon's log on a border: routes that were refused because they are not their sender's. */
const RouteLogTarget = Type.Object({
  ...head,
  kind: Type.Literal("route-log"),
  expects: Type.Object({ path: Type.String({ minLength: 1, maxLength: 4096 }) }),
});

export const TargetSchema = Type.Union([
  LinkTarget,
  DatacentreTarget,
  Ipv6Target,
  ZoneTarget,
  ZoneAuditTarget,
  ResolverTarget,
  CertificateTarget,
  SshLogTarget,
  PathTarget,
  ClockTarget,
  DiskTarget,
  RaTarget,
  DeviceTarget,
  PageTarget,
  FirewallLogTarget,
  RouteLogTarget,
]);
export type Target = Type.Static<typeof TargetSchema>;
export type TargetKind = Target["kind"];
/** Kinds that are a log, read by a detector. */
export type LogKind = "ssh-log" | "firewall-log" | "route-log";
export type TargetOf<K extends TargetKind> = Extract<Target, { kind: K }>;
