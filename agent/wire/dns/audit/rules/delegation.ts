/** Do zone and delegation name the same servers, do their names lead to addresses of their own, and does the referral fit? */
import { nameFromWire } from "../../name.ts";
import { addressText } from "../../resolver/iterate.ts";
import { TYPE } from "../../types.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { answerOf, isAuthority, messageOf } from "../seen.ts";

export const delegation: Rule = {
  id: "delegation",
  clauses: ["RFC 1034 §4.2", "RFC 2181 §10.3", "RFC 2182 §3", "RFC 9471 §2"],
  tags: [
    "ZONE_DELEGATION_DIFFERS",
    "ZONE_GLUE_WRONG",
    "ZONE_NS_ALIAS",
    "ZONE_NS_UNRESOLVED",
    "ZONE_SERVERS_SHARE_ADDRESS",
    "ZONE_REFERRAL_LARGE",
  ],
  run: (input) => [...differs(input), ...glue(input), ...hosts(input), ...shared(input), ...large(input)],
};

/** Names of servers that are aliases, or lead nowhere. */
function hosts({ seen }: RuleInput): AuditFinding[] {
  return (seen.hosts ?? []).flatMap(({ name, addresses, alias, failed }): AuditFinding[] => {
    if (alias) return [{ subject: name, tag: "ZONE_NS_ALIAS", evidence: { server: name } }];
    const known = addresses.length > 0 || (seen.named ?? []).some((one) => one.name === name);
    return known || failed ? [] : [{ subject: name, tag: "ZONE_NS_UNRESOLVED", evidence: { server: name } }];
  });
}

/** Two names, one machine: what looks as two servers is one. */
function shared({ seen }: RuleInput): AuditFinding[] {
  const byAddress = new Map<string, Set<string>>();
  for (const { name, address } of seen.named ?? [])
    byAddress.set(address, (byAddress.get(address) ?? new Set()).add(name));
  return [...byAddress]
    .filter(([, names]) => names.size > 1)
    .map(([address, names]): AuditFinding => {
      const servers = [...names].sort();
      return {
        subject: `${seen.plan.zone} ${address}`,
        tag: "ZONE_SERVERS_SHARE_ADDRESS",
        evidence: { address, servers },
      };
    });
}

/** Octets that go over UDP without being cut up on the way (DNS flag day 2020, RFC 9715 §3). */
const FITS = 1_232;
const HEADER_QUESTION_AND_OPT = 12 + 255 + 4 + 11;
/** Owner as a pointer, type, class, TTL and length. */
const FIXED = 12;

/** A referral that has to be fetched over TCP, for the longest name that can be asked. */
function large({ seen }: RuleInput): AuditFinding[] {
  const sizes = (seen.parent?.servers ?? []).map(({ ns }) => {
    const message = messageOf(ns);
    const records = [...(message?.authority ?? []), ...(message?.additional ?? [])];
    return HEADER_QUESTION_AND_OPT + records.reduce((sum, { rdata }) => sum + FIXED + rdata.length, 0);
  });
  const octets = Math.max(0, ...sizes);
  return octets > FITS
    ? [{ subject: seen.plan.zone, tag: "ZONE_REFERRAL_LARGE", evidence: { octets, fits: FITS } }]
    : [];
}

function names(records: readonly { rdata: Uint8Array }[]): string[] {
  return [...new Set(records.map((record) => nameFromWire(record.rdata)))].sort();
}

function differs({ seen }: RuleInput): AuditFinding[] {
  const { zone } = seen.plan;
  const child = seen.servers
    .filter(isAuthority)
    .map((server) => names(answerOf(server.probes.ns, zone, TYPE.NS)))
    .find((one) => one.length > 0);
  const parent = (seen.parent?.servers ?? [])
    .map((server) => messageOf(server.ns))
    .map((message) =>
      names(
        [...(message?.authority ?? []), ...(message?.answer ?? [])].filter(
          (r) => r.type === TYPE.NS && r.name === zone,
        ),
      ),
    )
    .find((one) => one.length > 0);
  if (!child || !parent) return [];
  const onlyParent = parent.filter((name) => !child.includes(name));
  const onlyZone = child.filter((name) => !parent.includes(name));
  if (onlyParent.length + onlyZone.length === 0) return [];
  return [{ subject: zone, tag: "ZONE_DELEGATION_DIFFERS", evidence: { onlyParent, onlyZone } }];
}

/** Glue that the parent gives and the zone itself does not confirm. */
function glue({ seen }: RuleInput): AuditFinding[] {
  const out: AuditFinding[] = [];
  const given = new Map<string, Set<string>>();
  for (const server of seen.parent?.servers ?? []) {
    for (const record of messageOf(server.ns)?.additional ?? []) {
      const address = addressText(record);
      if (address) given.set(record.name, (given.get(record.name) ?? new Set()).add(address));
    }
  }
  for (const [name, addresses] of given) {
    const own = seen.servers.flatMap((server) =>
      server.names.filter((one) => one.asked.name === name).flatMap((one) => answerOf(one.reply, name, one.asked.type)),
    );
    const confirmed = new Set(own.map(addressText));
    const wrong = [...addresses].filter((address) => confirmed.size > 0 && !confirmed.has(address));
    if (wrong.length > 0)
      out.push({ subject: name, tag: "ZONE_GLUE_WRONG", evidence: { glue: wrong, zone: [...confirmed].map(String) } });
  }
  return out;
}
