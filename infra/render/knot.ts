// The text of /etc/knot/knot.conf: a primary signs its zones with the keys that were imported for it (algorithm 13, NSEC, or NSEC3
// without salt and with no extra iterations, RFC 9276; CDS and CDNSKEY for the parent, RFC 7344) and tells its secondaries, who ask by a
// signed transfer (RFC 8945). Inner zones are answered to the province alone. Pure.
import type { Dual, Plan, PlannedHost, PlannedZone } from "../plan/types.ts";
import type { RenderFacts } from "./facts.ts";

export const KNOT = {
  config: "/etc/knot/knot.conf",
  zones: "/etc/knot/zones",
  keys: "/etc/knot/keys",
  transferKey: "/etc/knot/transfer.conf",
  auditKey: "/etc/knot/audit.conf",
  storage: "/var/lib/knot",
  run: "/run/knot",
} as const;

/** Where a zone's file stands; the root's name is a dot. */
export const zonePath = (zone: string): string => `${KNOT.zones}/${zone === "" ? "root" : zone}.zone`;

/** Zones that a host has, as primary and as secondary. */
export function zonesOn(plan: Plan, host: PlannedHost): { primary: PlannedZone[]; secondary: PlannedZone[] } {
  const isPrimary = (z: PlannedZone) => z.primary === host.id;
  return {
    primary: plan.zones.filter(isPrimary),
    secondary: plan.zones.filter((z) => !isPrimary(z) && z.servers.some((s) => s.host === host.id)),
  };
}

/** Hosts beside the primary that must have the zone. */
export const secondariesOf = (zone: PlannedZone): string[] =>
  zone.servers.map((s) => s.host).filter((h) => h !== zone.primary);

/** Who audits which of these zones, by reading them whole: as the targets have it. */
export function auditsOf(plan: Plan, zones: readonly PlannedZone[]): { zone: string; host: PlannedHost }[] {
  return plan.registry.targets.flatMap((target) => {
    if (target.kind !== "zone-audit" || !zones.some((z) => z.name === target.expects.zone)) return [];
    return [{ zone: target.expects.zone, host: plan.byId.get(target.agent)! }];
  });
}

/** Knot's configuration of one name server. */
export function knotConfig(plan: Plan, host: PlannedHost, facts: RenderFacts): string {
  const { primary, secondary } = zonesOn(plan, host);
  const partners = partnersOf(plan, host, [...primary, ...secondary]);
  const transfers = partners.length > 0;
  const ids = (list: PlannedHost[]) => `[ ${list.map((h) => h.id).join(", ")} ]`;
  const primaries = partners.filter((p) => secondary.some((z) => z.primary === p.id));
  const secondaries = partners.filter((p) => primary.some((z) => secondariesOf(z).includes(p.id)));
  const inner = [...primary, ...secondary].some((z) => z.inner);
  const audits = auditsOf(plan, [...primary, ...secondary]);
  // What a zone says of its own replaces what its template says.
  const own = (zone: PlannedZone, all: PlannedHost[]) =>
    audits.some((one) => one.zone === zone.name) ? `\n    acl: [ ${[...all.map((h) => h.id), AUDIT].join(", ")} ]` : "";
  return [
    ...(transfers ? [`include: ${KNOT.transferKey}`, ""] : []),
    ...(audits.length > 0 ? [`include: ${KNOT.auditKey}`, ""] : []),
    `server:
    rundir: ${KNOT.run}
    listen: [ ${addressesOf(host)
      .map((a) => `${a}@53`)
      .join(", ")} ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stdout
    any: info
database:
    storage: ${KNOT.storage}
    journal-db-max-size: 64M
    kasp-db-max-size: 20M
    timer-db-max-size: 5M`,
    ...(primary.length > 0 ? ["policy:", ...new Set(primary.map(policyOf))] : []),
    ...(inner ? [insideOnly(plan)] : []),
    ...(transfers ? [remotes(partners, facts)] : []),
    ...(transfers || audits.length > 0 ? ["acl:"] : []),
    ...(transfers ? [acls(partners, facts)] : []),
    ...(audits.length > 0 ? [auditAcl(audits, facts)] : []),
    `template:
  - id: default
    storage: ${KNOT.zones}
    semantic-checks: on
  - id: primary
    storage: ${KNOT.zones}
    semantic-checks: on
    zonefile-load: difference-no-serial
    zonefile-sync: -1
    journal-content: all
    serial-policy: unixtime
    dnssec-signing: on${secondaries.length > 0 ? `\n    notify: ${ids(secondaries)}\n    acl: ${ids(secondaries)}` : ""}
  - id: secondary
    storage: ${KNOT.storage}
    zonefile-sync: -1
    zonefile-load: none
    journal-content: all${primaries.length > 0 ? `\n    master: ${ids(primaries)}\n    acl: ${ids(primaries)}` : ""}`,
    "zone:",
    ...primary.map(
      (z) =>
        `  - domain: ${z.name}.\n    template: primary\n    file: ${zonePath(z.name)}\n    dnssec-policy: ${policyName(z)}${own(z, secondaries)}${guard(z)}`,
    ),
    ...secondary.map((z) => `  - domain: ${z.name}.\n    template: secondary${own(z, primaries)}${guard(z)}`),
    "",
  ].join("\n");
}

/** The root has no parent, and an inner zone none that knows it. */
const hasParent = (zone: PlannedZone) => zone.name !== "" && !zone.inner;
const policyName = (zone: PlannedZone) => `${zone.denial}-${hasParent(zone) ? "child" : "apex"}`;

/** The vault makes the keys, so that DS and anchors are known beforehand: Knot must not replace them by itself. */
const policyOf = (zone: PlannedZone): string => `  - id: ${policyName(zone)}
    manual: on
    algorithm: ECDSAP256SHA256
    dnskey-ttl: 300
    rrsig-lifetime: 14d
    rrsig-refresh: 7d
    propagation-delay: 5
    cds-cdnskey-publish: ${hasParent(zone) ? "always" : "none"}
${zone.denial === "nsec3" ? "    nsec3: on\n    nsec3-iterations: 0\n    nsec3-salt-length: 0" : "    nsec3: off"}`;

const guard = (zone: PlannedZone) => (zone.inner ? "\n    module: mod-queryacl/inside" : "");

const insideOnly = ({ province }: Plan): string =>
  `mod-queryacl:\n  - id: inside\n    address: [ ${[province.aggregate.v4, province.private4, province.aggregate.v6].join(", ")} ]`;

/** A router that carries the service itself has addresses of its own for it. */
const serviceAddresses = (host: PlannedHost): Dual[] => (host.server ? [host.server.address] : host.anycast);

const addressesOf = (host: PlannedHost): string[] => serviceAddresses(host).flatMap((a) => [a.v4, a.v6]);

function partnersOf(plan: Plan, host: PlannedHost, zones: PlannedZone[]): PlannedHost[] {
  const ids = new Set(zones.flatMap((z) => (z.primary === host.id ? secondariesOf(z) : [z.primary])));
  ids.delete(host.id);
  return [...ids].map((id) => plan.byId.get(id)!);
}

const remotes = (partners: PlannedHost[], facts: RenderFacts): string =>
  [
    "remote:",
    ...partners.map(
      (p) => `  - id: ${p.id}\n    address: [ ${addressesOf(p).reverse().join(", ")} ]\n    key: ${facts.transferKey}`,
    ),
  ].join("\n");

const acls = (partners: PlannedHost[], facts: RenderFacts): string =>
  partners
    .map(
      (p) =>
        `  - id: ${p.id}\n    address: [ ${addressesOf(p).join(", ")} ]\n    key: ${facts.transferKey}\n    action: [ transfer, notify ]`,
    )
    .join("\n");

const AUDIT = "audit";

/** From the auditor's own addresses, with its own key, to read the zone and nothing else. */
const auditAcl = (audits: { host: PlannedHost }[], facts: RenderFacts): string => {
  const addresses = [...new Set(audits.flatMap(({ host }) => addressesOf(host)))];
  return `  - id: ${AUDIT}\n    address: [ ${addresses.join(", ")} ]\n    key: ${facts.auditKey}\n    action: transfer`;
};
