// A device that is not ours (province.yaml, `managed: false`) where there is none: a bare host at its addresses, on a port of the router beside
// it, so that what watches it has something to see. Pure.
import { LAN_DEVICE } from "../plan/links.ts";
import type { PlannedDevice } from "../plan/types.ts";
import type { Deployment, HostSpec, LinkSpec } from "../platforms/platform.ts";

/** A kernel's name for a device has at most 15 characters. */
const portOf = (number: number) => `device${number}`;

/** Every device of a plan as a bare host, and its line. */
export function standIns(devices: readonly PlannedDevice[]): Pick<Deployment, "hosts" | "links"> {
  return { hosts: devices.map(bare), links: devices.map(lineOf) };
}

const bare = ({ id }: PlannedDevice): HostSpec => ({
  id,
  standIn: true,
  loopback: [],
  sysctls: {
    "ipv6/conf/all/accept_dad": "0",
    "ipv6/conf/default/accept_dad": "0",
    // Its addresses are the plan's, and no others.
    "ipv6/conf/all/accept_ra": "0",
    "ipv6/conf/default/accept_ra": "0",
    // Or a cable that is put back in would find it without its IPv6 address.
    "ipv6/conf/all/keep_addr_on_down": "1",
    "ipv6/conf/default/keep_addr_on_down": "1",
  },
  bridges: [],
  directories: [],
  files: [],
  daemons: [],
  runtime: false,
  keep: {},
  resolvers: [],
});

const lineOf = ({ id, beside, address, network, gateway, number }: PlannedDevice): LinkSpec => ({
  id: `${beside}~${id}`,
  a: { host: beside, device: portOf(number), bridge: LAN_DEVICE, addresses: [], routes: [] },
  b: {
    host: id,
    device: "eth0",
    addresses: (["v4", "v6"] as const).map((f) => `${address[f]}/${network[f].split("/")[1]}`),
    routes: [
      { to: "0.0.0.0/0", via: gateway.v4 },
      { to: "::/0", via: gateway.v6 },
    ],
  },
});
