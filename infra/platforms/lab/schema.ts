// What the provider accepts, written once: the engine's requests are checked against it (check.ts), and the published package
// schema is made from it (provider/package.ts). Descriptions are for whoever reads the schema in an editor.
import Type from "typebox";
import type { HostInputs, LinkInputs, ServicesInputs } from "./model.ts";
import type { Lab } from "./names.ts";

const closed = { additionalProperties: false } as const;
const Text = (description?: string) => Type.String(description === undefined ? {} : { description });
const Texts = (description: string) => Type.Array(Type.String(), { description });
const ByName = <T extends Type.TSchema>(value: T, description: string) =>
  Type.Record(Type.String(), value, { description });
const optional = <T extends Type.TSchema>(type: T) => Type.Optional(type);
const oneOf = <const T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>(Type.String({ enum: [...values], description }));

const Bridge = Type.Object({ device: Text(), addresses: Texts("with prefix lengths") }, { title: "Bridge", ...closed });
const Keep = Type.Object(
  { name: Text("folder in the state folder"), owner: Text("user:group") },
  { title: "Keep", ...closed },
);
const Forward = Type.Object(
  { daemon: Text(), port: Type.Number(), listen: optional(Text("127.0.0.1 unless given")) },
  { title: "Forward", ...closed },
);
const Reload = Type.Object(
  { files: Texts("their change"), argv: Texts("is told by this") },
  { title: "Reload", ...closed },
);
const ROLES = ["network", "service", "console", "agent"] as const;
const Daemon = Type.Object(
  {
    order: Type.Number({ description: "of its start within the host" }),
    argv: Texts("the command"),
    prepare: optional(Type.Array(Type.Array(Type.String()), { description: "run once before the first start" })),
    user: Text("account that it runs as"),
    groups: optional(Texts("supplementary groups")),
    capabilities: optional(Texts("kept; none unless listed")),
    restart: oneOf(["once", "always"], "always: a supervisor starts it again"),
    files: Texts("those that it reads"),
    reload: optional(Reload),
    log: Text("where its output goes"),
    env: optional(ByName(Type.String(), "besides PATH")),
    role: oneOf(ROLES, "when it is started"),
  },
  { title: "Daemon", ...closed },
);
const Route = Type.Object({ to: Text(), via: Text() }, { title: "Route", ...closed });
const LinkEnd = Type.Object(
  {
    host: Text(),
    device: Text("at most 15 characters"),
    bridge: optional(Text("the device is a port of it")),
    addresses: Texts("with prefix lengths"),
    routes: Type.Array(Route),
  },
  { title: "LinkEnd", ...closed },
);

const HostSchema = Type.Object(
  {
    host: Text("its name"),
    loopback: Texts("addresses that outlive every link, with prefix lengths"),
    sysctls: ByName(Type.String(), "below /proc/sys/net"),
    bridges: Type.Array(Bridge),
    nftables: optional(Text("SHA-256 of the ruleset's text")),
    directories: ByName(Type.String(), "path: `<mode> <owner>`"),
    files: ByName(Type.String(), "path: `sha256:<hex> <mode> <owner>` or `vault:<name> <fingerprint> <mode> <owner>`"),
    daemons: ByName(Daemon, "by name"),
    runtime: Type.Boolean({ description: "the project's code is bound at /opt/vonggac" }),
    keep: ByName(Keep, "durable folders: path on the host"),
    forward: optional(Forward),
    resolvers: Texts("of /etc/resolv.conf"),
  },
  { description: "A router or server with its files and daemons.", ...closed },
);

const LinkSchema = Type.Object(
  { link: Text("its name"), a: LinkEnd, b: LinkEnd, up: Type.Boolean() },
  { description: "A line between two hosts, with the addresses of both ends.", ...closed },
);

const ServicesSchema = Type.Object(
  {
    phase: oneOf(["services", "agents"], "servers, or the agents after them"),
    programs: ByName(oneOf(ROLES, "its role"), "`<host>/<daemon>`"),
  },
  { description: "The processes of one phase of the start.", ...closed },
);

const LabSchema = Type.Object(
  {
    stack: Text("name of the lab: 1-24 of a-z and 0-9"),
    stateDir: Text("vault, texts and durable folders; absolute"),
    checkout: Text("the project's code; absolute"),
  },
  // Not closed: the engine adds words of its own (version, plugin's address).
  { description: "Which lab." },
);

export const SCHEMAS = { Provider: LabSchema, Host: HostSchema, Link: LinkSchema, Services: ServicesSchema } as const;

// The schema and the types of the code are one thing, or this does not compile.
type Same<A, B> = [A, B] extends [B, A] ? true : never;
const agree = <_A, _B>(_same: Same<_A, _B>): void => {};
agree<Type.Static<typeof HostSchema>, HostInputs>(true);
agree<Type.Static<typeof LinkSchema>, LinkInputs>(true);
agree<Type.Static<typeof ServicesSchema>, ServicesInputs>(true);
agree<Type.Static<typeof LabSchema>, Lab>(true);
