/**
 * Every signature of every RRset at every server: missing, wrong, over, nearly over. One cause is one finding: a signer that
 * stopped, with counts and the earliest end; a secondary that is stale, by its name; else RRsets together by what ails them.
 */
import { TYPE } from "../../types.ts";
import { inceptionOf } from "../memory.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { at, isAuthority, isOlder, label, type ServerSeen, soaOf } from "../seen.ts";
import { bestOf, fractionLeft, type JudgedRrset, zoneKeys } from "../table.ts";

const HOUR = 3600;
const DAY = 86_400;
/** Of the RRsets that the signer renews, so many are late when it is the signer that stopped. */
const STOPPED = 0.8;

export const signatures: Rule = {
  id: "signatures",
  clauses: ["RFC 4035 §2.2 and §5.3", "RFC 6781 §4.4.2"],
  tags: [
    "ZONE_SECONDARY_STALE",
    "ZONE_SECONDARY_SIGNATURES",
    "ZONE_SIGNER_LATE",
    "ZONE_SIGNER_STOPPED",
    "ZONE_SIGNATURE_MISSING",
    "ZONE_SIGNATURE_BOGUS",
    "ZONE_SIGNATURE_EXPIRED",
    "ZONE_SIGNATURE_NOT_YET_VALID",
    "ZONE_SIGNATURE_EXPIRES_SOON",
    "ZONE_SIGNATURE_LIFETIME",
    "ZONE_SIGNATURE_UNDER_EXPIRE",
  ],
  run(input) {
    if (zoneKeys(input.seen).length === 0) return [];
    const stale = staleServers(input);
    const current = input.rrsets.filter((set) => !stale.has(set.server));
    const behind = behindServers(current);
    const fresh = current.filter((set) => !behind.has(set.server));
    return [
      ...byServer([...stale.keys()]).map((servers) => staleFinding(input, servers, stale.get(servers[0]!)!)),
      ...byServer([...behind.keys()]).map((servers) => behindFinding(input, servers, behind)),
      ...wrong(input, fresh),
      ...late(input, fresh),
      ...lifetimes(input, fresh),
    ];
  },
};

/** Servers whose serial is older than the newest seen, with that one. */
function staleServers({ seen }: RuleInput): Map<ServerSeen, number> {
  const serials = seen.servers
    .filter(isAuthority)
    .map((server) => ({ server, serial: soaOf(server, seen.plan.zone)?.serial }));
  const known = serials.filter((one): one is { server: ServerSeen; serial: number } => one.serial !== undefined);
  const newest = known.reduce((max, one) => (isOlder(max, one.serial) ? one.serial : max), known[0]?.serial ?? 0);
  return new Map(known.filter((one) => isOlder(one.serial, newest)).map((one) => [one.server, newest]));
}

/** One server is one finding, at however many addresses. */
const byServer = (servers: readonly ServerSeen[]): ServerSeen[][] =>
  [...new Set(servers.map(({ name }) => name))].map((name) => servers.filter((server) => server.name === name));

const isOver = (set: JudgedRrset) =>
  set.signatures.length > 0 && set.signatures.every((one) => one.state === "expired");

function staleFinding({ seen, rrsets }: RuleInput, servers: readonly ServerSeen[], newest: number): AuditFinding {
  const [first] = servers;
  const expired = new Set(rrsets.filter((set) => servers.includes(set.server) && isOver(set)).map(label)).size;
  const { serial } = soaOf(first!, seen.plan.zone)!;
  const addresses = servers.map(({ address }) => address);
  const evidence = { server: first!.name, addresses, serial, newest, expired };
  return { subject: first!.name, tag: "ZONE_SECONDARY_STALE", evidence };
}

/** Signatures may differ a little between servers while a transfer is under way, or where each signs by itself. */
const BEHIND = 0.1;

/**
 * Servers of the same version whose signatures end earlier than those of others, by more than a part of their lifetime: they missed
 * a signing that did not change the serial, or serve another signer's. With the RRsets that show it.
 */
function behindServers(sets: readonly JudgedRrset[]): Map<ServerSeen, JudgedRrset[]> {
  const end = (set: JudgedRrset) => Math.max(...set.signatures.filter(isTimed).map((one) => one.secondsLeft));
  const timed = sets.filter((set) => set.signatures.some(isTimed));
  const latest = new Map<string, number>();
  for (const set of timed)
    latest.set(label(set), Math.max(latest.get(label(set)) ?? Number.NEGATIVE_INFINITY, end(set)));
  const out = new Map<ServerSeen, JudgedRrset[]>();
  for (const set of timed) {
    const lifetime = Math.max(...set.signatures.map((one) => one.lifetime));
    if (latest.get(label(set))! - end(set) > Math.max(HOUR, BEHIND * lifetime))
      out.set(set.server, [...(out.get(set.server) ?? []), set]);
  }
  return out;
}

function behindFinding(
  { seen, rrsets }: RuleInput,
  servers: readonly ServerSeen[],
  behind: ReadonlyMap<ServerSeen, JudgedRrset[]>,
): AuditFinding {
  const shown = servers.flatMap((server) => behind.get(server)!);
  const all = rrsets.filter((set) => servers.includes(set.server) && isOver(set));
  const evidence = {
    server: servers[0]!.name,
    addresses: servers.map(({ address }) => address),
    count: new Set(shown.map(label)).size,
    expired: new Set(all.map(label)).size,
    earliest: earliest(seen.atSeconds, shown),
    rrsets: [...new Set(shown.map(label))].slice(0, 64),
  };
  return { subject: servers[0]!.name, tag: "ZONE_SECONDARY_SIGNATURES", evidence };
}

type Ill = "ZONE_SIGNATURE_MISSING" | "ZONE_SIGNATURE_BOGUS" | "ZONE_SIGNATURE_NOT_YET_VALID";

function illness(set: JudgedRrset): Ill | undefined {
  if (set.signatures.length === 0) return "ZONE_SIGNATURE_MISSING";
  // A signature by a published key that does not verify is wrong even beside one that does.
  if (set.signatures.some((one) => one.state === "bogus")) return "ZONE_SIGNATURE_BOGUS";
  if (bestOf(set) || set.signatures.some((one) => one.state === "expired")) return undefined;
  return set.signatures.some((one) => one.state === "not-yet-valid")
    ? "ZONE_SIGNATURE_NOT_YET_VALID"
    : "ZONE_SIGNATURE_BOGUS";
}

/** Missing, wrong and premature signatures, one finding for each RRset with all servers that show it. */
function wrong({ seen }: RuleInput, sets: readonly JudgedRrset[]): AuditFinding[] {
  const groups = new Map<string, { tag: Ill; set: JudgedRrset; servers: string[] }>();
  for (const set of sets) {
    const tag = illness(set);
    if (!tag) continue;
    const key = `${tag} ${label(set)}`;
    const group = groups.get(key) ?? { tag, set, servers: [] };
    group.servers.push(at(set.server));
    groups.set(key, group);
  }
  const all = [...groups.values()];
  return TAGS_OF_WRONG.flatMap((tag) =>
    together(
      seen.plan.zone,
      tag,
      all.filter((one) => one.tag === tag),
    ),
  );
}

const TAGS_OF_WRONG: readonly Ill[] = [
  "ZONE_SIGNATURE_MISSING",
  "ZONE_SIGNATURE_BOGUS",
  "ZONE_SIGNATURE_NOT_YET_VALID",
];
/** More RRsets with one ailment than this are one cause, and one finding. */
const EACH = 3;

function together(zone: string, tag: Ill, all: readonly { set: JudgedRrset; servers: string[] }[]): AuditFinding[] {
  if (all.length <= EACH) {
    return all.map(({ set, servers }) => {
      const states = [...new Set(set.signatures.map((one) => `${one.keyTag}: ${one.state}`))];
      return {
        subject: label(set),
        tag,
        evidence: { rrset: label(set), servers: servers.slice(0, 64), signatures: states },
      };
    });
  }
  const rrsets = all.map(({ set }) => label(set)).slice(0, 64);
  const servers = [...new Set(all.flatMap((one) => one.servers))].slice(0, 64);
  return [{ subject: zone, tag, evidence: { count: all.length, rrsets, servers } }];
}

/** Signatures that are over or nearly so. */
function late({ seen, policy, before }: RuleInput, sets: readonly JudgedRrset[]): AuditFinding[] {
  const signed = sets.filter((set) => set.signatures.length > 0 && !illness(set));
  const over = signed.filter((set) => !bestOf(set));
  const soon = signed.filter((set) => bestOf(set) && fractionLeft(set) < policy.warnFraction);
  if (over.length + soon.length === 0) return outOfRhythm(seen.atSeconds, signed, before.rhythmSeconds, seen.plan.zone);
  // Keys are often signed by hand, in a rhythm of their own: they say nothing of the signer.
  const renewed = (some: readonly JudgedRrset[]) => some.filter((set) => set.type !== TYPE.DNSKEY).length;
  const stopped = renewed(signed) > 1 && renewed([...over, ...soon]) >= STOPPED * renewed(signed);
  const evidence = (some: readonly JudgedRrset[]) => ({
    count: new Set(some.map(label)).size,
    rrsets: [...new Set(some.map(label))].slice(0, 64),
    servers: [...new Set(some.map((set) => at(set.server)))].slice(0, 64),
    earliest: earliest(seen.atSeconds, some),
  });
  const subject = seen.plan.zone;
  if (stopped) {
    const all = [...over, ...soon];
    return [
      { subject, tag: "ZONE_SIGNER_STOPPED", evidence: { ...evidence(all), expired: new Set(over.map(label)).size } },
    ];
  }
  const out: AuditFinding[] = [];
  if (over.length > 0) out.push({ subject, tag: "ZONE_SIGNATURE_EXPIRED", evidence: evidence(over) });
  if (soon.length > 0) out.push({ subject, tag: "ZONE_SIGNATURE_EXPIRES_SOON", evidence: evidence(soon) });
  return out;
}

/** So much longer than its rhythm, and less than half of its lifetime left, before a signer is called late. */
const LATE = 1.25;

/** Signatures that last for a while yet, but are older than the signer was ever seen to let them become. */
function outOfRhythm(now: number, sets: readonly JudgedRrset[], rhythm: number, subject: string): AuditFinding[] {
  const age = (set: JudgedRrset) => now - inceptionOf(set, now)!;
  const old = sets.filter((set) => {
    const isRenewed = set.type !== TYPE.DNSKEY && set.type !== TYPE.SOA;
    return isRenewed && bestOf(set) && fractionLeft(set) < 0.5 && age(set) > LATE * rhythm + HOUR;
  });
  if (rhythm === 0 || old.length === 0) return [];
  const evidence = {
    count: new Set(old.map(label)).size,
    ageDays: round(Math.max(...old.map(age)) / DAY),
    rhythmDays: round(rhythm / DAY),
    earliest: earliest(now, old),
    rrsets: [...new Set(old.map(label))].slice(0, 64),
  };
  return [{ subject, tag: "ZONE_SIGNER_LATE", evidence }];
}

/** When the first RRset is or was without a signature that holds: ISO 8601. */
function earliest(now: number, sets: readonly JudgedRrset[]): string {
  const ends = sets.map((set) => Math.max(...set.signatures.filter(isTimed).map((one) => one.secondsLeft)));
  return new Date((now + Math.min(...ends)) * 1000).toISOString();
}

const isTimed = (one: JudgedRrset["signatures"][number]) => one.state === "valid" || one.state === "expired";

/**
 * Lifetimes out of reason, and signatures that end before a secondary that lost its primary would stop serving them (the SOA's
 * expire): by their lifetime, and by what is left of them in the rhythm in which they are renewed.
 */
function lifetimes({ seen, policy }: RuleInput, sets: readonly JudgedRrset[]): AuditFinding[] {
  const { zone } = seen.plan;
  const out: AuditFinding[] = [];
  const valid = sets.flatMap((set) => {
    const best = bestOf(set);
    return best ? [{ set, best }] : [];
  });
  const odd = valid.filter(({ best }) => best.lifetime < 12 * HOUR || best.lifetime > 180 * DAY);
  if (odd.length > 0) {
    const days = odd.map(({ best }) => best.lifetime / DAY);
    const evidence = {
      count: odd.length,
      shortestDays: round(Math.min(...days)),
      longestDays: round(Math.max(...days)),
    };
    out.push({ subject: zone, tag: "ZONE_SIGNATURE_LIFETIME", evidence });
  }
  const expire = Math.max(0, ...seen.servers.map((server) => soaOf(server, zone)?.expire ?? 0));
  const longest = Math.max(0, ...valid.map(({ best }) => best.lifetime));
  // Signatures that are nearly over are told by themselves; the others must outlive a secondary that loses its primary now.
  const held = valid.filter(({ set }) => fractionLeft(set) >= policy.warnFraction);
  const least = Math.min(...held.map(({ best }) => best.secondsLeft));
  if (longest > 0 && (expire > longest || (held.length === valid.length && expire > least + HOUR))) {
    const days = { expireDays: round(expire / DAY), lifetimeDays: round(longest / DAY) };
    const evidence = { ...days, ...(held.length > 0 && { leastLeftDays: round(least / DAY) }) };
    out.push({ subject: zone, tag: "ZONE_SIGNATURE_UNDER_EXPIRE", evidence });
  }
  return out;
}

const round = (value: number) => Math.round(value * 10) / 10;
