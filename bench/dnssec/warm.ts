// Warm validation, without any network: how much CPU one name costs when the chain of trust is known. Responses come from
// memory; what is measured is reading, classifying and verifying.
import { readMessage } from "../../agent/wire/dns/index.ts";
import { writeQuery } from "../../agent/wire/dns/query.ts";
import { resolve, startRun } from "../../agent/wire/dns/resolve.ts";
import { ResolverCache } from "../../agent/wire/dns/resolver/cache.ts";
import type { OutQuery, Step } from "../../agent/wire/dns/resolver/machine.ts";
import { configFor } from "../../test/vectors/differential/ours.ts";
import { OwnServer } from "../../test/vectors/differential/serve/server.ts";
import type { Zone } from "../../test/vectors/differential/zones/zone.ts";

export interface Warm {
  /** CPU of validating all names once more, the chain being known; seconds. */
  readonly seconds: number;
  readonly names: number;
  readonly cpuMsPerName: number;
}

/** Validates each name's A record from cold once, then all of them again with the chain kept and the answers forgotten. */
export function measureWarm(zones: readonly Zone[], anchor: string, names: readonly string[], rounds = 20): Warm {
  const server = new OwnServer();
  server.zones = zones.map((zone) => ({ zone }));
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const config = configFor(anchor);
  const octets = new Map<string, Uint8Array>();
  const reply = ({ name, type }: OutQuery) => {
    const key = `${type}/${name}`;
    const known = octets.get(key) ?? server.reply(writeQuery({ id: 0, name, type, dnssecOk: true }), "tcp")!;
    octets.set(key, known);
    return { nowSeconds, message: readMessage(known) };
  };
  const cache = new ResolverCache();
  const validate = (name: string) => {
    const step: Step<{ verdict: { security: string } }> = resolve(startRun(config, nowSeconds, cache), name, 1);
    let result = step.next();
    while (!result.done) result = step.next(reply(result.value));
    if (result.value.verdict.security !== "secure") throw new Error(`${name} is not secure`);
  };
  for (const name of names) validate(name);
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    cache.responses.clear();
    for (const name of names) validate(name);
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6 / rounds;
  return { seconds, names: names.length, cpuMsPerName: (seconds * 1_000) / names.length };
}
