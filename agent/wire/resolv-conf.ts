// The servers that a resolv.conf names (resolv.conf(5)): lines `nameserver ADDRESS`. Pure.
import { parseAddress } from "./address.ts";

/** glibc asks the first three; more than this is nobody's configuration. */
const MAX_LISTED = 16;

/** In order, as written but for a zone index (`fe80::1%eth0`); what is no address is left out. */
export function parseResolvConf(text: string): string[] {
  const servers: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, value] = line.trim().split(/\s+/);
    if (keyword !== "nameserver" || value === undefined || servers.length >= MAX_LISTED) continue;
    const address = value.replace(/%.*$/, "");
    if (parseAddress(address)) servers.push(address);
  }
  return servers;
}
