/** The servers' addresses, in the Internet's own tree: can anybody reach them, and do they have a name? */
import { holds, parseAddress, parsePrefix } from "../../../address.ts";
import type { AuditFinding, Rule, RuleInput } from "../rule.ts";
import { at } from "../seen.ts";

export const addresses: Rule = {
  id: "addresses",
  clauses: ["RFC 6890 §2.2", "RFC 1912 §2.1"],
  tags: ["ZONE_SERVER_ADDRESS_PRIVATE", "ZONE_SERVER_NO_REVERSE"],
  run: (input) => (input.seen.plan.public ? [...unreachable(input), ...reverse(input)] : []),
};

/** What the special-purpose registries of IANA call not globally reachable, and multicast (RFC 6890, RFC 5771, RFC 4291 §2.7). */
const SPECIAL = [
  ..."0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24".split(" "),
  ..."192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3".split(" "),
  ..."::/127 64:ff9b:1::/48 100::/64 2001:2::/48 2001:db8::/32 3fff::/20 5f00::/16 fc00::/7 fe80::/10 ff00::/8".split(
    " ",
  ),
].map((text) => ({ text, prefix: parsePrefix(text)! }));

const specialOf = (address: string) => {
  const octets = parseAddress(address);
  return octets && SPECIAL.find(({ prefix }) => holds(prefix, octets))?.text;
};

function unreachable({ seen }: RuleInput): AuditFinding[] {
  return (seen.named ?? seen.servers).flatMap((server): AuditFinding[] => {
    const prefix = specialOf(server.address);
    const evidence = { server: server.name, address: server.address, prefix: prefix ?? "" };
    return prefix ? [{ subject: at(server), tag: "ZONE_SERVER_ADDRESS_PRIVATE", evidence }] : [];
  });
}

/** No name at an address, or only others than the server has. Told together: whoever has the address space mends them all. */
function reverse({ seen }: RuleInput): AuditFinding[] {
  const wrong = (seen.reverse ?? []).flatMap(({ address, names, failed }) => {
    const own = (seen.named ?? []).filter((one) => one.address === address).map(({ name }) => name);
    if (failed || specialOf(address) || names.some((name) => own.includes(name))) return [];
    return [{ address, names }];
  });
  if (wrong.length === 0) return [];
  const other = wrong.flatMap(({ names }) => names);
  const evidence = { addresses: wrong.map(({ address }) => address), ...(other.length > 0 && { names: other }) };
  return [{ subject: seen.plan.zone, tag: "ZONE_SERVER_NO_REVERSE", evidence }];
}
