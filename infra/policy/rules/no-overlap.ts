// No two networks share addresses: local networks, lines and loopbacks are apart, in both families.
import { type Net, net, prefixText } from "../../plan/address.ts";
import type { Rule, Stack } from "../rule.ts";

export const noOverlap: Rule = {
  name: "prefixes-do-not-overlap",
  description: "no two networks share addresses (Circular 06/2026/TT-BKHCN: central address management, no overlaps)",
  check(stack) {
    const all = networksOf(stack).sort((x, y) => x.net.family - y.net.family || compare(x.net, y.net));
    let widest: Owned | undefined;
    return all.flatMap((next) => {
      const before = widest?.net.family === next.net.family ? widest : undefined;
      if (!before || lastOf(next.net) > lastOf(before.net)) widest = next;
      if (!before || next.net.base > lastOf(before.net) || before.owner === next.owner) return [];
      return [
        { where: next.owner, what: `${prefixText(next.net)} overlaps ${prefixText(before.net)} of ${before.owner}` },
      ];
    });
  },
};

const BITS = { 4: 32, 6: 128 } as const;
const lastOf = ({ family, base, length }: Net): bigint => base + (1n << BigInt(BITS[family] - length)) - 1n;

interface Owned {
  owner: string;
  net: Net;
}

const compare = (a: Net, b: Net) => (a.base < b.base ? -1 : a.base > b.base ? 1 : a.length - b.length);

/** A local network belongs to the host with its bridge; servers' ends in it bear single addresses of it, and no network. */
function networksOf({ hosts, links }: Stack): Owned[] {
  const lans = hosts.flatMap((h) =>
    h.bridges.flatMap((b) => b.addresses.map((a) => ({ owner: `Host ${h.host}`, net: net(a) }))),
  );
  const inLan = new Set(lans.map((l) => prefixText(l.net)));
  const lines = links.flatMap((l) => l.a.addresses.map((a) => ({ owner: `Link ${l.link}`, net: net(a) })));
  const far = links.flatMap((l) => l.b.addresses.map((a) => ({ owner: `Link ${l.link}`, net: net(a) })));
  return [...lans, ...unique([...lines, ...far].filter((l) => !inLan.has(prefixText(l.net))))];
}

/** Both ends of a line state the same prefix. */
function unique(list: Owned[]): Owned[] {
  return [...new Map(list.map((o) => [`${o.owner} ${prefixText(o.net)}`, o])).values()];
}
