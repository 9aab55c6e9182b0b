// The text of /etc/chrony/chrony.conf of the province's time servers, which run beside its resolvers: they follow what is named outside
// and each other, and answer the province alone (RFC 8633 §3.2). Pure.
import type { Plan, PlannedHost } from "../plan/types.ts";

export const CHRONY = {
  config: "/etc/chrony/chrony.conf",
  state: "/var/lib/chrony",
  run: "/run/chrony",
} as const;

/** What a server without any source says of itself: worse than every server that has one. */
const OWN_STRATUM = 10;

export function chronyConfig(plan: Plan, host: PlannedHost): string {
  const { address } = host.server!;
  const { aggregate, private4, time } = plan.province;
  const others = plan.hosts.filter((h) => h.server?.task === host.server!.task && h.id !== host.id);
  return [
    `bindaddress ${address.v4}`,
    `bindaddress ${address.v6}`,
    ...time.map((server) => `server ${server} iburst`),
    ...others.map((h) => `peer ${h.server!.address.v6}`),
    ...[aggregate.v4, private4, aggregate.v6].map((prefix) => `allow ${prefix}`),
    // Without the outside the province keeps one time all the same: of two that have no source, one follows the other.
    `local stratum ${OWN_STRATUM} orphan`,
    "makestep 1 3",
    "rtcsync",
    "cmdport 0",
    `driftfile ${CHRONY.state}/chrony.drift`,
    `pidfile ${CHRONY.run}/chronyd.pid`,
    "bindcmdaddress /",
    "",
  ].join("\n");
}
