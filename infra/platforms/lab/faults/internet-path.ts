// A site sends what is for the data centre over the Internet instead of the dedicated network: somebody has put a broadband line
// into the agency's router, and the routes prefer it.
import { isIPv6 } from "node:net";
import { LabError } from "../errors.ts";
import { run, runIfPossible } from "../exec.ts";
import { namespaceOf } from "../names.ts";
import { hostsWithRole, sitesOf, targetsOf } from "./assets.ts";
import type { Fault } from "./fault.ts";

const DEVICE = "wan0";
/** RFC 2544 and RFC 3849: neither is anybody's, and neither is a route of the province. */
const LINE = {
  provider: ["198.18.255.0/31", "2001:db8:fa17:1::/127"],
  site: ["198.18.255.1/31", "2001:db8:fa17:1::1/127"],
};

export const internetPath: Fault = {
  name: "internet-path",
  targets: "site",
  candidates: (lab) => {
    const watched = new Set(targetsOf(lab, "datacentre").map((t) => t.agent));
    return sitesOf(lab).filter((site) => watched.has(site));
  },
  expects: (_, site) => ({ incident: `connectivity ${site}`, withinMs: 20_000 }),
  async inject(lab, site) {
    const [internet] = hostsWithRole(lab, "internet");
    if (internet === undefined)
      throw new LabError("fault-failed", site, "this lab has no Internet", "run lab up again");
    const probes = targetsOf(lab, "datacentre").find((t) => t.agent === site)!.expects.probes;
    const [own, far] = [namespaceOf(lab, site), namespaceOf(lab, internet)];
    const other = `f-${site}`.slice(0, 15);
    await runIfPossible(["ip", "-n", own, "link", "del", DEVICE]);
    await run(["ip", "link", "add", DEVICE, "netns", own, "type", "veth", "peer", "name", other, "netns", far], {
      where: site,
    });
    const up = (addresses: string[], device: string) => [
      ...addresses.map((a) => `addr add ${a} dev ${device}${isIPv6(a.split("/")[0]!) ? " nodad" : ""}`),
      `link set ${device} up`,
    ];
    await run(["ip", "-n", far, "-batch", "-"], { input: `${up(LINE.provider, other).join("\n")}\n`, where: internet });
    const gateways = LINE.provider.map((p) => p.split("/")[0]!);
    const routes = probes.map(({ address }) => {
      const via = gateways[isIPv6(address) ? 1 : 0];
      return `route replace ${address} via ${via} dev ${DEVICE} metric 1`;
    });
    await run(["ip", "-n", own, "-batch", "-"], { input: `${up(LINE.site, DEVICE).join("\n")}\n`, where: site });
    const injectedAt = Date.now();
    await run(["ip", "-n", own, "-batch", "-"], { input: `${routes.join("\n")}\n`, where: site });
    return { injectedAt, facts: {} };
  },
  // Routes and the far end go with the device.
  async undo(lab, site) {
    await runIfPossible(["ip", "-n", namespaceOf(lab, site), "link", "del", DEVICE]);
  },
};
