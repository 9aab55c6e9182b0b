// After a change of a standing host: waits until what worked before works again. The engine goes on to the other of a redundant
// pair only then (program.ts), and not at all when it does not.
import { setTimeout as sleep } from "node:timers/promises";
import { protocolsOf, sessionsDown } from "./bird.ts";
import { LabError } from "./errors.ts";
import type { Lab } from "./names.ts";
import { appliedHost, linksOf } from "./notes.ts";
import { servicesDown } from "./probes.ts";
import { registryOf } from "./registry.ts";

const SETTLE_MS = 30_000;

/** Names of the host's BGP sessions that stand; none for a host without BIRD. */
export const sessionsOf = (lab: Lab, host: string): Promise<Set<string>> =>
  protocolsOf(lab, host).then(
    (all) => new Set(all.filter((p) => p.proto === "BGP" && p.info === "Established").map((p) => p.name)),
    () => new Set(),
  );

/** Resolves when each of these sessions that the host still has stands again. Throws `not-converged`. */
export async function sessionsBack(lab: Lab, host: string, before: ReadonlySet<string>): Promise<void> {
  if (before.size === 0) return;
  for (const end = Date.now() + SETTLE_MS; ; await sleep(200)) {
    const all = await protocolsOf(lab, host).catch(() => undefined);
    const left = all?.filter((p) => before.has(p.name) && p.info !== "Established").map((p) => p.name);
    if (left?.length === 0) return;
    if (Date.now() > end) throw notSettled(host, left ?? ["bird does not answer"]);
  }
}

/**
 * How long one stage waits for the one before it. After that it begins all the same: to tell what is broken is the work of
 * those who are started.
 */
export const STAGE_MS = 20_000;

/** Resolves when every session of the lab stands, or after `STAGE_MS`. */
export async function routingStands(lab: Lab): Promise<void> {
  for (const deadline = Date.now() + STAGE_MS; Date.now() < deadline; await sleep(100))
    if ((await sessionsDown(lab)).length === 0) return;
}

/** Resolves when the services that agents watch on this host answer. Throws `not-converged`. */
export async function servicesBack(lab: Lab, host: string): Promise<void> {
  const registry = registryOf(lab);
  if (!registry) return;
  const own = new Set(
    [
      ...(appliedHost(lab, host)?.loopback ?? []),
      ...linksOf(lab).flatMap((l) => [l.a, l.b].flatMap((end) => (end.host === host ? end.addresses : []))),
    ].map((address) => address.split("/")[0]!),
  );
  const silent = await servicesDown(lab, registry, SETTLE_MS, (address) => own.has(address));
  if (silent.length > 0) throw notSettled(host, silent);
}

const notSettled = (host: string, left: string[]) =>
  new LabError(
    "not-converged",
    host,
    `after its change, not as before: ${left.slice(0, 8).join("; ")}`,
    "its partner was not touched; mend this one and run it again",
  );
