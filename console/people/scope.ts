// Whose data somebody sees: the whole province, or a set of agencies. Shared infrastructure (what carries everybody's traffic)
// is named to all; what stands at another agency's site is not. Decided from the registry, never from a list of levels. Pure.
import type { Asset, Registry } from "../../protocol/registry.ts";
import type { Target } from "../../protocol/target.ts";
import type { Permission, Role } from "./roles.ts";

/** `undefined` is the whole province; an empty set sees nothing. */
export type Scope = ReadonlySet<string> | undefined;

/** Somebody who asks: a person by session, a program by token, or whoever holds this machine. */
export interface Principal {
  account: string;
  roles: readonly Role[];
  permissions: ReadonlySet<Permission>;
  scope: Scope;
  via: "session" | "token" | "machine";
  /** When a person last proved who they are, ms: acts that are hard to undo ask for a recent proof. */
  provedAt: number;
}

/** What one scope may be told, as tables: made once for a registry and a scope. */
export interface Sight {
  scope: ReadonlySet<string>;
  /** Assets of the scope's own agencies, and the links that end at them. */
  own: ReadonlySet<string>;
  /** Assets that everybody depends on. */
  shared: ReadonlySet<string>;
  agents: ReadonlySet<string>;
  targets: ReadonlyMap<string, Target>;
  agencyNames: ReadonlyMap<string, { vi: string; en: string }>;
  assetNames: ReadonlyMap<string, { vi: string; en: string }>;
}

type Host = Extract<Asset, { kind: "host" }>;
const CARRIES_ALL: ReadonlySet<Host["role"]> = new Set(["upstream", "internet", "border", "core", "hub"]);

/** Agencies that run what carries the others' traffic. Where that cannot be seen in the registry, an agency is a tenant. */
export function infrastructureAgencies(registry: Registry): ReadonlySet<string> {
  return new Set(registry.assets.filter((a) => a.kind === "host" && CARRIES_ALL.has(a.role)).map((a) => a.agency));
}

/** The tables of a scope. */
export function sightOf(registry: Registry, scope: ReadonlySet<string>): Sight {
  const infrastructure = infrastructureAgencies(registry);
  const hostAgency = new Map(registry.assets.filter((a) => a.kind === "host").map((a) => [a.id, a.agency]));
  const touches = (asset: Asset): string[] =>
    asset.kind === "link" ? asset.ends.map((e) => hostAgency.get(e) ?? "") : [asset.agency];
  const isOwn = (asset: Asset) => touches(asset).some((agency) => scope.has(agency));
  const own = registry.assets.filter(isOwn);
  const shared = registry.assets.filter((a) => !isOwn(a) && touches(a).every((agency) => infrastructure.has(agency)));
  const agents = new Set(registry.agents.filter((a) => scope.has(a.agency)).map((a) => a.id));
  return {
    scope,
    own: new Set(own.map((a) => a.id)),
    shared: new Set(shared.map((a) => a.id)),
    agents,
    targets: new Map(registry.targets.filter((t) => scope.has(t.agency) && agents.has(t.agent)).map((t) => [t.id, t])),
    agencyNames: new Map(registry.agencies.filter((a) => scope.has(a.id)).map((a) => [a.id, a.name])),
    assetNames: new Map([...own, ...shared].map((a) => [a.id, a.name])),
  };
}
