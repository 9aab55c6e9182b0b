// The address book (who has which address, and why) and the cable list (what is joined to what, by whom). Pure.
import { zoneOf } from "../plan/firewall.ts";
import type { Dual, Plan, PlannedHost } from "../plan/types.ts";
import { csvText } from "./csv.ts";

type Row = (string | number | undefined)[];

/** A row an address pair: hosts in the order of the plan, then devices that are not ours. */
export function addressBook(plan: Plan): string {
  const header = ["id", "role", "place", "security_zone", "use", "device", "ipv6", "ipv4", "asn", "name_vi", "name_en"];
  const rows = plan.hosts.flatMap((host) => hostRows(plan, host));
  const devices = plan.devices.map(
    (d): Row => [d.id, d.kind, d.at, d.zone, "device", "", d.address.v6, d.address.v4, "", d.name.vi, d.name.en],
  );
  return csvText(header, [...rows, ...devices]);
}

function hostRows(plan: Plan, host: PlannedHost): Row[] {
  const zone = zoneOf(host);
  const row = (use: string, device: string, { v6, v4 }: Dual): Row => [
    host.id,
    host.server?.task ?? host.role,
    host.agency,
    zone,
    use,
    device,
    v6,
    v4,
    host.asn,
    host.name.vi,
    host.name.en,
  ];
  const length = (prefix: string) => prefix.slice(prefix.indexOf("/"));
  return [
    ...(host.loopback ? [row("loopback", "lo", host.loopback)] : []),
    ...host.anycast.map((a) => row("service", "lo", a)),
    ...(host.lan
      ? [
          row("network", "lan0", {
            v6: host.lan.address.v6 + length(host.lan.prefix.v6),
            v4: host.lan.address.v4 + length(host.lan.prefix.v4),
          }),
        ]
      : []),
    ...(plan.interfaces.get(host.id) ?? []).flatMap(({ own, link }) =>
      own.address
        ? [
            row(link.id, own.device, {
              v6: `${own.address.v6}/${link.length.v6}`,
              v4: `${own.address.v4}/${link.length.v4}`,
            }),
          ]
        : [],
    ),
  ];
}

/** A row a link, the upper end first. */
export function cableList(plan: Plan): string {
  const header = [
    "link",
    "medium",
    "preference",
    "upper_host",
    "upper_device",
    "upper_ipv6",
    "upper_ipv4",
    "lower_host",
    "lower_device",
    "lower_ipv6",
    "lower_ipv4",
    "provider",
    "contract",
    "capacity_mbps",
  ];
  return csvText(
    header,
    plan.links.map(
      ({ id, medium, preference, ends, terms }): Row => [
        id,
        medium,
        preference + 1,
        ...ends.flatMap((end) => [end.host, end.device, end.address?.v6, end.address?.v4]),
        terms?.provider,
        terms?.contract,
        terms?.capacityMbps,
      ],
    ),
  );
}
