/**
 * Ours: the resolver and validator of wire/dns, driven over real sockets, each question from a cold start unless a cache is
 * handed in. What was exchanged is kept, so that a disagreement can be replayed as a test.
 */

import { type Resolution, resolve, startRun } from "../../../agent/wire/dns/resolve.ts";
import { ResolverCache } from "../../../agent/wire/dns/resolver/cache.ts";
import type { InReply, OutQuery, ResolverConfig } from "../../../agent/wire/dns/resolver/machine.ts";
import { readAnchors } from "../../../agent/wire/dns/validator/anchors.ts";
import { edeOf } from "../../../agent/wire/dns/validator/verdict.ts";
import { Driver } from "../../../agent/wire/dns-drive.ts";
import { makeWorld } from "../../../agent/world/index.ts";
import type { Asked } from "./serve/answer.ts";
import { ADDRESSES } from "./zones/tree.ts";

export interface OurVerdict {
  readonly security: string;
  readonly ede: number | undefined;
  readonly reason: string;
  readonly rcode: number;
  readonly resolution: Resolution;
}

/** One exchange as it happened. */
export interface Exchanged {
  readonly query: OutQuery;
  readonly failure?: string;
  /** Hex of the response. */
  readonly octets?: string;
}

/** RFC 9276 §3.2 lets a validator set its limit; 150 is what the peers of Debian 12 take. */
export const MAX_ITERATIONS = 150;

export function configFor(anchor: string): ResolverConfig {
  return {
    hints: [{ name: "ns.", addresses: [ADDRESSES.own.v4, ADDRESSES.own.v6] }],
    routes: [],
    anchors: readAnchors(anchor),
    ipv4: true,
    ipv6: true,
    maxNsec3Iterations: MAX_ITERATIONS,
    forwardCheckingDisabled: false,
  };
}

export async function askOurs(
  { name, type }: Asked,
  config: ResolverConfig,
  cache: ResolverCache = new ResolverCache(),
): Promise<OurVerdict & { exchanged: Exchanged[] }> {
  const exchanged: Exchanged[] = [];
  const onReply = (query: OutQuery, reply: InReply, octets: Uint8Array | undefined) => {
    const told = "failure" in reply ? { failure: reply.failure } : {};
    exchanged.push({ query, ...told, ...(octets && { octets: Buffer.from(octets).toString("hex") }) });
  };
  const driver = new Driver(makeWorld(), { onReply, udpTimeoutMs: 3_000 });
  const run = startRun(config, Math.floor(Date.now() / 1_000), cache);
  const resolution = await driver.run(resolve(run, name, type));
  return { ...verdictOf(resolution), exchanged };
}

export function verdictOf(resolution: Resolution): OurVerdict {
  const { security, reason } = resolution.verdict;
  return { security, reason, ede: edeOf(reason), rcode: resolution.rcode, resolution };
}
