/** The SOA: one of it, and the server that it names as the zone's master is one. A master that nobody may ask is often meant. */
import { TYPE } from "../../types.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { answerOf, at, isAuthority, isOlder, messageOf, type Soa, soaIn, soaOf } from "../seen.ts";

export const master: Rule = {
  id: "master",
  clauses: ["RFC 1035 §3.3.13", "RFC 1912 §2.2", "RFC 2181 §6.1"],
  tags: ["ZONE_SOA_MASTER", "ZONE_SOA_SEVERAL"],
  run: (input) => [...named(input), ...several(input)],
};

function named({ seen }: RuleInput): AuditFinding[] {
  const { master: host, plan } = seen;
  if (!host) return [];
  const wrong: string[] = [];
  if (host.name === "." || host.name === "localhost.") wrong.push("is no server's name");
  else if (host.alias) wrong.push("is an alias");
  else if (!host.failed && host.addresses.length === 0) wrong.push("leads to no address");
  const newest = seen.servers
    .filter(isAuthority)
    .flatMap((server) => soaOf(server, plan.zone)?.serial ?? [])
    .reduce<number | undefined>((max, serial) => (max === undefined || isOlder(max, serial) ? serial : max), undefined);
  for (const { soa } of host.replies) {
    const message = messageOf(soa);
    if (!message) continue;
    const own: Soa | undefined = soaIn(soa, plan.zone);
    if (!message.authoritative || !own) wrong.push("does not answer for the zone");
    else if (newest !== undefined && isOlder(own.serial, newest)) wrong.push("has an older version than the servers");
  }
  const { name, addresses } = host;
  const evidence = {
    server: name,
    wrong: [...new Set(wrong)],
    ...(addresses.length > 0 && { addresses: [...addresses] }),
  };
  return wrong.length === 0 ? [] : [{ subject: plan.zone, tag: "ZONE_SOA_MASTER", evidence }];
}

/** A zone has one SOA (RFC 2181 §6.1); with several, every server and resolver takes another for the true one. */
function several({ seen }: RuleInput): AuditFinding[] {
  const { zone } = seen.plan;
  const count = (server: (typeof seen.servers)[number]) => answerOf(server.probes.soa, zone, TYPE.SOA).length;
  const servers = seen.servers.filter((server) => isAuthority(server) && count(server) > 1);
  if (servers.length === 0) return [];
  const evidence = { count: Math.max(...servers.map(count)), servers: servers.map(at).slice(0, 64) };
  return [{ subject: zone, tag: "ZONE_SOA_SEVERAL", evidence }];
}
