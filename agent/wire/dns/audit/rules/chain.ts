/** From the anchor to the zone: is it signed, does the parent say so, do DS and keys fit, is the chain whole? */
import { compareOctets } from "../../canonical.ts";
import { dsDigest, isDigestSupported, parseDnskey, parseDs } from "../../dnskey.ts";
import type { ResourceRecord } from "../../message.ts";
import { TYPE, typeName } from "../../types.ts";
import { edeOf } from "../../validator/verdict.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { answerOf, at, isAuthority, type ZoneSeen } from "../seen.ts";
import { dsRecords, zoneKeys } from "../table.ts";

export const chain: Rule = {
  id: "chain",
  clauses: ["RFC 4035 §2.4 and §5.2", "RFC 6781 §4.1", "RFC 8624 §3.3"],
  tags: [
    "ZONE_NOT_SIGNED",
    "ZONE_CHAIN_BROKEN",
    "ZONE_DS_MISSING",
    "ZONE_DS_UNMATCHED",
    "ZONE_DS_DIGEST_WEAK",
    "ZONE_PARENT_DIFFERS",
  ],
  run: (input) => [...overall(input), ...dsFindings(input.seen), ...parentDiffers(input.seen)],
};

function overall({ seen, rrsets }: RuleInput): AuditFinding[] {
  const { zone } = seen.plan;
  const { verdict } = seen.chain;
  const anySeen = seen.servers.some(isAuthority);
  // A zone without keys below a DS is not unsigned but broken.
  if (anySeen && zoneKeys(seen).length === 0 && dsRecords(seen).length === 0)
    return [{ subject: zone, tag: "ZONE_NOT_SIGNED", evidence: {} }];
  // Nobody answered for the zone: that is told of each server, and says nothing of the chain.
  if (verdict.security === "bogus" && (anySeen || verdict.where.zone !== zone)) {
    // A signature that ran out, or none, is told by the rule on signatures, with counts; here is what only the chain shows.
    const own = verdict.where.zone === zone && verdict.reason.startsWith("signature-");
    const told = own && rrsets.some((set) => set.signatures.every((one) => one.state !== "valid"));
    if (told) return [];
    const { reason, where } = verdict;
    const evidence = { reason, ede: edeOf(reason) ?? 6, zone: where.zone, at: `${where.name}/${typeName(where.type)}` };
    return [{ subject: zone, tag: "ZONE_CHAIN_BROKEN", evidence }];
  }
  if (
    verdict.security === "insecure" &&
    verdict.where.name === zone &&
    (verdict.reason === "no-ds" || verdict.reason === "opt-out")
  ) {
    return [
      { subject: zone, tag: "ZONE_DS_MISSING", evidence: { reason: verdict.reason, parent: verdict.where.zone } },
    ];
  }
  return [];
}

function dsFindings(seen: ZoneSeen): AuditFinding[] {
  const { zone } = seen.plan;
  const keys = zoneKeys(seen);
  const all = dsRecords(seen)
    .map((record) => parseDs(record.rdata))
    .filter((ds) => ds !== undefined);
  if (all.length === 0 || keys.length === 0) return [];
  const fits = (ds: (typeof all)[number]) =>
    keys.some((key) => {
      const parsed = parseDnskey(key.rdata);
      if (parsed?.keyTag !== ds.keyTag || parsed.algorithm !== ds.algorithm) return false;
      const digest = dsDigest(key.owner, key.rdata, ds.digestType);
      return digest === undefined || compareOctets(digest, ds.digest) === 0;
    });
  const out: AuditFinding[] = [];
  const unmatched = all.filter((ds) => isDigestSupported(ds.digestType) && !fits(ds));
  // With none that fits, the chain is broken, and said so above.
  if (unmatched.length > 0 && unmatched.length < all.length) {
    const keyTags = [...new Set(unmatched.map((ds) => String(ds.keyTag)))];
    out.push({ subject: zone, tag: "ZONE_DS_UNMATCHED", evidence: { keyTags, count: unmatched.length } });
  }
  if (all.every((ds) => ds.digestType === 1)) {
    out.push({
      subject: zone,
      tag: "ZONE_DS_DIGEST_WEAK",
      evidence: { digest: "SHA-1", keyTags: all.map((ds) => String(ds.keyTag)) },
    });
  }
  return out;
}

function parentDiffers(seen: ZoneSeen): AuditFinding[] {
  const { zone } = seen.plan;
  const answered = (seen.parent?.servers ?? []).filter(
    (server) => "message" in server.ds && server.ds.message.rcode === 0,
  );
  const text = (records: readonly ResourceRecord[]) =>
    records
      .map((r) => Buffer.from(r.rdata).toString("hex"))
      .sort()
      .join();
  const sets = new Map<string, string[]>();
  for (const server of answered) {
    const content = text(answerOf(server.ds, zone, TYPE.DS));
    sets.set(content, [...(sets.get(content) ?? []), at(server)]);
  }
  if (sets.size < 2) return [];
  const groups = [...sets].map(([content, servers]) => `${content === "" ? "no DS" : "DS"}: ${servers.join(", ")}`);
  return [
    { subject: zone, tag: "ZONE_PARENT_DIFFERS", evidence: { parent: seen.parent!.zone, groups: groups.slice(0, 64) } },
  ];
}
