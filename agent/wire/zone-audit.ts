// A zone's whole audit in one go: the chain from the root, its parent, each of its servers side by side, and the rules over what
// was seen. Pure: the driver (dns-drive.ts) sends; used by the check `zone-audit` and by the command line.
import { collectForwarded, collectParent, collectServer } from "./dns/audit/collect.ts";
import { type AuditFinding, type AuditPolicy, audit } from "./dns/audit/index.ts";
import { type ChainZone, chainOf } from "./dns/audit/path.ts";
import type { AuditPlan, ServerAddress, ZoneSeen } from "./dns/audit/seen.ts";
import { startRun } from "./dns/resolve.ts";
import type { Limits } from "./dns/resolver/budget.ts";
import { ResolverCache } from "./dns/resolver/cache.ts";
import { type ResolverConfig, validationTime } from "./dns/resolver/machine.ts";
import type { Driver } from "./dns-drive.ts";

/** For each part of the collection: an audit asks more than a lookup does, and still ends. */
const LIMITS: Limits = { queries: 2_000, verifications: 2_000, hashes: 2_000, aliases: 12 };

export interface AuditRequest {
  readonly config: ResolverConfig;
  readonly plan: AuditPlan;
  readonly policy?: AuditPolicy;
  /** Ask these servers only, instead of all that the zone and its delegation name. */
  readonly servers?: readonly string[];
  /** The servers cannot be asked from here: this resolver is, in their place. */
  readonly resolver?: string;
}

export interface ZoneAudit {
  readonly seen: ZoneSeen;
  readonly findings: readonly AuditFinding[];
  readonly chain: readonly ChainZone[];
}

/** Collects and judges. `nowSeconds` is Unix time; what it is judged at may differ (`config.validationTime`). */
export async function auditZone(driver: Driver, nowSeconds: number, request: AuditRequest): Promise<ZoneAudit> {
  const { config, plan, policy, resolver } = request;
  const cache = new ResolverCache();
  const run = () => startRun(config, nowSeconds, cache, LIMITS);
  const first = run();
  const parent = await driver.run(collectParent(first, plan));
  const wanted = request.servers ? named(request.servers, parent.named) : parent.servers;
  const servers = resolver
    ? [await driver.run(collectForwarded(run(), plan, resolver))]
    : await Promise.all(wanted.map((server) => driver.run(collectServer(run(), plan, server))));
  const seen: ZoneSeen = { plan, atSeconds: validationTime(first), ...parent, servers };
  return { seen, findings: audit(seen, policy), chain: chainOf(first, plan.zone) };
}

/** Addresses with the names that the zone gives them; one that it does not name stands for itself. */
function named(addresses: readonly string[], known: readonly ServerAddress[]): ServerAddress[] {
  return addresses.map((address) => known.find((one) => one.address === address) ?? { name: address, address });
}
