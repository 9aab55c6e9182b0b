// What the plan tells the watchers: who the agencies are, what stands where, what depends on what, and what each
// agent must find true. Written by infra from province.yaml; read by console (all of it) and by agents (their targets).
import Type from "typebox";
import { TargetSchema } from "./target.ts";

const oneOf = <const T extends string>(...values: T[]) =>
  Type.Unsafe<T>(Type.Union(values.map((v) => Type.Literal(v))));
const Id = Type.String({ minLength: 1, maxLength: 160 });
/** A text in both languages of the screens. */
export const BilingualSchema = Type.Object({ vi: Type.String(), en: Type.String() }, { additionalProperties: false });
export type Bilingual = Type.Static<typeof BilingualSchema>;

const LevelSchema = Type.Object({ id: Id, name: BilingualSchema });
const AgencySchema = Type.Object({
  id: Id,
  level: Id,
  name: BilingualSchema,
  parent: Type.Optional(Id),
  contact: Type.Optional(Type.String()),
  /** Level of its connection to the dedicated network (Circular 06/2026/TT-BKHCN). */
  dedicated: Type.Optional(oneOf("I", "II")),
});
export type Agency = Type.Static<typeof AgencySchema>;

/**
 * A thing that can be the cause of trouble. `host`: a router or server, with its role; a `device` is watched by its neighbour, and not ours. `link`: a cable or leased
 * line between two hosts. `service`: what users reach, on one or more hosts. `zone`: a DNS zone, on its servers.
 */
const AssetSchema = Type.Union([
  Type.Object({
    id: Id,
    kind: Type.Literal("host"),
    role: oneOf("upstream", "internet", "border", "core", "hub", "site", "server", "device"),
    agency: Id,
    name: BilingualSchema,
  }),
  Type.Object({
    id: Id,
    kind: Type.Literal("link"),
    ends: Type.Tuple([Id, Id]),
    medium: oneOf("dedicated", "leased", "internet", "lan", "backbone", "upstream"),
    agency: Id,
    name: BilingualSchema,
  }),
  Type.Object({ id: Id, kind: Type.Literal("service"), on: Type.Array(Id), agency: Id, name: BilingualSchema }),
  Type.Object({ id: Id, kind: Type.Literal("zone"), on: Type.Array(Id), agency: Id, name: BilingualSchema }),
]);
export type Asset = Type.Static<typeof AssetSchema>;

const AgentSchema = Type.Object({ id: Id, agency: Id, host: Id });

export const RegistrySchema = Type.Object({
  /** A hash of the content: two equal registries have one version. */
  version: Type.String({ minLength: 1, maxLength: 128 }),
  province: Type.Object({ id: Id, name: BilingualSchema }),
  /** The host on which the console stands: what cannot reach it is lost to us. */
  consoleHost: Id,
  levels: Type.Array(LevelSchema),
  agencies: Type.Array(AgencySchema),
  assets: Type.Array(AssetSchema),
  agents: Type.Array(AgentSchema),
  targets: Type.Array(TargetSchema),
});
export type Registry = Type.Static<typeof RegistrySchema>;
