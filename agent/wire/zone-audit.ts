// A zone's whole audit in one go: what was collected of it (zone-collect.ts), and the rules over that. Pure: the driver sends; used by
// the check `zone-audit` and by the command line.
import type { Discovered } from "./dns/audit/discover.ts";
import { type AuditFinding, type AuditPolicy, audit } from "./dns/audit/index.ts";
import { type LookMemory, remember } from "./dns/audit/memory.ts";
import { type ChainZone, chainOf } from "./dns/audit/path.ts";
import { type AnchoredKeys, anchoredKeys } from "./dns/audit/rules/above.ts";
import type { ZoneSeen } from "./dns/audit/seen.ts";
import { type Stage, stagesOf } from "./dns/audit/stage.ts";
import { judgeAll } from "./dns/audit/table.ts";
import { resolve, startRun } from "./dns/resolve.ts";
import type { Limits } from "./dns/resolver/budget.ts";
import { ResolverCache } from "./dns/resolver/cache.ts";
import { addressText } from "./dns/resolver/iterate.ts";
import type { ResolverConfig, Run } from "./dns/resolver/machine.ts";
import { TYPE } from "./dns/types.ts";
import type { Driver } from "./dns-drive.ts";
import { type CollectRequest, collectZone } from "./zone-collect.ts";
import { type TlsDoors, tlsaFindings } from "./zone-tlsa.ts";
import type { TransferFailure } from "./zone-transfer.ts";

/** For each part of the collection: an audit asks more than a lookup does, and still ends. */
const LIMITS: Limits = { queries: 2_000, verifications: 2_000, hashes: 2_000, aliases: 12 };

export interface AuditRequest extends CollectRequest {
  readonly config: ResolverConfig;
  /** What was learnt on the way to the zone's name, of the same configuration. */
  readonly cache?: ResolverCache;
  readonly policy?: AuditPolicy;
  /** What the look before this one left; absent: this is the first. */
  readonly before?: LookMemory;
  /** Given: TLSA records are held against the certificates that are served. */
  readonly tls?: TlsDoors;
}

export interface ZoneAudit {
  readonly seen: ZoneSeen;
  readonly findings: readonly AuditFinding[];
  readonly chain: readonly ChainZone[];
  /** Where its keys stand, and what the next look should know. */
  readonly memory: { readonly stages: readonly Stage[]; readonly next: LookMemory };
  /** The anchored zone's keys, when its servers were asked. */
  readonly anchored?: AnchoredKeys;
  /** How far the names below the apex of an own zone could be found out; undefined: not tried. */
  readonly names?: Discovered["extent"];
  /** A key was given, and this is what became of the transfer with it. */
  readonly transferFailed?: TransferFailure;
}

/** Collects and judges. `nowSeconds` is Unix time; what it is judged at may differ (`config.validationTime`). */
export async function auditZone(driver: Driver, nowSeconds: number, request: AuditRequest): Promise<ZoneAudit> {
  const { config, policy, cache = new ResolverCache() } = request;
  const run = () => startRun(config, nowSeconds, cache, LIMITS);
  const first = run();
  const { seen, found } = await collectZone(driver, run, first, request);
  const rrsets = judgeAll(seen);
  const anchored = anchoredKeys(seen);
  const tlsa = request.tls ? await tlsaFindings(seen, addressesBy(driver, run), request.tls) : [];
  return {
    seen,
    findings: [...audit(seen, policy, request.before), ...tlsa],
    chain: chainOf(first, seen.plan.zone),
    memory: { stages: stagesOf(seen, rrsets), next: remember(seen, rrsets, request.before) },
    ...(anchored && { anchored }),
    ...(found && { names: found.extent }),
    ...(found?.failed && { transferFailed: found.failed }),
  };
}

const addressesBy = (driver: Driver, run: () => Run) => async (name: string) => {
  const types = [TYPE.A, TYPE.AAAA];
  const found = await Promise.all(types.map((type) => driver.run(resolve(run(), name, type))));
  const records = found.flatMap(({ answer }) => answer.flatMap((set) => set.records));
  return records.map(addressText).filter((address) => address !== undefined);
};
