// Management is never reachable from outside: at every router that faces an upstream, packets from there to routers, lines and
// sites are dropped before anything may let them pass, in both families, and what no line names is refused.
import { type Net, net } from "../../plan/address.ts";
import type { Rule, Stack, Violation } from "../rule.ts";

type Host = Stack["hosts"][number];
interface Facing {
  host: Host;
  /** Devices towards upstreams. */
  devices: string[];
}

export const managementHidden: Rule = {
  name: "management-is-hidden",
  description: "addresses of routers and lines are not reached from the Internet (RFC 7454 §4)",
  check(stack) {
    const hidden = managementOf(stack);
    return facing(stack).flatMap((border) => violations(stack, border, hidden));
  },
};

function violations(stack: Stack, { host, devices }: Facing, hidden: string[]): Violation[] {
  const where = `Host ${host.host}`;
  const rules = stack.firewall(host);
  if (rules === undefined) return [{ where, what: "it faces an upstream without a firewall" }];
  const found = ["input", "forward"].flatMap((hook) =>
    /policy drop/.test(chainOf(rules, hook)[0] ?? "")
      ? []
      : [{ where, what: `its ${hook} chain does not refuse by default: policy drop` }],
  );
  const open = hidden.filter((address) => !dropped(chainOf(rules, "forward"), devices, address));
  if (open.length === 0) return found;
  return [
    ...found,
    {
      where,
      what: `from outside one reaches ${open.slice(0, 3).join(", ")}${open.length > 3 ? ` and ${open.length - 3} more` : ""}`,
    },
  ];
}

/** The line with the chain's policy, and then its rules. */
function chainOf(rules: string, hook: string): string[] {
  const lines = rules.split("\n").map((l) => l.trim());
  const at = lines.findIndex((l) => new RegExp(`^type filter hook ${hook} priority filter`).test(l));
  return at < 0 ? [] : lines.slice(at, lines.indexOf("}", at));
}

/** Some line drops the address from all of those devices, and no line before it could have accepted it from one of them. */
function dropped(chain: string[], devices: string[], address: string): boolean {
  const word = address.includes(":") ? "ip6" : "ip";
  for (const line of chain.slice(1)) {
    const from = /iifname (!= )?(\{[^}]*\}|\S+)/.exec(line);
    const named = (device: string) => from?.[2]?.includes(`"${device}"`) ?? false;
    const inward = from === null || devices.some((d) => named(d) !== (from[1] !== undefined));
    const other = /\b(ip6?) [sd]addr/.exec(line)?.[1];
    if (!inward || (other !== undefined && other !== word)) continue;
    const to = new RegExp(`\\b${word} daddr (\\{[^}]*\\}|[0-9a-f:.]\\S*)`).exec(line)?.[1];
    const meant = to === undefined ? undefined : prefixesOf(to).some((p) => within(p, net(address)));
    if (/\bdrop\b/.test(line) && meant && devices.every((d) => named(d))) return true;
    // Errors about one's own packets pass everywhere (RFC 4890 §4.3.1).
    if (/\baccept\b/.test(line) && meant !== false && !/^icmp(v6)? type/.test(line)) return false;
  }
  return true;
}

const prefixesOf = (set: string): Net[] =>
  set
    .replace(/[{}]/g, "")
    .split(",")
    .map((p) => net(p.trim()));

const BITS = { 4: 32, 6: 128 } as const;
const within = (outer: Net, inner: Net): boolean =>
  outer.family === inner.family &&
  inner.base >= outer.base &&
  inner.base < outer.base + (1n << BigInt(BITS[outer.family] - outer.length));

/** Roles of routers that are ours. */
const OURS = new Set(["border", "core", "hub", "site"]);

function rolesOf({ registry }: Stack): Map<string, string> {
  return new Map((registry?.assets ?? []).flatMap((a) => (a.kind === "host" ? [[a.id, a.role] as const] : [])));
}

/** Loopbacks of our routers, and both ends of every line between two of them. */
function managementOf(stack: Stack): string[] {
  const roles = rolesOf(stack);
  const ours = (id: string) => OURS.has(roles.get(id) ?? "");
  const loopbacks = stack.hosts.filter((h) => ours(h.host)).flatMap((h) => h.loopback);
  const lines = stack.links
    .filter((l) => ours(l.a.host) && ours(l.b.host))
    .flatMap((l) => [...l.a.addresses, ...l.b.addresses]);
  return [...new Set([...loopbacks, ...lines].map((a) => a.split("/")[0]!))];
}

function facing(stack: Stack): Facing[] {
  const roles = rolesOf(stack);
  return stack.hosts.flatMap((host) => {
    if (!OURS.has(roles.get(host.host) ?? "")) return [];
    const devices = stack.links.flatMap((l) =>
      [[l.a, l.b] as const, [l.b, l.a] as const].flatMap(([own, far]) =>
        own.host === host.host && roles.get(far.host) === "upstream" ? [own.device] : [],
      ),
    );
    return devices.length === 0 ? [] : [{ host, devices }];
  });
}
