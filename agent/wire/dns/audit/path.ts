/**
 * The chain of trust as a picture can show it: each zone from the root to the one audited, with DS, keys, servers and what was made
 * of it. Reads what a run remembers; asks nothing.
 */
import { parseDnskey, parseDs } from "../dnskey.ts";
import { countLabels, lastLabels } from "../name.ts";
import type { SignedRrset } from "../resolver/classify.ts";
import type { Run } from "../resolver/machine.ts";
import { parseRrsig, validity } from "../rrsig.ts";
import { TYPE } from "../types.ts";
import { anchorFor } from "../validator/anchors.ts";
import type { Reason, Security } from "../validator/verdict.ts";

export interface ChainKey {
  readonly keyTag: number;
  readonly algorithm: number;
  /** SEP flag: signs keys, by custom. */
  readonly role: "KSK" | "ZSK";
  readonly revoked: boolean;
  /** A DS record of the parent, or an anchor, has its tag and algorithm. */
  readonly vouched: boolean;
}

export interface ChainZone {
  readonly zone: string;
  /** `unknown`: the chain broke or ended above. */
  readonly state: Security | "unknown";
  readonly reason?: Reason;
  /** A trust anchor stands here. */
  readonly anchor: boolean;
  readonly ds: readonly { readonly keyTag: number; readonly algorithm: number; readonly digestType: number }[];
  readonly keys: readonly ChainKey[];
  /** When the first signature over the keys ends, Unix seconds. */
  readonly keysSignedUntil?: number;
  readonly servers: readonly string[];
}

/** Zones from the root down to `zone`, those only that are zones as far as the run saw. */
export function chainOf(run: Run, zone: string): ChainZone[] {
  const names = Array.from({ length: countLabels(zone) + 1 }, (_, keep) => (keep === 0 ? "." : lastLabels(zone, keep)));
  return names.filter((name) => name === "." || name === zone || isCut(run, name)).map((name) => zoneOf(run, name));
}

function isCut(run: Run, name: string): boolean {
  const trust = run.cache.trust.get(name, run.nowSeconds)?.value;
  if (trust) return trust.state !== "no-cut" && trust.zone === name;
  return run.cache.delegations.get(name, run.nowSeconds) !== undefined;
}

function zoneOf(run: Run, zone: string): ChainZone {
  const trust = run.cache.trust.get(zone, run.nowSeconds)?.value;
  const keys = answered(run, zone, TYPE.DNSKEY);
  const ds = answered(run, zone, TYPE.DS)?.records ?? referred(run, zone);
  const governing = anchorFor(run.config.anchors, zone);
  const anchored = governing && "anchor" in governing && governing.anchor.zone === zone ? governing.anchor : undefined;
  const given = ds.map((record) => parseDs(record.rdata)).filter((one) => one !== undefined);
  const vouching = [...given, ...(anchored?.ds ?? []).map(parseDs).filter((one) => one !== undefined)];
  const trustedKeys = (anchored?.dnskeys ?? []).map(parseDnskey);
  const until = keys && earliestEnd(run, keys);
  const servers =
    run.cache.delegations.get(zone, run.nowSeconds)?.value.servers ?? (zone === "." ? run.config.hints : []);
  return {
    zone,
    state: trust && trust.state !== "no-cut" ? trust.state : "unknown",
    ...(trust && "reason" in trust && { reason: trust.reason }),
    anchor: anchored !== undefined,
    ds: given.map(({ keyTag, algorithm, digestType }) => ({ keyTag, algorithm, digestType })),
    keys: (keys?.records ?? []).flatMap((record) => {
      const key = parseDnskey(record.rdata);
      if (!key) return [];
      const { keyTag, algorithm, sep, revoked } = key;
      const vouched = [...vouching, ...trustedKeys].some((v) => v?.keyTag === keyTag && v.algorithm === algorithm);
      return [{ keyTag, algorithm, role: sep ? ("KSK" as const) : ("ZSK" as const), revoked, vouched }];
    }),
    ...(until !== undefined && { keysSignedUntil: until }),
    servers: servers.map(({ name }) => name),
  };
}

function answered(run: Run, name: string, type: number): SignedRrset | undefined {
  const response = run.cache.responses.get(`${type}/${name}`, run.nowSeconds)?.value;
  return response?.answer.find((set) => set.name === name && set.type === type);
}

/** DS records that came with the referral. */
function referred(run: Run, zone: string) {
  const proof = run.cache.delegations.get(zone, run.nowSeconds)?.value.proof ?? [];
  return proof.filter((record) => record.name === zone && record.type === TYPE.DS);
}

function earliestEnd(run: Run, set: SignedRrset): number | undefined {
  const now = run.nowSeconds;
  const left = set.signatures.map((record) => parseRrsig(record.rdata)).filter((one) => one !== undefined);
  return left.length === 0 ? undefined : now + Math.min(...left.map((rrsig) => validity(rrsig, now).secondsLeft));
}
