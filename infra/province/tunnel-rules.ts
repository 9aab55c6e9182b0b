// Rules on lines over the Internet: the hub at their end can be found there, at addresses that are the province's own and nobody
// else's. Pure.
import { Address4, Address6 } from "ip-address";
import type { Broken } from "./broken.ts";
import { prefixRange } from "./prefix-rules.ts";
import { hubOf, type Written } from "./schema.ts";

/** Lines over the Internet whose hub has no address there. */
export function tunnelProblems(p: Written): Broken[] {
  const routers = new Map(p.datacentres.flatMap((dc) => dc.routers.map((r) => [r.id, r] as const)));
  return p.agencies.flatMap((agency, i) =>
    agency.uplinks.flatMap((uplink, u): Broken[] => {
      const medium = (typeof uplink === "string" ? undefined : uplink.medium) ?? agency.medium;
      const hub = routers.get(hubOf(uplink));
      if (medium !== "internet" || !hub || hub.internet) return [];
      const right = `internet: { ipv4: …, ipv6: … } at ${hub.id}`;
      const at = ["agencies", i, "uplinks", u];
      return [{ code: "network-wrong", at, wrong: `${hub.id} has no address in the Internet`, right }];
    }),
  );
}

/** Addresses that lie where the plan puts something else, or outside the province's space, or stand there twice. */
export function outerProblems(p: Written): Broken[] {
  const ranges = rangesOf(p);
  const seen = new Set<string>();
  return p.datacentres.flatMap((dc, d) =>
    dc.routers.flatMap((r, i): Broken[] => {
      const at = ["datacentres", d, "routers", i, "internet"];
      const wrong = `${r.id} is no hub`;
      if (r.internet && r.role !== "hub") return [{ code: "network-wrong", at, wrong, right: "internet at hubs only" }];
      return (["ipv4", "ipv6"] as const).flatMap((family): Broken[] => {
        const text = r.internet?.[family];
        if (text === undefined) return [];
        const wrong = faultOf(text, family, ranges[family], seen);
        return wrong === undefined
          ? []
          : [{ code: "network-wrong", at: [...at, family], wrong, right: ranges[family].right }];
      });
    }),
  );
}

function faultOf(
  text: string,
  family: "ipv4" | "ipv6",
  { from, to }: { from: bigint; to: bigint },
  seen: Set<string>,
): string | undefined {
  const value = numberOf(text, family);
  if (value === undefined || value < from || value > to)
    return `${text} is not in the part of the province's prefix that is free for it`;
  // However it is written.
  const key = `${family} ${value}`;
  if (seen.has(key)) return `${text} is already another hub's`;
  seen.add(key);
  return undefined;
}

/** IPv6: the first /64 of block 3 (plan/allocate.ts). IPv4: of the public prefix what is behind the data centres' /26s. */
function rangesOf({ province, datacentres }: Written) {
  const nothing = { from: 1n, to: 0n, length: 0 };
  const range = (text: string, family: 4 | 6) => {
    const found = prefixRange(text, family);
    return typeof found === "string" ? nothing : found;
  };
  const [six, four] = [range(province.ipv6, 6), range(province.publicIpv4, 4)];
  const base = six.from + (3n << BigInt(128 - six.length - (six.length === 48 ? 12 : 16)));
  const used = BigInt(64 * Math.max(datacentres.length, ...datacentres.map((dc) => dc.number ?? 0)));
  return {
    ipv6: { from: base + 1n, to: base + (1n << 64n) - 1n, right: `one of ${textOf6(base)}/64` },
    ipv4: {
      from: four.from + used,
      to: four.to,
      right: `one of ${province.publicIpv4}, behind the /26 of each data centre`,
    },
  };
}

const textOf6 = (value: bigint): string => Address6.fromBigInt(value).correctForm();

function numberOf(text: string, family: "ipv4" | "ipv6"): bigint | undefined {
  try {
    return (family === "ipv4" ? new Address4(text) : new Address6(text)).bigInt();
  } catch {
    return undefined;
  }
}
