// Reads this host's IPv6 addresses from /proc/net/if_inet6, which lists them whether their device has a carrier or not: at night an
// agency's switch is off, and its router has its address all the same. Pure.
import type { Address } from "./address.ts";

/** Duplicate address detection failed: somebody else has it (RFC 4862 §5.4.5). */
const DAD_FAILED = 0x08;

/** One a line: address, index, length of the prefix, scope, flags (all hexadecimal), device. Other lines are passed over. */
export function parseAddresses6(text: string): Address[] {
  return text.split("\n").flatMap((line) => {
    const [address, , , , flags] = line.trim().split(/\s+/);
    if (!/^[0-9a-f]{32}$/.test(address ?? "") || !/^[0-9a-f]{2,4}$/.test(flags ?? "")) return [];
    return (Number.parseInt(flags!, 16) & DAD_FAILED) === 0 ? [Uint8Array.from(Buffer.from(address!, "hex"))] : [];
  });
}
