// The text of /etc/bird/bird.conf: eBGP on every link in both families (RFC 7938), the aggregate and nothing narrower to the
// outside, the default route from the borders inwards, and at each site nothing but the site's own prefixes. What passes is
// bird-policy.ts. Pure.
import type { Interface, Plan, PlannedHost } from "../plan/types.ts";
import { routerAdvertisements } from "./bird-campus.ts";
import { birdFunctions } from "./bird-functions.ts";
import { exportOf, type Family, importOf, isOutside, keepsReceived, limitOf, roleOf } from "./bird-policy.ts";

/** Slow enough for a busy machine that runs a whole province, fast enough for the shipped goal of 2 s: 300 ms × 4. */
const BFD = "min rx interval 300 ms; min tx interval 300 ms; multiplier 4;";
/** A silent failure of a line without BFD is known after the hold time; one with a lost carrier at once (`check link`). */
const TIMERS = "connect delay time 1; connect retry time 5; error wait time 1,5; hold time 9; keepalive time 3;";

/** BIRD 2's configuration of one router. */
export function birdConfig(plan: Plan, host: PlannedHost): string {
  const interfaces = (plan.interfaces.get(host.id) ?? []).filter((i) => i.link.bgp);
  const watched = interfaces.filter((i) => i.link.bfd).map((i) => `"${i.own.device}"`);
  return lines(
    `router id ${host.loopback!.v4};`,
    // No warnings: agents open port 179 of the core to learn whether it can be reached, and BIRD would warn of each.
    "log stderr { trace, info, remote, error, auth, fatal, bug };",
    "debug protocols { states };",
    "protocol device { scan time 10; }",
    // What stands behind the router itself: loopback and local network. The lines between routers are nobody's destination.
    'protocol direct own { ipv4; ipv6; interface "lo", "lan0"; }',
    kernel(4, host.loopback!.v4),
    kernel(6, host.loopback!.v6),
    ...originated(plan, host),
    ...birdFunctions(plan, host),
    ...(watched.length > 0 ? [`protocol bfd { interface ${watched.join(", ")} { ${BFD} }; }`] : []),
    ...interfaces.flatMap((i) => ([4, 6] as const).map((family) => session(plan, host, i, family))),
    ...routerAdvertisements(plan, host),
  );
}

const lines = (...all: string[]) => `${all.join("\n")}\n`;

/** Routes into the kernel, with the loopback as source: an address that outlives every link. */
const kernel = (family: Family, source: string) =>
  `protocol kernel kernel${family} {
  ipv${family} {
    import none;
    export filter { if source = RTS_DEVICE then reject; krt_prefsrc = ${source}; accept; };
  };
  merge paths on;
}`;

/** Prefixes that a router announces without having them: aggregates, and outside the default route and the networks' own. */
function originated(plan: Plan, host: PlannedHost): string[] {
  const { aggregate, private4 } = plan.province;
  const unreachable = (name: string, v4: string[], v6: string[]) => [
    `protocol static ${name}4 { ipv4; ${v4.map((p) => `route ${p} unreachable;`).join(" ")} }`,
    `protocol static ${name}6 { ipv6; ${v6.map((p) => `route ${p} unreachable;`).join(" ")} }`,
  ];
  switch (host.role) {
    case "border":
    case "core":
      return unreachable("aggregate", [aggregate.v4, private4], [aggregate.v6]);
    case "internet":
    case "upstream": {
      const { v4, v6 } = plan.routing.others.find((o) => o.host === host.id)!.prefix;
      const all = host.role === "internet" ? { v4: ["0.0.0.0/0"], v6: ["::/0"] } : { v4: [], v6: [] };
      return unreachable("world", [...all.v4, v4], [...all.v6, v6]);
    }
    default:
      return [];
  }
}

function session(plan: Plan, host: PlannedHost, at: Interface, family: Family): string {
  const f = family === 4 ? "v4" : "v6";
  const peer = plan.byId.get(at.peer.host)!;
  // To the outside the province is one; within, each router has a number of its own.
  const asn = (h: PlannedHost, other: PlannedHost) => (isOutside(other) && !isOutside(h) ? plan.province.asn : h.asn!);
  const context = { plan, host, peer, at, family };
  return `protocol bgp ${at.own.device.replaceAll("-", "_")}_${family} {
  local ${at.own.address![f]} as ${asn(host, peer)};
  neighbor ${at.peer.address![f]} as ${asn(peer, host)};
  direct;${at.link.bfd ? " bfd on;" : ""}${roleOf(context)}
  ${TIMERS}
  ipv${family} {
    next hop self;${keepsReceived(context) ? "\n    import table on;" : ""}
    ${limitOf(context)}
    import ${importOf(context)};
    export ${exportOf(context)};
  };
}`;
}
