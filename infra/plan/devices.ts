// Devices that are not ours to configure (a provider's router, a switch, a UPS): each has an address in the network of its place,
// which nobody else is given. Pure.
import type { Intent } from "../province/schema.ts";
import type { Allocation } from "./allocate.ts";
import { zoneOfDevice } from "./security-zones.ts";
import type { PlannedDevice } from "./types.ts";

/** The devices of the intent, with their addresses. */
export function planDevices(p: Intent, a: Allocation): PlannedDevice[] {
  const datacentres = new Map(p.datacentres.map((dc) => [dc.id, dc.number]));
  const cores = new Map(p.datacentres.map((dc) => [dc.id, dc.routers.find((r) => r.role === "core")!.id]));
  const sites = new Map(p.agencies.map((agency) => [agency.id, agency.number]));
  return (p.devices ?? []).flatMap(({ id, name, kind, at, number, zone, contact }) => {
    const datacentre = datacentres.get(at);
    const site = sites.get(at);
    // An agency that the lab leaves out takes its devices with it.
    if (datacentre === undefined && site === undefined) return [];
    const address = datacentre === undefined ? a.siteHost(site!, number) : a.server(datacentre, number);
    const { address: gateway, prefix: network } =
      datacentre === undefined ? a.siteLan(site!) : a.datacentreLan(datacentre);
    const inZone = zone ?? zoneOfDevice(datacentre !== undefined);
    const beside = cores.get(at) ?? at;
    const known = { id, name, kind, number, at, zone: inZone, address, network, gateway, beside };
    return [{ ...known, ...(contact !== undefined && { contact }) }];
  });
}
