/**
 * The zones above the one audited, as their servers show them from here: each one's keys, and what it says of the next zone down.
 * The root's letters and a registry's servers are many, so that of each zone some are asked in each family. Steps of the machine.
 */
import { ask, type Run, type Step } from "../resolver/machine.ts";
import { TYPE } from "../types.ts";
import { parentServers } from "./collect.ts";
import { chainOf } from "./path.ts";
import { isIpv6, type Reply, type ServerAddress } from "./seen.ts";

const PER_FAMILY = 4;

/** One server of a zone above, and the zone below it on the way to the one audited. */
export interface AboveServer extends ServerAddress {
  readonly zone: string;
  readonly child: string;
}

export interface AboveSeen extends AboveServer {
  readonly dnskey: Reply;
  /** DS of `child`. */
  readonly ds: Reply;
}

/** Of what a run has learnt of the way down: whom to ask. */
export function serversAbove(run: Run, zone: string): AboveServer[] {
  const chain = chainOf(run, zone).map((one) => one.zone);
  return chain.slice(0, -1).flatMap((above, i) => {
    const all = parentServers(run, above);
    const some = [all.filter(isIpv6), all.filter((one) => !isIpv6(one))].flatMap((one) => one.slice(0, PER_FAMILY));
    return some.map((server) => ({ ...server, zone: above, child: chain[i + 1]! }));
  });
}

export function* collectAbove(run: Run, server: AboveServer): Step<AboveSeen> {
  const { zone, child, address } = server;
  const base = { server: address, recursionDesired: false, checkingDisabled: false, zone };
  const dnskey = yield* ask(run, { ...base, name: zone, type: TYPE.DNSKEY });
  if ("failure" in dnskey) return { ...server, dnskey: { failure: dnskey.failure }, ds: { failure: dnskey.failure } };
  const ds = yield* ask(run, { ...base, name: child, type: TYPE.DS });
  return {
    ...server,
    dnskey: { message: dnskey.message },
    ds: "message" in ds ? { message: ds.message } : { failure: ds.failure },
  };
}
