// The plan as the watchers need it: agencies, assets, agents, targets (protocol/registry.ts). Pure.
import { createHash } from "node:crypto";
import type { Agency, Asset, Registry } from "../../protocol/registry.ts";
import type { Target } from "../../protocol/target.ts";
import type { Intent } from "../province/schema.ts";
import { named } from "./naming.ts";
import { CONSOLE_SERVICE, nameService, PORTAL_SERVICE, resolverService, timeService, zoneAsset } from "./targets.ts";
import type { PlannedDevice, PlannedHost, PlannedLink, PlannedZone } from "./types.ts";
import { serverOf } from "./zones.ts";

/** The registry; its version is a hash of everything else in it. */
export function planRegistry(
  p: Intent,
  hosts: readonly PlannedHost[],
  links: readonly PlannedLink[],
  zone: PlannedZone,
  targets: Target[],
  devices: readonly PlannedDevice[],
): Registry {
  const content: Omit<Registry, "version"> = {
    province: { id: p.province.id, name: p.province.name },
    consoleHost: serverOf(hosts, "console").id,
    levels: p.levels.map(({ id, name }) => ({ id, name })),
    agencies: agencies(p),
    assets: [
      ...hostAssets(hosts),
      ...devices.map(({ id, at, name }): Asset => ({ id, kind: "host", role: "device", agency: at, name })),
      ...linkAssets(links),
      ...serviceAssets(p, hosts, zone),
    ],
    agents: hosts.filter((h) => h.watched).map((h) => ({ id: h.id, agency: h.agency, host: h.id })),
    targets,
  };
  // The targets by themselves: they are nine tenths of it and have no letter beyond ASCII, so that their text takes half the room and time.
  const { targets: _, ...others } = content;
  const [head, tail] = [JSON.stringify(others), JSON.stringify(targets)];
  const version = createHash("sha256").update(head).update(tail).digest("hex").slice(0, 32);
  const registry = { version, ...content };
  texts.set(registry, `{"version":"${version}",${head.slice(1, -1)},"targets":${tail}}`);
  return registry;
}

/** Tens of megabytes for ten thousand agencies: made once, for the hash, and used again for the file. */
const texts = new WeakMap<Registry, string>();

/** The registry as JSON. */
export const registryText = (registry: Registry): string => texts.get(registry) ?? JSON.stringify(registry);

function agencies(p: Intent): Agency[] {
  const dedicated = new Map(p.levels.map((l) => [l.id, l.dedicated]));
  return [
    ...p.datacentres.map(({ id, level, name, contact }) => ({
      id,
      level,
      name,
      ...(contact !== undefined && { contact }),
    })),
    ...p.agencies.map(({ id, level, name, contact, dedicated: own = dedicated.get(level) }) => ({
      id,
      level,
      name,
      ...(contact !== undefined && { contact }),
      ...(own !== undefined && { dedicated: own }),
    })),
  ];
}

const hostAssets = (hosts: readonly PlannedHost[]): Asset[] =>
  hosts.map(({ id, role, agency, name }) => ({ id, kind: "host", role, agency, name }));

const linkAssets = (links: readonly PlannedLink[]): Asset[] =>
  links.map(({ id, medium, agency, name, ends: [a, b] }) => ({
    id,
    kind: "link",
    ends: [a.host, b.host],
    medium,
    agency,
    name,
  }));

function serviceAssets(p: Intent, hosts: readonly PlannedHost[], zone: PlannedZone): Asset[] {
  const byId = new Map(hosts.map((h) => [h.id, h]));
  const [portal, gateway] = [serverOf(hosts, "portal"), serverOf(hosts, "console")];
  return [
    {
      id: PORTAL_SERVICE,
      kind: "service",
      on: [portal.id],
      agency: portal.agency,
      name: named("service-portal", { name: p.province.name }),
    },
    {
      id: CONSOLE_SERVICE,
      kind: "service",
      on: [gateway.id],
      agency: gateway.agency,
      name: named("service-console", {}),
    },
    ...(p.services ?? []).map(({ id, name, on }): Asset => {
      return { id, kind: "service", on: [on], agency: byId.get(on)!.agency, name };
    }),
    ...zone.servers.map((s, i): Asset => {
      const id = nameService(i);
      return {
        id,
        kind: "service",
        on: [s.host],
        agency: byId.get(s.host)!.agency,
        name: named("service-dns", { id }),
      };
    }),
    ...hosts
      .filter((h) => h.server?.task === "resolver")
      .flatMap((h): Asset[] => {
        const common = { kind: "service" as const, on: [h.id], agency: h.agency };
        return [
          { ...common, id: resolverService(h.id), name: named("service-resolver", { id: h.id }) },
          { ...common, id: timeService(h.id), name: named("service-time", { id: h.id }) },
        ];
      }),
    {
      id: zoneAsset(zone.name),
      kind: "zone",
      on: [...new Set([zone.primary, ...zone.servers.map((s) => s.host)])],
      agency: byId.get(zone.servers[0]!.host)!.agency,
      name: named("zone", { id: zone.name }),
    },
  ];
}
