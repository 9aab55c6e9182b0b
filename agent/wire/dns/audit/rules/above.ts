/**
 * The root and the zones above, as seen from here: do their servers answer, and alike; do their signatures over keys and DS last; is
 * the root's key set signed by a key that is trusted here, and are the keys to come among those trusted?
 */
import { compareOctets } from "../../canonical.ts";
import { dsDigest, parseDnskey, parseDs } from "../../dnskey.ts";
import type { ResourceRecord } from "../../message.ts";
import { signedRrsets } from "../../resolver/classify.ts";
import { parseRrsig, validity, verifyRrset } from "../../rrsig.ts";
import { TYPE, typeName } from "../../types.ts";
import type { AboveSeen } from "../collect-above.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { answerOf, at, messageOf, type ZoneSeen } from "../seen.ts";

const DAY = 86_400;

export const above: Rule = {
  id: "above",
  clauses: ["RFC 4035 §2.4 and §5.3.1", "RFC 5011 §2.4", "RFC 7958"],
  tags: ["ZONE_PARENT_SERVER_FAILS", "ZONE_PARENT_DIFFERS", "ZONE_PARENT_SIGNATURE_ENDS", "ZONE_ANCHOR_NEW_KEY"],
  run: (input) => [...silent(input.seen), ...differing(input.seen), ...ending(input), ...anchors(input.seen)],
};

/** Zones above, with what was seen of each, the root's first. */
function byZone({ above: all = [] }: ZoneSeen): Map<string, AboveSeen[]> {
  const out = new Map<string, AboveSeen[]>();
  for (const one of all) out.set(one.zone, [...(out.get(one.zone) ?? []), one]);
  return out;
}

/** Of the zone right above only: what ails the root's letters is not for this zone's owner to mend. */
function silent(seen: ZoneSeen): AuditFinding[] {
  const { zone } = seen.plan;
  const own = (seen.above ?? []).filter(({ child }) => child === zone);
  const dead = own.filter(({ dnskey, ds }) => "failure" in dnskey || "failure" in ds);
  if (dead.length === 0 || dead.length === own.length) return [];
  const evidence = { parent: dead[0]!.zone, servers: dead.map(at).slice(0, 64) };
  return [{ subject: zone, tag: "ZONE_PARENT_SERVER_FAILS", evidence }];
}

const textOf = (records: readonly ResourceRecord[]) =>
  records
    .map((r) => Buffer.from(r.rdata).toString("hex"))
    .sort()
    .join();

/** Further up than the parent, which rules/chain.ts looks at: servers of one zone that give different DS for the next. */
function differing(seen: ZoneSeen): AuditFinding[] {
  return [...byZone(seen)].flatMap(([zone, servers]): AuditFinding[] => {
    const { child } = servers[0]!;
    if (child === seen.plan.zone) return [];
    const sets = new Map<string, string[]>();
    for (const one of servers.filter(({ ds }) => messageOf(ds)?.rcode === 0)) {
      const content = textOf(answerOf(one.ds, child, TYPE.DS));
      sets.set(content, [...(sets.get(content) ?? []), at(one)]);
    }
    if (sets.size < 2) return [];
    const groups = [...sets].map(([content, names]) => `${content === "" ? "no DS" : "DS"}: ${names.join(", ")}`);
    return [{ subject: child, tag: "ZONE_PARENT_DIFFERS", evidence: { parent: zone, groups: groups.slice(0, 64) } }];
  });
}

/** When the last signature over keys or DS ends, one finding a zone: nothing below it validates from then on. */
function ending({ seen, policy }: RuleInput): AuditFinding[] {
  return [...byZone(seen)].flatMap(([zone, servers]): AuditFinding[] => {
    const late = servers.flatMap((one) =>
      [one.dnskey, one.ds].flatMap((reply) =>
        signedRrsets(messageOf(reply)?.answer ?? []).flatMap((set) => {
          if (set.type !== TYPE.DNSKEY && set.type !== TYPE.DS) return [];
          const longest = set.signatures
            .map(({ rdata }) => parseRrsig(rdata))
            .filter((one) => one !== undefined)
            .map((rrsig) => ({
              left: validity(rrsig, seen.atSeconds).secondsLeft,
              life: rrsig.expiration - rrsig.inception,
            }))
            .reduce<{ left: number; life: number } | undefined>(
              (best, next) => (best && best.left > next.left ? best : next),
              undefined,
            );
          const isLate = longest && longest.left < longest.life * policy.warnParentFraction;
          return isLate ? [{ server: at(one), rrset: `${set.name}/${typeName(set.type)}`, left: longest.left }] : [];
        }),
      ),
    );
    if (late.length === 0) return [];
    const earliest = new Date((seen.atSeconds + Math.min(...late.map(({ left }) => left))) * 1000).toISOString();
    const daysLeft = Math.floor((Math.min(...late.map(({ left }) => left)) / DAY) * 10) / 10;
    const [rrsets, names] = [late.map(({ rrset }) => rrset), late.map(({ server }) => server)].map((all) =>
      [...new Set(all)].slice(0, 64),
    );
    return [
      {
        subject: zone,
        tag: "ZONE_PARENT_SIGNATURE_ENDS",
        evidence: { earliest, daysLeft, rrsets: rrsets!, servers: names! },
      },
    ];
  });
}

export interface AnchoredKeys {
  readonly zone: string;
  /** Key tags that hold a place: those that sign the key set, validly, and are trusted here. */
  readonly signedBy: readonly number[];
  /** Published with the flag of a secure entry point, not revoked, and not among the anchors. */
  readonly unknown: readonly number[];
}

/** The anchored zone's keys against the anchors; undefined when no server of it was asked, or it is not above. */
export function anchoredKeys({ above: all = [], anchor, atSeconds }: ZoneSeen): AnchoredKeys | undefined {
  const server = anchor && all.find(({ zone, dnskey }) => zone === anchor.zone && messageOf(dnskey)?.rcode === 0);
  const set = server && signedRrsets(messageOf(server.dnskey)!.answer).find((one) => one.type === TYPE.DNSKEY);
  if (!set) return undefined;
  const isTrusted = ({ owner, rdata }: ResourceRecord) =>
    anchor.dnskeys.some((known) => compareOctets(known, rdata) === 0) ||
    anchor.ds.some((text) => {
      const ds = parseDs(text);
      const digest = ds && dsDigest(owner, rdata, ds.digestType);
      return digest !== undefined && compareOctets(digest, ds!.digest) === 0;
    });
  const tag = ({ rdata }: ResourceRecord) => parseDnskey(rdata)!.keyTag;
  const keys = set.records.filter(({ rdata }) => parseDnskey(rdata));
  const signs = (dnskey: ResourceRecord) =>
    set.signatures.some((rrsig) => verifyRrset({ rrset: set.records, rrsig, dnskey, nowSeconds: atSeconds }).ok);
  const entry = keys.filter(({ rdata }) => {
    const key = parseDnskey(rdata)!;
    return key.sep && !key.revoked;
  });
  return {
    zone: anchor.zone,
    signedBy: keys.filter((key) => isTrusted(key) && signs(key)).map(tag),
    unknown: entry.filter((key) => !isTrusted(key)).map(tag),
  };
}

/** A key that will sign one day, and is not trusted here yet (RFC 5011 §2.4). */
function anchors(seen: ZoneSeen): AuditFinding[] {
  const keys = anchoredKeys(seen);
  // When none of the keys is trusted the chain is broken, and told as that.
  if (!keys || keys.unknown.length === 0 || keys.signedBy.length === 0) return [];
  const [signedBy, unknown] = [keys.signedBy, keys.unknown].map((tags) => tags.map(String));
  return [{ subject: keys.zone, tag: "ZONE_ANCHOR_NEW_KEY", evidence: { newKeys: unknown!, signedBy: signedBy! } }];
}
