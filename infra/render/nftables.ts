// The firewall of a border router: from the upstreams come answers, and new requests to the public services only; the addresses
// of routers, lines and sites are reached by nobody. Stateless, since what leaves by one border may come back by the other. Pure.
import type { Plan, PlannedHost } from "../plan/types.ts";

const BFD = "{ 3784, 4784 }";
const BGP = 179;
/** UDP services whose answers come back: DNS, NTP, QUIC. */
const ANSWERS = "{ 53, 123, 443 }";

/** The ruleset of a border; nothing for other hosts, whose own rules are an issue of their own. */
export function borderFirewall(plan: Plan, host: PlannedHost): string | undefined {
  if (host.role !== "border") return undefined;
  const outside = (plan.interfaces.get(host.id) ?? []).filter((i) => i.link.medium === "upstream");
  if (outside.length === 0) return undefined;
  const devices = set(outside.map((i) => `"${i.own.device}"`));
  const peers = (f: "v4" | "v6") => set(outside.map((i) => i.peer.address![f]));
  const { management, aggregate } = plan.province;
  const services = publicServices(plan);
  const open = (f: "v4" | "v6", word: string) =>
    services.flatMap((s) => [
      `    ${word} daddr ${s.address[f]} tcp dport ${set(s.tcp)} accept`,
      ...(s.udp.length > 0 ? [`    ${word} daddr ${s.address[f]} udp dport ${set(s.udp)} accept`] : []),
    ]);
  return `table inet border {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname != ${devices} accept
    ip saddr ${peers("v4")} tcp dport ${BGP} accept
    ip saddr ${peers("v4")} tcp sport ${BGP} accept
    ip6 saddr ${peers("v6")} tcp dport ${BGP} accept
    ip6 saddr ${peers("v6")} tcp sport ${BGP} accept
    udp dport ${BFD} accept
    icmp type { echo-request, echo-reply, destination-unreachable, time-exceeded } accept
    meta l4proto ipv6-icmp accept
    counter drop
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname != ${devices} accept
    ip saddr ${set([aggregate.v4, ...management.v4])} counter drop
    ip6 saddr ${aggregate.v6} counter drop
    ip daddr ${set(management.v4)} counter drop
    ip6 daddr ${set(management.v6)} counter drop
    icmp type { echo-request, echo-reply, destination-unreachable, time-exceeded } accept
    meta l4proto ipv6-icmp accept
${[...open("v4", "ip"), ...open("v6", "ip6")].join("\n")}
    tcp flags & (syn | ack) == syn counter drop
    meta l4proto tcp accept
    udp sport ${ANSWERS} accept
    counter drop
  }
}
`;
}

const set = (members: (string | number)[]): string => `{ ${members.join(", ")} }`;

/** What the world may ask for anew: the portal, the province's name servers, the bastion. */
function publicServices(plan: Plan) {
  return plan.hosts.flatMap(({ server }) => {
    switch (server?.task) {
      case "portal":
        return [{ address: server.address, tcp: [80, 443], udp: [] }];
      case "primary-dns":
      case "secondary-dns":
        return [{ address: server.address, tcp: [53], udp: [53] }];
      case "bastion":
        return [{ address: server.address, tcp: [22], udp: [] }];
      default:
        return [];
    }
  });
}
