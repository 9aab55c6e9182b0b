// province → Plan, pure: the same intent gives the same plan, on every machine and every day.
import type { Intent } from "../province/schema.ts";
import { allocation } from "./allocate.ts";
import { planDevices } from "./devices.ts";
import { planHosts } from "./hosts.ts";
import { interfacesOf, planLinks } from "./links.ts";
import { planRegistry } from "./registry.ts";
import { planRouting } from "./routing.ts";
import { serversOf, targetsOf, type Watched } from "./targets.ts";
import type { Plan, PlanFacts } from "./types.ts";
import { planServices, planZones, serverOf, serviceNames } from "./zones.ts";

/** Plans a valid intent (province.ts has refused the others). Linear in the number of agencies. */
export function planOf(intent: Intent, facts: PlanFacts): Plan {
  const { province } = intent;
  const addresses = allocation(province);
  const hosts = planHosts(intent, addresses);
  const links = planLinks(intent, addresses);
  const interfaces = interfacesOf(links);
  const zones = planZones(intent, hosts, addresses);
  const names = serviceNames(province.domain);
  const zone = zones.find((z) => z.name === province.domain)!;
  const resolvers = hosts.filter((h) => h.server?.task === "resolver");
  const services = planServices(intent, hosts);
  const devices = planDevices(intent, addresses);
  const watched: Watched = {
    domain: province.domain,
    portal: { name: names.portal, address: serverOf(hosts, "portal").server!.address },
    bogus: names.bogus,
    v6only: names.v6only,
    resolverId: names.resolverId,
    zone,
    servers: serversOf(zone),
    zonePlaces: new Set(zone.servers.map((s) => hosts.find((h) => h.id === s.host)!.server?.core)).size,
    origin: { as: province.asn, aggregate: addresses.aggregate },
    root: zones[0]!,
    commonNames: [
      province.domain,
      names.portal,
      names.console,
      ...zone.servers.map((s) => s.name),
      ...services.map((s) => s.fqdn),
    ],
    services: services
      .filter((s) => s.tls)
      .map((service) => ({ service, address: hosts.find((h) => h.id === service.host)!.server!.address })),
    resolvers,
    // The core that watches least else.
    pageWatcher: hosts.filter((h) => h.role === "core").at(-1)!.id,
    datacentre: hosts.find((h) => h.id === serverOf(hosts, "console").server!.core)!,
    facts,
    devices: Map.groupBy(devices, (d) => d.beside),
  };
  const targets = hosts.filter((h) => h.watched).flatMap((h) => targetsOf(h, interfaces.get(h.id) ?? [], watched));
  return {
    province: {
      id: province.id,
      name: province.name,
      domain: province.domain,
      asn: province.asn,
      aggregate: addresses.aggregate,
      private4: addresses.private4,
      management: addresses.management,
      time: province.time ?? [],
      backbone: addresses.backbone,
    },
    hosts,
    byId: new Map(hosts.map((h) => [h.id, h])),
    links,
    interfaces,
    routing: planRouting(intent, addresses),
    zones,
    resolvers: resolvers.map((h) => h.server!.address),
    services,
    devices,
    names,
    registry: planRegistry(intent, hosts, links, zone, targets, devices),
  };
}
