// Name servers and resolvers. Pure.
import type { Plan, PlannedHost, PlannedZone } from "../plan/types.ts";
import {
  auditsOf,
  KNOT,
  knotConfig,
  rootHints,
  secondariesOf,
  trustAnchors,
  UNBOUND,
  unboundConfig,
  zoneFile,
  zonePath,
  zonesOn,
} from "../render/index.ts";
import { zoneLabel } from "../vault/index.ts";
import type { Materials } from "./facts.ts";
import { directory, type Part, paths, secret, text } from "./part.ts";

const BIND_LOW_PORT = ["net_bind_service"];

/** Knot: zone files, keys that are imported before the first start, and the key of zone transfers where there are partners. */
export function nameServerPart(plan: Plan, host: PlannedHost, m: Materials): Part {
  const { primary, secondary } = zonesOn(plan, host);
  const config = knotConfig(plan, host, m.render);
  const shared = [...primary, ...secondary].some((z) => secondariesOf(z).length > 0);
  const zones = primary.map((z) => text(zonePath(z.name), zoneFile(plan, z, m.render), "0640", "root:knot"));
  const keys = primary.flatMap((z) => (["ksk", "zsk"] as const).map((role) => keyFile(m, z, role)));
  const isAudited = auditsOf(plan, [...primary, ...secondary]).length > 0;
  const fixed = [
    ...(shared ? [secret(m, KNOT.transferKey, m.transferSecret, "knot:knot")] : []),
    ...(isAudited ? [secret(m, KNOT.auditKey, m.auditSecret, "knot:knot")] : []),
  ];
  const main = text(KNOT.config, config, "0640", "root:knot");
  return {
    directories: [
      directory("/etc/knot"),
      directory(KNOT.zones, "0750", "root:knot"),
      directory(KNOT.keys, "0750", "root:knot"),
      directory(KNOT.storage, "0770", "knot:knot"),
      directory(KNOT.run, "0755", "knot:knot"),
    ],
    files: [main, ...zones, ...keys, ...fixed],
    daemons: [
      {
        name: "knot",
        argv: ["knotd", "-c", KNOT.config],
        prepare: [["knotc", "-c", KNOT.config, "conf-check"], ...primary.flatMap(importKeys)],
        user: "knot",
        capabilities: BIND_LOW_PORT,
        restart: "once",
        files: paths([main, ...zones, ...keys, ...fixed]),
        reload: { files: paths([main, ...zones]), argv: ["knotc", "-s", `${KNOT.run}/knot.sock`, "reload"] },
        log: "/var/log/knot/knot.log",
        role: "service",
      },
    ],
  };
}

const keyPath = (zone: PlannedZone, role: string) => `${KNOT.keys}/${zoneLabel(zone.name)}.${role}.pem`;

const keyFile = (m: Materials, zone: PlannedZone, role: "ksk" | "zsk") =>
  secret(m, keyPath(zone, role), `dns/${zoneLabel(zone.name)}.${role}.pem`, "knot:knot");

/** A key is known to Knot by the hash of its public half, so that a second import changes nothing. */
const importKeys = (zone: PlannedZone): string[][] =>
  (["ksk", "zsk"] as const).map((role) => [
    "keymgr",
    "-c",
    KNOT.config,
    `${zone.name}.`,
    "import-pem",
    keyPath(zone, role),
    "algorithm=13",
    `ksk=${role === "ksk" ? "yes" : "no"}`,
    `zsk=${role === "zsk" ? "yes" : "no"}`,
  ]);

/** Unbound. */
export function resolverPart(plan: Plan, host: PlannedHost, m: Materials): Part {
  const files = [
    text(UNBOUND.config, unboundConfig(plan, host)),
    text(UNBOUND.hints, rootHints(plan)),
    text(UNBOUND.anchors, trustAnchors(plan, m.render)),
  ];
  return {
    directories: [directory("/etc/unbound"), directory("/run/unbound", "0755", "unbound:unbound")],
    files,
    daemons: [
      {
        name: "unbound",
        argv: ["unbound", "-d", "-p", "-c", UNBOUND.config],
        prepare: [["unbound-checkconf", UNBOUND.config]],
        user: "unbound",
        capabilities: BIND_LOW_PORT,
        restart: "once",
        files: paths(files),
        reload: { files: paths(files), argv: ["unbound-control", "-c", UNBOUND.config, "reload"] },
        log: "/var/log/unbound/unbound.log",
        role: "service",
      },
    ],
  };
}
