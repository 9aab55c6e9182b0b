/** Do servers of the same serial give the same data, and do zone and delegation name the same servers? */
import { nameFromWire } from "../../name.ts";
import { addressText } from "../../resolver/iterate.ts";
import { TYPE } from "../../types.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { answerOf, at, isAuthority, label, messageOf, soaOf } from "../seen.ts";

export const agreement: Rule = {
  id: "agreement",
  clauses: ["RFC 1034 §4.2.2", "RFC 2181 §5"],
  tags: ["ZONE_RECORD_MISSING", "ZONE_SERVERS_DIFFER", "ZONE_DELEGATION_DIFFERS", "ZONE_GLUE_WRONG"],
  run: (input) => [...absent(input), ...contents(input), ...delegation(input), ...glue(input)],
};

/** What the plan names and an authority does not have. */
function absent({ seen }: RuleInput): AuditFinding[] {
  return seen.plan.names.flatMap((wanted): AuditFinding[] => {
    if (wanted.optional) return [];
    const without = seen.servers.filter(isAuthority).filter((server) => {
      const reply = server.names.find((one) => one.asked.name === wanted.name && one.asked.type === wanted.type)?.reply;
      const message = messageOf(reply);
      return message !== undefined && !message.answer.some((record) => record.name === wanted.name);
    });
    if (without.length === 0) return [];
    return [
      {
        subject: label(wanted),
        tag: "ZONE_RECORD_MISSING",
        evidence: { rrset: label(wanted), servers: without.map(at).slice(0, 64) },
      },
    ];
  });
}

/**
 * RRsets that differ between servers that claim the same version. NSEC and NSEC3 answers depend on the question only. Data under
 * a signature that does not hold are told by the rule on signatures.
 */
function contents({ seen, rrsets }: RuleInput): AuditFinding[] {
  const versions = new Map<string, Map<string, string[]>>();
  for (const set of rrsets) {
    if (set.signatures.some((one) => one.state === "bogus")) continue;
    const serial = soaOf(set.server, seen.plan.zone)?.serial;
    const key = `${serial} ${label(set)}`;
    const byContent = versions.get(key) ?? new Map<string, string[]>();
    byContent.set(set.content, [...(byContent.get(set.content) ?? []), at(set.server)]);
    versions.set(key, byContent);
  }
  const differing = [...versions].filter(([, byContent]) => byContent.size > 1);
  if (differing.length === 0) return [];
  const names = differing.map(([key]) => key.slice(key.indexOf(" ") + 1));
  const groups = [...differing[0]![1].values()].map((servers) => servers.join(", "));
  const evidence = { count: names.length, rrsets: names.slice(0, 64), servers: groups.slice(0, 64) };
  return [{ subject: seen.plan.zone, tag: "ZONE_SERVERS_DIFFER", evidence }];
}

function names(records: readonly { rdata: Uint8Array }[]): string[] {
  return [...new Set(records.map((record) => nameFromWire(record.rdata)))].sort();
}

function delegation({ seen }: RuleInput): AuditFinding[] {
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
