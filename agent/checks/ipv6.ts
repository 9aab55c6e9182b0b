// The site speaks IPv6: an address from the plan's prefix stands on an interface, a default route leads out, and a service
// answers over IPv6.
import type { Finding } from "../../protocol/finding.ts";
import type { Check, Kernel } from "../check.ts";
import { holds, parsePrefix } from "../wire/address.ts";

const TIMEOUT_MS = 1_500;

export const ipv6: Check<"ipv6"> = {
  id: "ipv6",
  kind: "ipv6",
  sees: "network",
  clauses: ["Decree 224/2026/NĐ-CP art. 11.4", "Circular 32/2017/TT-BTTTT art. 15.4"],
  async run({ expects: { prefix, service } }, world) {
    const findings: Finding[] = [];
    if (!hasAddress(prefix, world.kernel))
      findings.push({ subject: prefix, tag: "IPV6_ADDRESS_MISSING", evidence: { prefix } });
    if (!hasDefaultRoute(world.kernel))
      findings.push({ subject: "::/0", tag: "IPV6_NO_DEFAULT_ROUTE", evidence: { prefix } });
    const reached = await world.connectTcp(service, TIMEOUT_MS);
    if (!reached.ok)
      findings.push({
        subject: `${service.name} ${service.port}`,
        tag: "IPV6_SERVICE_UNREACHABLE",
        evidence: { ...service, why: reached.why },
      });
    return { findings };
  },
};

function hasAddress(text: string, kernel: Kernel): boolean {
  const prefix = parsePrefix(text);
  if (!prefix) throw new Error(`not a prefix: ${text}`);
  return kernel.addresses6().some((address) => holds(prefix, address));
}

/** The kernel always lists a rejecting ::/0 on lo, which is no way out. */
function hasDefaultRoute(kernel: Kernel): boolean {
  return kernel.routes(6).some((route) => route.length === 0 && !route.rejects);
}
