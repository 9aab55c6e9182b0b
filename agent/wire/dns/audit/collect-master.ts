/**
 * The server that the SOA names as the zone's master, and the names at the addresses of the zone's servers. Through the resolver; the
 * master itself is asked once for the zone. Steps of the machine; bounded.
 */
import { parseAddress } from "../../address.ts";
import { DnsError } from "../errors.ts";
import { nameFromWire, readName } from "../name.ts";
import { type Resolution, resolve } from "../resolve.ts";
import { askOnce, type Run, type Step } from "../resolver/machine.ts";
import { TYPE } from "../types.ts";
import { canReach, hostOf, replyOf } from "./collect.ts";
import type { Reply, ServerAddress, ServerHost } from "./seen.ts";

const MAX_ADDRESSES = 2;

export interface MasterSeen extends ServerHost {
  /** What it said of the zone's SOA, at addresses that are none of the zone's servers; those are asked anyway. */
  readonly replies: readonly { readonly address: string; readonly soa: Reply }[];
}

/** The name in the SOA's first field (RFC 1035 §3.3.13); undefined when there is no SOA that can be read. */
export function masterName(chain: Resolution): string | undefined {
  const soa = chain.answer.find((set) => set.type === TYPE.SOA)?.records[0];
  try {
    return soa && readName(soa.rdata, 0).text;
  } catch (error) {
    if (error instanceof DnsError) return undefined;
    throw error;
  }
}

export function* collectMaster(
  run: Run,
  zone: string,
  name: string,
  known: readonly ServerAddress[],
): Step<MasterSeen> {
  if (name === ".") return { name, addresses: [], alias: false, failed: false, replies: [] };
  const host = yield* hostOf(run, name);
  const others = host.addresses.filter((one) => canReach(run, one) && !known.some(({ address }) => address === one));
  const replies: { address: string; soa: Reply }[] = [];
  for (const server of others.slice(0, MAX_ADDRESSES)) {
    const flags = { recursionDesired: false, checkingDisabled: false, transport: "udp" } as const;
    const soa = replyOf(yield* askOnce(run, { server, name: zone, type: TYPE.SOA, zone, ...flags }));
    replies.push({ address: server, soa });
  }
  return { ...host, replies };
}

/** The names that the reverse tree has at an address. */
export interface ReverseSeen {
  readonly address: string;
  readonly names: readonly string[];
  /** Nobody could be asked. */
  readonly failed: boolean;
}

export function* collectReverse(run: Run, address: string): Step<ReverseSeen> {
  const found = yield* resolve(run, reverseName(address), TYPE.PTR, { validate: false });
  const records = found.answer.flatMap((set) => set.records).filter(({ type }) => type === TYPE.PTR);
  return { address, names: records.map(({ rdata }) => nameFromWire(rdata)), failed: found.failure !== undefined };
}

/** Where an address stands in the reverse tree (RFC 1035 §3.5, RFC 3596 §2.5). */
export function reverseName(address: string): string {
  const octets = [...(parseAddress(address) ?? [])];
  if (octets.length === 4) return `${octets.reverse().join(".")}.in-addr.arpa.`;
  const nibbles = octets.flatMap((octet) => [octet >> 4, octet & 15]).reverse();
  return `${nibbles.map((nibble) => nibble.toString(16)).join(".")}.ip6.arpa.`;
}
