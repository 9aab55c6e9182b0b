/** Do servers of the same serial give the same data, and is what the plan names there? */
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { askedOf, at, isAuthority, label, messageOf, type ServerSeen, soaOf } from "../seen.ts";

export const agreement: Rule = {
  id: "agreement",
  clauses: ["RFC 1034 §4.3.5", "RFC 2181 §5"],
  tags: ["ZONE_RECORD_MISSING", "ZONE_SERVERS_DIFFER"],
  run: (input) => [...absent(input), ...contents(input)],
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
  const { zone } = seen.plan;
  const versions = new Map<string, Map<string, string[]>>();
  const add = (server: ServerSeen, name: string, content: string) => {
    const key = `${soaOf(server, zone)?.serial} ${name}`;
    const byContent = versions.get(key) ?? new Map<string, string[]>();
    byContent.set(content, [...(byContent.get(content) ?? []), at(server)]);
    versions.set(key, byContent);
  };
  for (const set of rrsets)
    if (!set.signatures.some((one) => one.state === "bogus")) add(set.server, label(set), set.content);
  // What one server was asked for and does not have, another of the same version may.
  const planned = new Set(seen.plan.names.filter(({ optional }) => !optional).map(label));
  for (const server of seen.servers.filter(isAuthority)) {
    for (const { name, type, reply } of askedOf(server, zone)) {
      const message = messageOf(reply);
      const isEmpty =
        message?.authoritative && message.answer.length === 0 && (message.rcode === 0 || message.rcode === 3);
      if (isEmpty && !planned.has(label({ name, type }))) add(server, label({ name, type }), "");
    }
  }
  const differing = [...versions].filter(([, byContent]) => byContent.size > 1);
  if (differing.length === 0) return [];
  const names = differing.map(([key]) => key.slice(key.indexOf(" ") + 1));
  const groups = [...differing[0]![1].values()].map((servers) => servers.join(", "));
  const evidence = { count: names.length, rrsets: names.slice(0, 64), servers: groups.slice(0, 64) };
  return [{ subject: seen.plan.zone, tag: "ZONE_SERVERS_DIFFER", evidence }];
}
