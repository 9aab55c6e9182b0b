/** CDS and CDNSKEY: do they name keys that are there, agree, and has the parent taken them (RFC 7344, RFC 8078)? */
import { compareOctets } from "../../canonical.ts";
import { dsDigest, isDigestSupported, parseDs } from "../../dnskey.ts";
import type { ResourceRecord } from "../../message.ts";
import { TYPE } from "../../types.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { answerOf, isAuthority } from "../seen.ts";
import { bestOf, dsRecords, zoneKeys } from "../table.ts";

export const rollover: Rule = {
  id: "rollover",
  clauses: ["RFC 7344 §4.1 and §6.1", "RFC 8078 §3"],
  tags: ["ZONE_CDS_INVALID", "ZONE_CDS_PENDING"],
  run(input) {
    const { seen } = input;
    const { zone } = seen.plan;
    const servers = seen.servers.filter(isAuthority);
    const first = (type: number, probe: "cds" | "cdnskey") =>
      servers.map((server) => answerOf(server.probes[probe], zone, type)).find((records) => records.length > 0) ?? [];
    const cds = first(TYPE.CDS, "cds");
    const cdnskey = first(TYPE.CDNSKEY, "cdnskey");
    if (cds.length === 0 && cdnskey.length === 0) return [];
    const invalid = whyInvalid(input, cds, cdnskey);
    if (invalid) return [{ subject: zone, tag: "ZONE_CDS_INVALID", evidence: { why: invalid } }];
    return pending(input, cds);
  },
};

/** `0 0 0 00`: the zone asks for its DS to be taken away (RFC 8078 §4). */
const isDelete = (rdata: Uint8Array) => rdata[2] === 0 && rdata.length <= 5;

function whyInvalid(
  input: RuleInput,
  cds: readonly ResourceRecord[],
  cdnskey: readonly ResourceRecord[],
): string | undefined {
  const keys = zoneKeys(input.seen);
  if (cds.some((record) => isDelete(record.rdata))) return cds.length > 1 ? "delete request beside others" : undefined;
  const signed = input.rrsets.filter((set) => set.type === TYPE.CDS || set.type === TYPE.CDNSKEY);
  if (signed.some((set) => bestOf(set) === undefined)) return "not validly signed";
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
function pending({ seen }: RuleInput, cds: readonly ResourceRecord[]): AuditFinding[] {
  const ds = dsRecords(seen);
  // What the parent has is not known when nobody could be asked.
  if (cds.length === 0 || seen.ds.failure || seen.ds.verdict.security === "bogus") return [];
  const text = (record: ResourceRecord) => Buffer.from(record.rdata).toString("hex");
  const have = new Set(ds.map(text));
  const want = new Set(cds.filter((record) => !isDelete(record.rdata)).map(text));
  const missing = [...want].filter((one) => !have.has(one)).length;
  const extra = [...have].filter((one) => !want.has(one)).length;
  if (missing === 0 && extra === 0) return [];
  return [{ subject: seen.plan.zone, tag: "ZONE_CDS_PENDING", evidence: { toAdd: missing, toRemove: extra } }];
}
