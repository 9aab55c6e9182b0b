/**
 * The root's servers (IANA, named.root), for a resolver that was given no other hints. Addresses change about once in some
 * years; a stale one costs a timeout. Pure data.
 */
import { nameFromWire } from "./name.ts";
import { addressText } from "./resolver/iterate.ts";
import type { NameServer } from "./resolver/machine.ts";
import { parseRecords } from "./text/record.ts";
import { TYPE } from "./types.ts";

const ROOT: readonly (readonly [string, string, string])[] = [
  ["a", "198.41.0.4", "2001:503:ba3e::2:30"],
  ["b", "170.247.170.2", "2801:1b8:10::b"],
  ["c", "192.33.4.12", "2001:500:2::c"],
  ["d", "199.7.91.13", "2001:500:2d::d"],
  ["e", "192.203.230.10", "2001:500:a8::e"],
  ["f", "192.5.5.241", "2001:500:2f::f"],
  ["g", "192.112.36.4", "2001:500:12::d0d"],
  ["h", "198.97.190.53", "2001:500:1::53"],
  ["i", "192.36.148.17", "2001:7fe::53"],
  ["j", "192.58.128.30", "2001:503:c27::2:30"],
  ["k", "193.0.14.129", "2001:7fd::1"],
  ["l", "199.7.83.42", "2001:500:9f::42"],
  ["m", "202.12.27.33", "2001:dc3::35"],
];

export const ROOT_HINTS: readonly NameServer[] = ROOT.map(([letter, v4, v6]) => ({
  name: `${letter}.root-servers.net.`,
  addresses: [v4, v6],
}));

/** Root servers out of a hints file (`named.root`): NS at the root with their addresses. Throws DnsError; [] when it has none. */
export function readHints(text: string): NameServer[] {
  const records = parseRecords(text);
  const names = records.filter((r) => r.type === TYPE.NS && r.name === ".").map((r) => nameFromWire(r.rdata));
  return [...new Set(names)].flatMap((name) => {
    const addresses = records
      .filter((r) => r.name === name)
      .map(addressText)
      .filter((one) => one !== undefined);
    return addresses.length > 0 ? [{ name, addresses }] : [];
  });
}
