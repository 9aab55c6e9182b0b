// The collection of a zone: the chain from the root, its parent, its servers, its mail, and the names below it; side by side wherever
// one thing does not need another. Nothing is judged here but the chain. Pure: the driver sends.
import {
  collectAtParent,
  collectChain,
  collectForwarded,
  delegatedServers,
  hostOf,
  serversOf,
} from "./dns/audit/collect.ts";
import { collectAbove, serversAbove } from "./dns/audit/collect-above.ts";
import { collectMail, mailDomains } from "./dns/audit/collect-mail.ts";
import { collectMaster, collectReverse, masterName } from "./dns/audit/collect-master.ts";
import { type Discovered, fromTransfer, NsecWalk, nsecAt } from "./dns/audit/discover.ts";
import type { AuditPlan, ParentServerSeen, RrsetName, ServerAddress, ServerSeen, ZoneSeen } from "./dns/audit/seen.ts";
import { type Run, validationTime } from "./dns/resolver/machine.ts";
import type { TsigKey } from "./dns/tsig.ts";
import { TYPE } from "./dns/types.ts";
import { anchorFor } from "./dns/validator/anchors.ts";
import type { Driver } from "./dns-drive.ts";
import { chainAhead, hostsAhead, mailAhead, wayAhead } from "./zone-ahead.ts";
import { lookAt } from "./zone-servers.ts";
import { type TransferDoors, type TransferFailure, transferZone } from "./zone-transfer.ts";

/** What to collect. */
export interface CollectRequest {
  readonly plan: AuditPlan;
  /** Ask these servers only, instead of all that the zone and its delegation name. */
  readonly servers?: readonly string[];
  /** The servers cannot be asked from here: this resolver is, in their place. */
  readonly resolver?: string;
  /** Given: the names of an own zone are had by transfer, signed where there is a key. */
  readonly transfer?: { readonly doors: TransferDoors; readonly port: number; readonly key?: TsigKey };
}

export interface Collected {
  readonly seen: ZoneSeen;
  /** How the names below the apex of an own zone were found out; undefined: not tried. */
  readonly found: Found | undefined;
}

/** `run` begins a run that shares a cache with all others; `first` is one of them, by which the chain is judged. */
export async function collectZone(
  driver: Driver,
  run: () => Run,
  first: Run,
  request: CollectRequest,
): Promise<Collected> {
  const { resolver } = request;
  const { zone } = request.plan;
  const isReached = await wayAhead(driver, run, zone);
  const looks = new Map<string, Promise<ServerSeen>>();
  const lookOnce = (server: ServerAddress): Promise<ServerSeen> => {
    const key = `${server.name} ${server.address}`;
    const look = looks.get(key) ?? held(lookAt(driver, run, request.plan, planning, server));
    looks.set(key, look);
    return look;
  };
  // Whom the delegation names with an address need not wait until the chain is judged and the zone was asked for its servers.
  const early = request.servers || resolver ? [] : delegatedServers(first, zone);
  const asking = parentSeen(driver, run, first, zone, isReached);
  const wanting = held(
    asking.then(({ hosts }) => (request.servers ? named(request.servers, hosts.named) : hosts.servers)),
  );
  const finding = request.plan.own
    ? Promise.resolve(early.length > 0 ? early : wanting).then((some) => discovered(driver, run, request, some))
    : Promise.resolve(undefined);
  const planning = held(
    finding.then((found) =>
      found ? { ...request.plan, names: merged(request.plan.names, found.names) } : request.plan,
    ),
  );
  for (const server of early) void lookOnce(server);
  const { chain, hosts, askingParent } = await asking;
  const master = resolver ? undefined : masterName(chain.chain);
  // None of this waits for the names below the apex.
  const beside = held(
    Promise.all([
      askingParent,
      Promise.all(serversAbove(first, zone).map((one) => driver.run(collectAbove(run(), one)))),
      master === undefined ? undefined : driver.run(collectMaster(run(), zone, master, hosts.named)),
      reverseOf(driver, run, request.plan, hosts.named),
      isReached ? mailAhead(driver, run, zone) : undefined,
    ]),
  );
  const looking = resolver ? undefined : held(Promise.all((await wanting).map(lookOnce)));
  const [found, plan] = await Promise.all([finding, planning]);
  const mailOf = async (domain: string) => {
    if (isReached) await mailAhead(driver, run, domain);
    return driver.run(collectMail(run(), domain, plan));
  };
  const [servers, mail, [atParent, above, mastered, reverse]] = await Promise.all([
    looking ?? driver.run(collectForwarded(run(), plan, resolver!)).then((one) => [one]),
    Promise.all(mailDomains(plan).map(mailOf)).then((all) => all.filter((one) => one !== undefined)),
    beside,
  ]);
  const parent = chain.parent && { zone: chain.parent.zone, servers: atParent };
  const governing = anchorFor(first.config.anchors, plan.zone);
  const anchor = governing && "anchor" in governing ? governing.anchor : undefined;
  const atSeconds = validationTime(first);
  const known = { ...(anchor && { anchor }), ...(mastered && { master: mastered }), ...(reverse && { reverse }) };
  const { chain: soa, ds } = chain;
  const seen: ZoneSeen = { plan, atSeconds, chain: soa, ds, parent, ...hosts, servers, mail, above, ...known };
  return { seen, found };
}

/** A promise that is awaited later: what it fails of is told there, and not to the process as nobody's. */
function held<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** The chain first, then where the names of the zone's servers lead; what the parent's servers say of it comes in its own time. */
async function parentSeen(driver: Driver, run: () => Run, first: Run, zone: string, isReached: boolean) {
  if (isReached) await chainAhead(driver, run, zone);
  const chain = await driver.run(collectChain(first, zone));
  const atParent = (server: ServerAddress, type: number) => driver.run(collectAtParent(run(), zone, server, type));
  const askingParent = held(
    Promise.all(
      (chain.parent?.servers ?? []).map(async (server): Promise<ParentServerSeen> => {
        const [ds, ns] = await Promise.all([atParent(server, TYPE.DS), atParent(server, TYPE.NS)]);
        return { ...server, ds, ns };
      }),
    ),
  );
  if (isReached) await hostsAhead(driver, run, chain.hostNames);
  const hosts = await Promise.all(chain.hostNames.map((name) => driver.run(hostOf(run(), name))));
  return { chain, hosts: serversOf(first, chain, hosts), askingParent };
}

const MAX_REVERSE = 32;

/** A private tree need not have a reverse one. */
async function reverseOf(driver: Driver, run: () => Run, plan: AuditPlan, servers: readonly ServerAddress[]) {
  if (!plan.public) return undefined;
  const addresses = [...new Set(servers.map(({ address }) => address))].slice(0, MAX_REVERSE);
  return Promise.all(addresses.map((address) => driver.run(collectReverse(run(), address))));
}

const MAX_TRIED = 2;

export interface Found extends Discovered {
  readonly failed?: TransferFailure;
}

/** By the first server that tells them: by transfer before walking, which shows less at every step and NSEC3 forbids. */
async function discovered(
  driver: Driver,
  run: () => Run,
  { plan, transfer }: CollectRequest,
  servers: readonly ServerAddress[],
): Promise<Found | undefined> {
  const tried = servers.slice(0, MAX_TRIED);
  if (tried.length === 0) return undefined;
  let failed: TransferFailure | undefined;
  if (transfer) {
    const { doors, port, key } = transfer;
    const ask = ({ address }: ServerAddress) => transferZone(plan.zone, { address, port }, doors, key);
    // With a key the first one will do. Without one nearly all refuse, and two may as well do so at once.
    const early = key ? [] : await Promise.all(tried.map(ask));
    for (const [i, server] of tried.entries()) {
      const got = early[i] ?? (await ask(server));
      if (got.ok) return fromTransfer(plan.zone, got.records);
      if (key) failed = got.why;
    }
  }
  let found: Discovered = { names: [], extent: "none" };
  for (const { address } of tried) {
    found = await walked(driver, run, plan.zone, address);
    if (found.extent !== "none") break;
  }
  return { ...found, ...(failed && { failed }) };
}

/** Along the NSEC chain from several of its places at once. */
async function walked(driver: Driver, run: () => Run, zone: string, address: string): Promise<Discovered> {
  const walk = new NsecWalk(zone);
  for (let names = walk.next(); names.length > 0; names = walk.next()) {
    const replies = await Promise.all(names.map((name) => driver.run(nsecAt(run(), zone, address, name))));
    for (const reply of replies) walk.hear(reply);
  }
  return walk.discovered();
}

function merged(planned: readonly RrsetName[], found: readonly RrsetName[]): RrsetName[] {
  const known = new Set(planned.map(({ name, type }) => `${type}/${name}`));
  return [...planned, ...found.filter(({ name, type }) => !known.has(`${type}/${name}`))];
}

/** Addresses with the names that the zone gives them; one that it does not name stands for itself. */
function named(addresses: readonly string[], known: readonly ServerAddress[]): ServerAddress[] {
  return addresses.map((address) => known.find((one) => one.address === address) ?? { name: address, address });
}
