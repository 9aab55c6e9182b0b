/**
 * CDS and CDNSKEY: do they name keys that are there, agree, are they signed as the parent wants it, and has it taken them (RFC 7344,
 * RFC 8078)? And does a rollover stand still?
 */
import { compareOctets } from "../../canonical.ts";
import { dsDigest, isDigestSupported, keyTag, parseDs } from "../../dnskey.ts";
import type { ResourceRecord } from "../../message.ts";
import { TYPE } from "../../types.ts";
import { lastingThings } from "../memory.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { answerOf, isAuthority } from "../seen.ts";
import { isPassing, stagesOf } from "../stage.ts";
import { bestOf, dsRecords, isDelete, type JudgedRrset, zoneCds, zoneKeys } from "../table.ts";

export const rollover: Rule = {
  id: "rollover",
  clauses: ["RFC 7344 §4.1 and §6.1", "RFC 8078 §3", "RFC 7583 §3"],
  tags: ["ZONE_CDS_INVALID", "ZONE_CDS_PENDING", "ZONE_ROLLOVER_STUCK"],
  run(input) {
    const { seen } = input;
    const { zone } = seen.plan;
    const servers = seen.servers.filter(isAuthority);
    const first = (type: number, probe: "cds" | "cdnskey") =>
      servers.map((server) => answerOf(server.probes[probe], zone, type)).find((records) => records.length > 0) ?? [];
    const cds = first(TYPE.CDS, "cds");
    const cdnskey = first(TYPE.CDNSKEY, "cdnskey");
    const invalid = cds.length + cdnskey.length > 0 ? whyInvalid(input, cds, cdnskey) : undefined;
    if (invalid) return [{ subject: zone, tag: "ZONE_CDS_INVALID", evidence: { why: invalid } }, ...stuck(input)];
    return [...pending(input), ...stuck(input)];
  },
};

/** Tags of the zone's keys that a DS of the parent names. */
function vouchedTags({ seen }: RuleInput): Set<number> {
  const named = dsRecords(seen).flatMap(({ rdata }) => parseDs(rdata)?.keyTag ?? []);
  return new Set(
    zoneKeys(seen)
      .map(({ rdata }) => keyTag(rdata))
      .filter((tag) => named.includes(tag)),
  );
}

function whyInvalid(
  input: RuleInput,
  cds: readonly ResourceRecord[],
  cdnskey: readonly ResourceRecord[],
): string | undefined {
  const keys = zoneKeys(input.seen);
  if (cds.some((record) => isDelete(record.rdata))) return cds.length > 1 ? "delete request beside others" : undefined;
  const signed = input.rrsets.filter((set) => set.type === TYPE.CDS || set.type === TYPE.CDNSKEY);
  if (signed.some((set) => bestOf(set) === undefined)) return "not validly signed";
  const vouched = vouchedTags(input);
  const byVouched = ({ signatures }: JudgedRrset) =>
    signatures.some(({ state, keyTag }) => state === "valid" && vouched.has(keyTag));
  // The parent believes a request only by a key that it vouches for already (RFC 7344 §4.1).
  if (vouched.size > 0 && !signed.every(byVouched)) return "not signed by a key that has a DS";
  const named = cds
    .map((record) => parseDs(record.rdata))
    .filter((ds) => ds !== undefined && isDigestSupported(ds.digestType));
  const fits = (ds: NonNullable<(typeof named)[number]>, key: ResourceRecord) => {
    const digest = dsDigest(key.owner, key.rdata, ds.digestType);
    return digest !== undefined && compareOctets(digest, ds.digest) === 0;
  };
  if (named.length > 0 && !named.some((ds) => keys.some((key) => fits(ds!, key))))
    return "CDS names no key of the zone";
  const published = (record: ResourceRecord) => keys.some((key) => compareOctets(key.rdata, record.rdata) === 0);
  if (cdnskey.length > 0 && !cdnskey.some(published)) return "CDNSKEY is no key of the zone";
  if (named.length > 0 && cdnskey.length > 0 && !named.every((ds) => cdnskey.some((key) => fits(ds!, key)))) {
    return "CDS and CDNSKEY disagree";
  }
  return undefined;
}

/** What the zone asks for and what the parent has: different while a rollover waits for the parent. */
function pending({ seen }: RuleInput): AuditFinding[] {
  const { toAdd, toRemove, differs } = zoneCds(seen);
  return differs ? [{ subject: seen.plan.zone, tag: "ZONE_CDS_PENDING", evidence: { toAdd, toRemove } }] : [];
}

const DAY = 86_400;
/** A parent that looks for requests does so within days (RFC 8078 §3); one that does not never will. */
const PARENT_SECONDS = 7 * DAY;

/** A stage that lasts longer than the caches and signatures that it waits for (RFC 7583 §3), as far as the memory goes back. */
function stuck({ seen, rrsets, before }: RuleInput): AuditFinding[] {
  const ttl = (records: readonly ResourceRecord[]) => Math.max(0, ...records.map((record) => record.ttl));
  const lifetimes = rrsets.flatMap(({ signatures }) => signatures.map(({ lifetime }) => lifetime));
  const waits = ttl(zoneKeys(seen)) + ttl(dsRecords(seen)) + Math.max(DAY, ...lifetimes);
  const passing = new Set(
    stagesOf(seen, rrsets)
      .filter(isPassing)
      .map(({ name }) => name as string),
  );
  return lastingThings(seen, rrsets).flatMap(({ key, what, keyTags }): AuditFinding[] => {
    const since = before.since[key];
    const allowed = what === "cds" ? PARENT_SECONDS : waits;
    const isMeant = what !== "cds" && !passing.has(what);
    if (since === undefined || isMeant || seen.atSeconds - since <= allowed) return [];
    const days = (seconds: number) => Math.round((seconds / DAY) * 10) / 10;
    const evidence = {
      stage: what,
      since: new Date(since * 1000).toISOString(),
      days: days(seen.atSeconds - since),
      allowedDays: days(allowed),
      ...(keyTags.length > 0 && { keyTags: keyTags.map(String) }),
    };
    return [{ subject: `${seen.plan.zone} ${what}`, tag: "ZONE_ROLLOVER_STUCK", evidence }];
  });
}
