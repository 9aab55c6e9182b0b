// Rules on the prefixes of a province: each is one, is nibble-aligned and wide enough where the plan needs it, and none lies in
// another. Pure.
import { Address4, Address6 } from "ip-address";
import type { Broken } from "./broken.ts";
import type { Written } from "./schema.ts";

interface Range {
  at: (string | number)[];
  text: string;
  family: 4 | 6;
  from: bigint;
  to: bigint;
  length: number;
}

/** Prefixes that are not prefixes, that are too narrow for the plan, or that overlap. */
export function prefixProblems(p: Written): Broken[] {
  const wrong: Broken[] = [];
  const read = (text: string, at: (string | number)[], family: 4 | 6): Range[] => {
    const range = prefixRange(text, family);
    if (typeof range !== "string") return [{ ...range, at, text, family }];
    wrong.push({
      code: "prefix-wrong",
      at,
      wrong: `${text} ${range}`,
      right: `an IPv${family} prefix whose host bits are 0`,
    });
    return [];
  };
  const [own6] = read(p.province.ipv6, ["province", "ipv6"], 6);
  const [own4] = read(p.province.ipv4, ["province", "ipv4"], 4);
  const [public4] = read(p.province.publicIpv4, ["province", "publicIpv4"], 4);
  const need = (range: Range | undefined, holds: (length: number) => boolean, right: string) => {
    if (range && !holds(range.length))
      wrong.push({ code: "prefix-wrong", at: range.at, wrong: `${range.text} does not fit the plan`, right });
  };
  need(own6, (n) => n >= 32 && n <= 48 && n % 4 === 0, "a nibble-aligned prefix from /32 to /48");
  need(own4, (n) => n >= 8 && n <= 20, "a prefix from /8 to /20 of private space (RFC 1918)");
  need(public4, (n) => n <= 24, "a /24 or wider: what is longer is not routed in the Internet");
  const outside = [
    ...p.upstreams.map((u, i) => ({ net: u, at: ["upstreams", i] })),
    { net: p.internet, at: ["internet"] },
  ];
  const ranges = [own6, own4, public4].filter((r) => r !== undefined);
  for (const { net, at } of outside) {
    const [six] = read(net.ipv6, [...at, "ipv6"], 6);
    const [four] = read(net.ipv4, [...at, "ipv4"], 4);
    need(six, (n) => n <= 64, "a /64 or wider");
    if ("line" in net) need(four, (n) => n <= 26, "a /26 or wider");
    else need(four, (n) => n <= 24, "a /24 or wider: its upper half numbers the lines to upstreams");
    ranges.push(...[six, four].filter((r) => r !== undefined));
    if ("line" in net) {
      const line = net.line as { ipv6: string; ipv4: string };
      need(read(line.ipv6, [...at, "line", "ipv6"], 6)[0], (n) => n === 127, "a /127 (RFC 6164)");
      need(read(line.ipv4, [...at, "line", "ipv4"], 4)[0], (n) => n === 31, "a /31 (RFC 3021)");
    }
  }
  return [...wrong, ...overlaps(ranges)];
}

/** The addresses of a prefix, or what is wrong with it. */
export function prefixRange(text: string, family: 4 | 6): { from: bigint; to: bigint; length: number } | string {
  try {
    const address = family === 4 ? new Address4(text) : new Address6(text);
    const from = address.startAddress().bigInt();
    if (address.bigInt() !== from) return `has bits set beyond /${address.subnetMask}`;
    return { from, to: address.endAddress().bigInt(), length: address.subnetMask };
  } catch {
    return "is no prefix";
  }
}

/** Sorted by their beginning, a prefix can only overlap the widest one that began before it. */
function overlaps(ranges: Range[]): Broken[] {
  return ([4, 6] as const).flatMap((family) => {
    const sorted = ranges
      .filter((r) => r.family === family)
      .sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
    return sorted.flatMap((r, i): Broken[] => {
      const before = sorted[i - 1];
      if (!before || r.from > before.to) return [];
      const wrong = `${r.text} overlaps ${before.text}`;
      return [{ code: "prefix-overlap", at: r.at, wrong, right: "prefixes of which none lies within another" }];
    });
  });
}
