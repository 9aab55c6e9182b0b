// Kernel settings of a host's network, by role (below /proc/sys/net). Pure.
import type { PlannedHost } from "../plan/types.ts";

/** Of every host. */
const COMMON = {
  // Addresses are unique by construction, and waiting for the proof of it keeps daemons from binding for a second.
  "ipv6/conf/all/accept_dad": "0",
  "ipv6/conf/default/accept_dad": "0",
  "ipv6/conf/all/accept_ra": "0",
  "ipv6/conf/default/accept_ra": "0",
  // Otherwise a link that goes down loses its global IPv6 addresses.
  "ipv6/conf/all/keep_addr_on_down": "1",
  "ipv6/conf/default/keep_addr_on_down": "1",
  // Daemons bind before their link exists.
  "ipv4/ip_nonlocal_bind": "1",
  "ipv6/ip_nonlocal_bind": "1",
  "ipv4/ping_group_range": "0 2147483647",
};

const ROUTER = {
  "ipv4/conf/all/forwarding": "1",
  "ipv6/conf/all/forwarding": "1",
  // Ways there and back may differ.
  "ipv4/conf/all/rp_filter": "0",
  "ipv4/conf/default/rp_filter": "0",
  "ipv4/fib_multipath_hash_policy": "1",
  "ipv6/fib_multipath_hash_policy": "1",
  "ipv4/icmp_ratelimit": "0",
  "ipv6/icmp/ratelimit": "0",
};

export const sysctls = (host: PlannedHost): Record<string, string> =>
  host.asn === undefined ? { ...COMMON } : { ...COMMON, ...ROUTER };
