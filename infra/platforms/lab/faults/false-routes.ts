// An upstream tells the province, and the world behind it, routes that are not its own. hijack: a part of the province's own network
// (RFC 7908 is not about it: somebody takes another's addresses). leak: internal prefixes of another of its customers (RFC 7908 §3.6).
import type { Lab } from "../names.ts";
import { assetsOf, daemonOf, hostsWithRole, linkBetween, targetsOf } from "./assets.ts";
import type { Fault } from "./fault.ts";
import { editOnHost, reloadOnHost, restoreOnHost } from "./host-files.ts";

const CONFIG = "/etc/bird/bird.conf";
/** RFC 1918 and RFC 3849: an inside, and nobody's. */
const INTERNAL = { v4: "172.20.0.0/16", v6: "2001:db8:fa17::/48" };

type Routes = { v4?: string; v6: string };

const falseRoutes = (name: string, routes: (lab: Lab) => Routes): Fault => ({
  name,
  targets: "upstream",
  // The second upstream first: the way out of most goes on by the other.
  candidates: (lab) =>
    hostsWithRole(lab, "upstream")
      .filter((host) => daemonOf(lab, host, "bird"))
      .reverse(),
  // The other border hears of it by the world, a moment later.
  expects: (lab, upstream) => ({
    incident: `intrusion ${borderOf(lab, upstream)}`,
    or: hostsWithRole(lab, "border").map((border) => `intrusion ${border}`),
    withinMs: 20_000,
  }),
  async inject(lab, upstream) {
    const { v4, v6 } = routes(lab);
    const told = [
      ...(v4 === undefined ? [] : [`protocol static false4 { ipv4; route ${v4} unreachable; }`]),
      `protocol static false6 { ipv6; route ${v6} unreachable; }`,
    ];
    editOnHost(lab, upstream, CONFIG, (text) => `${text}${told.join("\n")}\n`);
    const injectedAt = Date.now();
    await reloadOnHost(lab, upstream, "bird");
    return { injectedAt, facts: {} };
  },
  async undo(lab, upstream) {
    restoreOnHost(lab, upstream, CONFIG);
    await reloadOnHost(lab, upstream, "bird");
  },
});

/** An agency's network: what the data centre does on the Internet goes on. */
export const bgpHijack = falseRoutes("bgp-hijack", (lab) => ({ v6: targetsOf(lab, "ipv6")[0]!.expects.prefix }));

export const bgpLeak = falseRoutes("bgp-leak", () => INTERNAL);

/** The border that hears the upstream. */
function borderOf(lab: Lab, upstream: string): string {
  const link = linkBetween(lab, upstream, "border");
  return assetsOf(lab, "link")
    .find((l) => l.id === link)!
    .ends.find((end) => end !== upstream)!;
}
