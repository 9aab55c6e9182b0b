/** How many servers, of which families, in how many networks; and the SOA's timers. */
import { parseIpv6 } from "../../text/fields.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { isAuthority, isIpv6, type ServerAddress, soaOf } from "../seen.ts";

export const placement: Rule = {
  id: "placement",
  clauses: ["RFC 2182 §3.1 and §5", "RFC 3901 §2", "RFC 1912 §2.2"],
  tags: ["ZONE_FEW_SERVERS", "ZONE_NO_IPV6_SERVER", "ZONE_ONE_NETWORK", "ZONE_ONE_AS", "ZONE_SOA_TIMERS"],
  run: (input) => [...servers(input), ...systems(input), ...timers(input)],
};

function servers({ seen, policy }: RuleInput): AuditFinding[] {
  const { zone } = seen.plan;
  const all = seen.named ?? seen.servers;
  const names = [...new Set(all.map((server) => server.name))];
  const out: AuditFinding[] = [];
  if (names.length > 0 && names.length < policy.minServers) {
    out.push({ subject: zone, tag: "ZONE_FEW_SERVERS", evidence: { servers: names, atLeast: policy.minServers } });
  }
  if (all.length > 0 && !all.some(isIpv6)) {
    out.push({ subject: zone, tag: "ZONE_NO_IPV6_SERVER", evidence: { servers: names } });
  }
  const networks = [...new Set(all.map((server) => prefixOf(server, seen) ?? network(server)))];
  const perFamily = (v6: boolean) => networks.filter((one) => one.includes(":") === v6).length;
  // One network a family, for several servers: what takes the network down takes the zone down.
  const places = seen.plan.expects?.places ?? (perFamily(true) > 1 || perFamily(false) > 1 ? 2 : 1);
  if (names.length > 1 && places < 2) {
    out.push({ subject: zone, tag: "ZONE_ONE_NETWORK", evidence: { networks } });
  }
  return out;
}

const originOf = ({ address }: ServerAddress, { plan }: RuleInput["seen"]) =>
  plan.expects?.origins?.find((origin) => origin.address === address);

/** The prefix in which an address is announced, where the caller knows it. */
const prefixOf = (server: ServerAddress, seen: RuleInput["seen"]) => originOf(server, seen)?.prefix;

/**
 * All servers in one autonomous system, as far as the caller knows them all: what ails its routing takes them all away. One that
 * has them in several places, each with lines of its own, has done what it can by itself (RFC 2182 §3.1 asks for both).
 */
function systems({ seen }: RuleInput): AuditFinding[] {
  const all = seen.named ?? seen.servers;
  const numbers = all.map((server) => originOf(server, seen)?.as);
  const [first] = numbers;
  const isOne = all.length > 1 && first !== undefined && numbers.every((number) => number === first);
  if ((seen.plan.expects?.places ?? 1) > 1) return [];
  if (!isOne || new Set(all.map(({ name }) => name)).size < 2) return [];
  const servers = [...new Set(all.map(({ name }) => name))];
  return [{ subject: seen.plan.zone, tag: "ZONE_ONE_AS", evidence: { as: first, servers } }];
}

/** /24 of an IPv4 address, /48 of an IPv6 address. */
function network({ address }: ServerAddress): string {
  const v6 = address.includes(":") ? parseIpv6(address) : undefined;
  if (v6)
    return `${Buffer.from(v6.subarray(0, 6))
      .toString("hex")
      .replace(/(.{4})(?=.)/g, "$1:")}::/48`;
  return `${address.split(".").slice(0, 3).join(".")}.0/24`;
}

function timers({ seen }: RuleInput): AuditFinding[] {
  const { zone } = seen.plan;
  const server = seen.servers.find((one) => isAuthority(one) && soaOf(one, zone));
  const soa = server && soaOf(server, zone);
  if (!soa) return [];
  const wrong: string[] = [];
  if (soa.retry >= soa.refresh) wrong.push("retry is not below refresh");
  if (soa.expire < 604_800) wrong.push("expire is below 7 days");
  if (soa.expire <= soa.refresh + soa.retry) wrong.push("expire is not above refresh and retry");
  if (soa.minimum > 86_400) wrong.push("minimum is above one day");
  if (wrong.length === 0) return [];
  const { refresh, retry, expire, minimum } = soa;
  return [{ subject: zone, tag: "ZONE_SOA_TIMERS", evidence: { wrong, refresh, retry, expire, minimum } }];
}
